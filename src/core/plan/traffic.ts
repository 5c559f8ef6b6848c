import { BASELINE_ANSWERS_MIN, SLOW_QUANTILE, TAIL_QUANTILE } from '../analysis/freeze.ts';
import { Sketch, sketchIndex } from '../lib/sketch.ts';
import type { SketchCounts } from '../lib/sketch.ts';
import type { Prng } from '../lib/prng.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { noThresholds } from '../routing/table.ts';
import type { Thresholds } from '../routing/table.ts';
import { normalQuantile } from '../stats/normal.ts';
import { sampleBeta, sampleBinomial, sampleLogNormal, samplePoisson } from '../stats/samplers.ts';
import type { Mirror } from '../strategy/stage.ts';
import { noCopies } from '../telemetry/copies.ts';
import type { Copies } from '../telemetry/copies.ts';
import { perOutcome } from '../telemetry/observation.ts';
import type { Loss, Window } from '../telemetry/window.ts';
import { lossRates } from './scenario.ts';
import type { Behaviour, LossRates } from './scenario.ts';
import { HISTORY_MS } from './stage-time.ts';

/** Both arms as they are in one bucket. */
export type Moment = {
  readonly start: Instant;
  /** Width of the bucket. */
  readonly spanMs: number;
  readonly unitsPerSecond: number;
  /** Parts of the units that baseline, candidate and others answer. */
  readonly shares: readonly number[];
  /** Copies that the candidate answers besides, unseen; null: none. */
  readonly mirror: Mirror | null;
  readonly baseline: LossRates;
  readonly candidate: LossRates;
  /** The baseline's latencies, while it is not known yet what counts as slow; else null. */
  readonly latency: Behaviour | null;
};

/** More answers than thresholds are fixed on are not drawn. */
const ANSWERS_MAX = BASELINE_ANSWERS_MIN;

/** What happened in a bucket. */
export type Drawn = {
  /** What the gateways would report; an arm that answered nothing reports nothing. */
  readonly windows: readonly Window[];
  /** Users' units of baseline, candidate and others. */
  readonly units: readonly number[];
};

/** Draws what happens in one bucket. Further candidates are like the version in production. */
export function drawBucket(rng: Prng, rollout: Rollout, moment: Moment): Drawn {
  const { start, spanMs, unitsPerSecond, latency, mirror, baseline, candidate } = moment;
  const { thresholdsMs } = rollout;
  const all = samplePoisson(rng, (unitsPerSecond * spanMs) / 1_000);
  const units = drawArms(rng, all, moment.shares);
  const copies = mirror === null ? null : drawCopies(rng, mirror, { units: all, spanMs });
  const windows: Window[] = [];
  const arms = [{ arm: BASELINE_ARM, version: rollout.baseline }, ...contendersOf(rollout)];
  for (const [at, { arm, version }] of arms.entries()) {
    const copied = at === 1 && copies !== null ? copies.sampled - copies.dropped.rate : 0;
    const served = (units[at] ?? 0) + copied;
    if (served === 0) continue;
    const rates = at === 1 ? candidate : baseline;
    windows.push({
      ...emptyWindow(rollout, start),
      bucketMs: spanMs,
      arm,
      version: version.version,
      requests: served,
      losses: drawLosses(rng, { units: served, copied, rates, thresholdsMs }),
      latencyMs: latency !== null && at === 0 ? drawLatency(rng, latency, served) : [],
      ...(at === 1 && copies !== null ? { copies } : {}),
    });
  }
  return { windows, units };
}

/** Units of each arm: the baseline has what the candidates have not. */
function drawArms(rng: Prng, all: number, shares: readonly number[]): readonly number[] {
  const units = [0];
  let [left, room] = [all, 1];
  for (const share of shares.slice(1)) {
    const own = sampleBinomial(rng, left, room > 0 ? Math.min(1, share / room) : 0);
    units.push(own);
    left -= own;
    room -= share;
  }
  units[0] = left;
  return units;
}

/** Copies of what is asked of one gateway: a sample of it, and no more than it may make. */
function drawCopies(
  rng: Prng,
  { sample, perSecondMax }: Mirror,
  { units, spanMs }: { readonly units: number; readonly spanMs: number },
): Copies {
  const sampled = sampleBinomial(rng, units, sample / WHOLE_BPS);
  const rate = Math.max(0, sampled - Math.floor((perSecondMax * spanMs) / 1_000));
  return { sampled, dropped: { ...noCopies.dropped, rate } };
}

/** Answers from before that control looks at. */
const HISTORY_ANSWERS_MAX = 10_000;

/** What is known of the baseline's latency when a rollout starts. */
export function drawHistory(
  rng: Prng,
  rollout: Rollout,
  { start, unitsPerSecond, usual }: History,
): readonly Window[] {
  const drawn = samplePoisson(rng, (unitsPerSecond * HISTORY_MS) / 1_000);
  if (drawn === 0) return [];
  const answers = Math.min(drawn, HISTORY_ANSWERS_MAX);
  const rates = lossRates(usual, noThresholds);
  const isEnough = answers >= BASELINE_ANSWERS_MIN;
  return [
    {
      ...emptyWindow(rollout, start),
      rollout: null,
      arm: 'baseline',
      version: rollout.baseline.version,
      requests: answers,
      losses: drawLosses(rng, { units: answers, copied: 0, rates, thresholdsMs: noThresholds }),
      latencyMs: isEnough ? drawQuantiles(rng, usual, answers) : drawLatency(rng, usual, answers),
    },
  ];
}

/** The endpoint before the rollout. */
export type History = {
  readonly start: Instant;
  readonly unitsPerSecond: number;
  readonly usual: Behaviour;
};

function emptyWindow(rollout: Rollout, start: Instant): Omit<Window, 'arm' | 'version' | 'losses'> {
  return {
    endpoint: rollout.endpoint,
    rollout: rollout.id,
    revision: rollout.revision,
    start,
    bucketMs: rollout.spec.bucketMs,
    requests: 0,
    outcomes: noOutcomes,
    latencyMs: [],
    latencySumMs: 0,
    fallbacks: 0,
    unitsDropped: 0,
  };
}

const noLoss: Loss = { units: 0, sum: 0 };
const noOutcomes = perOutcome(() => 0);

type Served = {
  readonly units: number;
  /** Of these, copies: they are held against what the user was told. */
  readonly copied: number;
  readonly rates: LossRates;
  /** What a threshold is missing for is counted by nobody. */
  readonly thresholdsMs: Thresholds;
};

function drawLosses(rng: Prng, { units, copied, rates, thresholdsMs }: Served): Window['losses'] {
  const drawn = (rate: number): Loss => ({ units, sum: sampleBinomial(rng, units, rate) });
  const isFrozen = thresholdsMs.slow !== null;
  const slow = isFrozen ? drawn(rates.slow) : noLoss;
  // What lies above the higher threshold lies above the lower one as well.
  const within = rates.slow > 0 ? Math.min(1, rates.tail / rates.slow) : 0;
  return {
    error: drawn(rates.error),
    null: drawn(rates.null),
    slow,
    tail: isFrozen ? { units, sum: sampleBinomial(rng, slow.sum, within) } : noLoss,
    late: thresholdsMs.late === null ? noLoss : drawn(rates.late),
    disagree:
      copied === 0 ? noLoss : { units: copied, sum: sampleBinomial(rng, copied, rates.disagree) },
  };
}

function drawLatency(rng: Prng, { medianMs, sigma }: Behaviour, units: number): SketchCounts {
  const sketch = new Sketch();
  const mu = Math.log(medianMs);
  const answers = Math.min(units, ANSWERS_MAX);
  for (let i = 0; i < answers; i += 1) sketch.add(sampleLogNormal(rng, mu, sigma));
  return sketch.toCounts();
}

/**
 * A sketch of `answers` latencies of which only the two quantiles are true that thresholds are
 * fixed on, at the cost of two draws: the k-th smallest of n uniform numbers is Beta(k, n + 1 - k),
 * and those above it are again uniform.
 */
function drawQuantiles(rng: Prng, { medianMs, sigma }: Behaviour, answers: number): SketchCounts {
  const rank = (q: number): number => Math.floor(q * (answers - 1)) + 1;
  const [slow, tail] = [rank(SLOW_QUANTILE), rank(TAIL_QUANTILE)];
  const atSlow = sampleBeta(rng, slow, answers + 1 - slow);
  const atTail = atSlow + (1 - atSlow) * sampleBeta(rng, tail - slow, answers + 1 - tail);
  const index = (part: number): number =>
    sketchIndex(medianMs * Math.exp(sigma * normalQuantile(part)));
  return [
    [index(atSlow), slow],
    [index(atTail), answers - slow],
  ];
}
