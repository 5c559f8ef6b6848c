import { BASELINE_ANSWERS_MIN } from '../analysis/freeze.ts';
import { Sketch } from '../lib/sketch.ts';
import type { SketchCounts } from '../lib/sketch.ts';
import type { Prng } from '../lib/prng.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { candidateShare } from '../rollout/share.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { sampleBinomial, sampleLogNormal, samplePoisson } from '../stats/samplers.ts';
import { perOutcome } from '../telemetry/observation.ts';
import type { Loss, LossName, Window } from '../telemetry/window.ts';
import { lossRates } from './scenario.ts';
import type { Behaviour } from './scenario.ts';

/** Both arms as they are in one bucket. */
export type Moment = {
  readonly start: Instant;
  /** Width of the bucket. */
  readonly spanMs: number;
  readonly unitsPerSecond: number;
  readonly baseline: Behaviour;
  readonly candidate: Behaviour;
};

/** More answers than thresholds are fixed on are not drawn. */
const ANSWERS_MAX = BASELINE_ANSWERS_MIN;

/** Draws what the gateways would report of one bucket; an arm without units reports nothing. */
export function drawBucket(rng: Prng, rollout: Rollout, moment: Moment): readonly Window[] {
  const { start, spanMs, unitsPerSecond } = moment;
  const units = samplePoisson(rng, (unitsPerSecond * spanMs) / 1_000);
  const candidate = sampleBinomial(rng, units, candidateShare(rollout) / WHOLE_BPS);
  const arms = [
    { arm: 'baseline', units: units - candidate, behaviour: moment.baseline },
    { arm: 'candidate', units: candidate, behaviour: moment.candidate },
  ] as const;
  return arms.flatMap((one) => {
    if (one.units === 0) return [];
    const rates = lossRates(one.behaviour, rollout.thresholdsMs);
    const frozen = rollout.thresholdsMs.slow !== null;
    const latencyMs =
      frozen || one.arm === 'candidate' ? [] : drawLatency(rng, one.behaviour, one.units);
    return [
      {
        ...emptyWindow(rollout, start),
        bucketMs: spanMs,
        arm: one.arm,
        version: rollout[one.arm].version,
        requests: one.units,
        losses: drawLosses(rng, one.units, rates),
        latencyMs,
      },
    ];
  });
}

/** What is known of the baseline's latency when a rollout starts: an hour of traffic at most. */
export function drawHistory(rng: Prng, rollout: Rollout, moment: Moment): readonly Window[] {
  const answers = samplePoisson(rng, moment.unitsPerSecond * HISTORY_SECONDS);
  if (answers === 0) return [];
  const { baseline } = rollout;
  return [
    {
      ...emptyWindow(rollout, moment.start),
      rollout: null,
      arm: 'baseline',
      version: baseline.version,
      requests: answers,
      latencyMs: drawLatency(rng, moment.baseline, answers),
    },
  ];
}

const HISTORY_SECONDS = 3_600;

function emptyWindow(rollout: Rollout, start: Instant): Omit<Window, 'arm' | 'version'> {
  return {
    endpoint: rollout.endpoint,
    rollout: rollout.id,
    revision: rollout.revision,
    start,
    bucketMs: rollout.spec.bucketMs,
    requests: 0,
    outcomes: noOutcomes,
    losses: noLosses,
    latencyMs: [],
    latencySumMs: 0,
    fallbacks: 0,
    unitsDropped: 0,
  };
}

const noLoss: Loss = { units: 0, sum: 0 };
const noLosses: Window['losses'] = {
  error: noLoss,
  null: noLoss,
  slow: noLoss,
  tail: noLoss,
  late: noLoss,
};
const noOutcomes = perOutcome(() => 0);

function drawLosses(
  rng: Prng,
  units: number,
  rates: Readonly<Record<LossName, number>>,
): Window['losses'] {
  const drawn = (rate: number): Loss => ({ units, sum: sampleBinomial(rng, units, rate) });
  const slow = drawn(rates.slow);
  // What lies above the higher threshold lies above the lower one as well.
  const within = rates.slow > 0 ? Math.min(1, rates.tail / rates.slow) : 0;
  return {
    error: drawn(rates.error),
    null: drawn(rates.null),
    slow,
    tail: { units, sum: sampleBinomial(rng, slow.sum, within) },
    late: drawn(rates.late),
  };
}

function drawLatency(rng: Prng, { medianMs, sigma }: Behaviour, units: number): SketchCounts {
  const sketch = new Sketch();
  const mu = Math.log(medianMs);
  const answers = Math.min(units, ANSWERS_MAX);
  for (let i = 0; i < answers; i += 1) sketch.add(sampleLogNormal(rng, mu, sigma));
  return sketch.toCounts();
}
