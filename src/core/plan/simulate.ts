import { analyse } from '../analysis/analyse.ts';
import { BASELINE_ANSWERS_MAX, emptyEvidence, extendEvidence } from '../analysis/evidence.ts';
import type { Evidence } from '../analysis/evidence.ts';
import { frozenThresholds } from '../analysis/freeze.ts';
import { LATENCY_SLICE_MS, SAFETY_UNITS_MIN } from '../analysis/weighing.ts';
import type { Prng } from '../lib/prng.ts';
import { uniform } from '../lib/prng.ts';
import { after, instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { emptyTable } from '../routing/project.ts';
import { noThresholds } from '../routing/table.ts';
import { apply } from '../rollout/apply.ts';
import { decide } from '../rollout/decide.ts';
import type { Fleet } from '../rollout/readiness.ts';
import { isFinal } from '../rollout/rollout.ts';
import type { Phase, Rollout } from '../rollout/rollout.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { harmed, lossRates } from './scenario.ts';
import type { Behaviour, Harm } from './scenario.ts';
import { drawBucket, drawHistory } from './traffic.ts';
import { ladderOf } from '../strategy/ladder.ts';

/** What a rollout is simulated with. */
export type Setting = {
  readonly spec: RolloutSpec;
  readonly unitsPerSecond: number;
  /** The version in production. */
  readonly usual: Behaviour;
};

/** How one simulated rollout went. Times count from the candidate's first traffic. */
export type Outcome = {
  readonly end: 'promoted' | 'reverted' | 'held' | 'undecided';
  readonly ms: number;
  /** The check that took the candidate out, or that asks; null otherwise. */
  readonly by: string | null;
  /** Time in each stage that was reached. */
  readonly stagesMs: readonly number[];
  /** Requests that went worse than the version in production would have done. */
  readonly harmedRequests: number;
};

const began = instant(1_800_000_000_000);
const version = (number: number) => ({
  model: 'planned',
  version: number,
  digest: `sha256:${String(number).padStart(64, '0')}`,
});

/** Buckets are put together as a stage lasts; its time is known to within this part. */
export const SPAN_PART = 0.1;

/** Width of the next bucket: that of the declaration at first, then a part of the stage's age. */
function spanAt({ bucketMs }: RolloutSpec, inStageMs: number): number {
  // Narrower buckets count more units as evidence of safety than their time is worth, so there
  // two buckets are not the same as one of twice the width.
  if (bucketMs < SAFETY_UNITS_MIN * LATENCY_SLICE_MS) return bucketMs;
  return bucketMs * Math.max(1, Math.floor((inStageMs * SPAN_PART) / bucketMs));
}

/**
 * One rollout from its start to its end, or to its horizon: evidence, verdicts and decisions are
 * those of `tick`; only traffic is drawn, and gateways are always ready. One rollout has a few
 * dozen buckets whatever it lasts, because later ones are wider (not around an incident).
 */
export function simulateRollout(rng: Prng, setting: Setting, harm: Harm): Outcome {
  const { spec, usual, unitsPerSecond } = setting;
  let rollout = plannedRollout(spec);
  let evidence = emptyEvidence(rollout);
  let harmedRequests = 0;
  const stagesMs: number[] = [];
  const changed = harmed(usual, harm);
  const incident = incidentOf(rng, spec, harm);
  const endMs = began + spec.horizonMs;
  let start: Instant = began;
  const history = { start, spanMs: 0, unitsPerSecond, baseline: usual, candidate: changed };
  evidence = extendEvidence(evidence, rollout, drawHistory(rng, rollout, history));
  rollout = settledAt(rollout, evidence, start);
  while (start < endMs && !isEnding(rollout.phase)) {
    start = after(start, spec.bucketMs);
    const spanMs =
      harm.kind === 'incident' ? spec.bucketMs : spanAt(spec, start - rollout.stageSince);
    const worse = incident(start);
    const moment = {
      start,
      spanMs,
      unitsPerSecond,
      baseline: worse(usual),
      candidate: worse(changed),
    };
    const windows = drawBucket(rng, rollout, moment);
    const served = windows.find(({ arm }) => arm === 'candidate')?.requests ?? 0;
    harmedRequests += served * harmOf(rollout, moment);
    const { stage } = rollout;
    stagesMs[stage] = (stagesMs[stage] ?? 0) + spanMs;
    evidence = extendEvidence(withoutLatency(rollout, evidence), rollout, windows);
    start = after(start, spanMs - spec.bucketMs);
    rollout = settledAt(rollout, evidence, after(start, spec.bucketMs));
  }
  return {
    end: endOf(rollout.phase),
    ms: stagesMs.reduce((sum, ms) => sum + ms, 0),
    by: rollout.hold?.who ?? (rollout.cause?.by === 'check' ? rollout.cause.who : null),
    stagesMs,
    harmedRequests,
  };
}

const isEnding = (phase: Phase): boolean =>
  isFinal({ phase }) || phase === 'promoting' || phase === 'reverting' || phase === 'holding';

function endOf(phase: Phase): Outcome['end'] {
  if (phase === 'promoting' || phase === 'promoted') return 'promoted';
  if (phase === 'holding') return 'held';
  return isEnding(phase) ? 'reverted' : 'undecided';
}

/** Gateways that always keep up: a plan is about evidence, not about loading. */
const fleetOf = (rollout: Rollout, now: Instant): Fleet => {
  const gateway = {
    gateway: 'planned',
    seenAt: now,
    generation: emptyTable.generation,
    ready: [rollout.baseline.digest, rollout.candidate.digest],
    failed: [],
    fuses: [],
    through: now,
  };
  return { gateways: [gateway], reports: [gateway], table: emptyTable, published: 0 };
};

/** Decides as often as something changes without waiting: thresholds are fixed, then it starts. */
function settledAt(from: Rollout, evidence: Evidence, now: Instant): Rollout {
  let rollout = from;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const verdicts = analyse(rollout, evidence, now);
    const thresholdsMs = frozenThresholds(rollout, evidence);
    const fleet = fleetOf(rollout, now);
    const decision = decide({ rollout, verdicts, thresholdsMs, fleet, now });
    const transition = apply({ rollout, endpoint: null, now }, decision);
    if (transition === null) return rollout;
    rollout = transition.after;
    if (decision.type !== 'freeze') return rollout;
  }
  return rollout;
}

const STEPS_MAX = 3;

function plannedRollout(spec: RolloutSpec): Rollout {
  const objective = spec.checks.find(({ metric }) => metric === 'latency_objective');
  return {
    id: 'planned',
    endpoint: 'planned',
    revision: 1,
    baseline: version(1),
    candidate: version(2),
    spec,
    phase: 'preparing',
    stage: 0,
    salt: '0'.repeat(32),
    thresholdsMs: { ...noThresholds, late: objective?.objectiveMs ?? null },
    createdAt: began,
    createdBy: 'plan',
    phaseSince: began,
    stageSince: began,
    hold: null,
    accepted: [],
    weights: null,
    dropped: [],
    winner: null,
    evidenceFrom: instant(0),
    others: [],
    cause: null,
  };
}

type Worsened = (usual: Behaviour) => Behaviour;

const unchanged: Worsened = (usual) => usual;

/** An incident begins within the time the stages last at least, so that it meets the rollout. */
function incidentOf(rng: Prng, spec: RolloutSpec, harm: Harm): (at: Instant) => Worsened {
  if (harm.kind !== 'incident') return () => unchanged;
  const leastMs = ladderOf(spec).reduce((sum, stage) => sum + stage.leastMs, 0);
  const from = began + uniform(rng) * Math.min(spec.horizonMs, leastMs);
  const worse: Worsened = (usual) => ({
    ...usual,
    errorRate: Math.min(1, usual.errorRate * harm.factor),
  });
  return (at) => (at >= from && at < from + harm.spanMs ? worse : unchanged);
}

/** Chance that the candidate gets a request wrong that the baseline would have got right. */
function harmOf(
  { thresholdsMs }: Rollout,
  { baseline, candidate }: { readonly baseline: Behaviour; readonly candidate: Behaviour },
): number {
  const usual = lossRates(baseline, thresholdsMs);
  const now = lossRates(candidate, thresholdsMs);
  const worse = (['error', 'null', 'slow'] as const).map((loss) => now[loss] - usual[loss]);
  return Math.min(
    1,
    worse.reduce((sum, one) => sum + Math.max(0, one), 0),
  );
}

/** Once thresholds are fixed, nothing more is read from the baseline's latencies. */
const withoutLatency = ({ thresholdsMs }: Rollout, evidence: Evidence): Evidence =>
  thresholdsMs.slow === null
    ? evidence
    : { ...evidence, baselineLatencyMs: [], baselineAnswers: BASELINE_ANSWERS_MAX };
