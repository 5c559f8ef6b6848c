import { analyseInSilence } from '../analysis/analyse.ts';
import type { Check } from '../analysis/check.ts';
import { BASELINE_ANSWERS_MAX, emptyEvidence, extendEvidence } from '../analysis/evidence.ts';
import type { Evidence } from '../analysis/evidence.ts';
import { frozenThresholds } from '../analysis/freeze.ts';
import { LATENCY_SLICE_MS, SAFETY_UNITS_MIN } from '../analysis/weighing.ts';
import type { Prng } from '../lib/prng.ts';
import { WHOLE_BPS, after, instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { emptyTable } from '../routing/project.ts';
import { noThresholds } from '../routing/table.ts';
import { apply } from '../rollout/apply.ts';
import { decide } from '../rollout/decide.ts';
import type { Fleet } from '../rollout/readiness.ts';
import { isFinal } from '../rollout/rollout.ts';
import type { Phase, Rollout } from '../rollout/rollout.ts';
import { candidateShare } from '../rollout/share.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { ladderOf } from '../strategy/ladder.ts';
import type { Window } from '../telemetry/window.ts';
import { drawCourse, harmIn, rateCard } from './course.ts';
import type { Terrain } from './course.ts';
import type { Harm } from './scenario.ts';
import { drawBucket, drawHistory } from './traffic.ts';
import { unattended } from './unattended.ts';

/** What a rollout is simulated with. */
export type Setting = Pick<Terrain, 'unitsPerSecond' | 'dayShape' | 'usual'> & {
  readonly spec: RolloutSpec;
};

/**
 * How one simulated rollout went. Times count from its start, which is the candidate's first
 * traffic unless the start falls in a quiet time.
 */
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

/** A Sunday at midnight (UTC). */
const sunday = instant(1_799_539_200_000);
const version = (number: number) => ({
  model: 'planned',
  version: number,
  digest: `sha256:${String(number).padStart(64, '0')}`,
});

/** A gateway reports within a second of a bucket's end, and control looks within another. */
export const REACTION_MS = 1_000;

/** Buckets are put together as a stage lasts; its time is known to within this part. */
export const SPAN_PART = 0.1;

/**
 * Width of the next bucket: that of the declaration at first, then a part of the stage's age, but
 * no more than there is room for before something changes.
 */
function spanAt({ bucketMs }: RolloutSpec, inStageMs: number, roomMs: number): number {
  // Narrower buckets count more units as evidence of safety than their time is worth, so there
  // two buckets are not the same as one of twice the width.
  if (bucketMs < SAFETY_UNITS_MIN * LATENCY_SLICE_MS) return bucketMs;
  const widestMs = Math.min(inStageMs * SPAN_PART, roomMs);
  return bucketMs * Math.max(1, Math.floor(widestMs / bucketMs));
}

/**
 * Plays one rollout from its start to its end, or to its horizon: evidence, verdicts and decisions
 * are those of `tick`; only traffic is drawn, and gateways are always ready. One rollout has a few
 * dozen buckets whatever it lasts, because later ones are wider.
 */
export function simulatorOf(setting: Setting, harm: Harm): (rng: Prng) => Outcome {
  const spec = unattended(setting.spec);
  const leastMs = ladderOf(spec).reduce((sum, stage) => sum + stage.leastMs, 0);
  const isTimed = setting.dayShape !== null || spec.quiet.times.length > 0;
  const withinMs = Math.min(spec.horizonMs, leastMs);
  const terrain = { ...setting, harm, withinMs, isTimed };
  const rollout = plannedRollout(spec);
  const evidence = emptyEvidence(rollout);
  return (rng) => played(rng, { rollout, evidence, share: 0 }, terrain);
}

/** What is known at a moment of a simulated rollout. */
type Situation = {
  readonly rollout: Rollout;
  readonly evidence: Evidence;
  /** The candidate's part of the units. */
  readonly share: number;
};

function played(rng: Prng, begun: Situation, terrain: Terrain): Outcome {
  const { spec } = begun.rollout;
  const course = drawCourse(rng, terrain);
  const began = after(sunday, course.startMs);
  const rates = rateCard();
  const stagesMs: number[] = [];
  let harmedRequests = 0;
  // What is from before the rollout ends where its first bucket starts.
  const firstMs = spec.bucketMs;
  let atMs = firstMs;
  const history = { start: began, unitsPerSecond: course.unitsPerSecond(0), usual: terrain.usual };
  const rollout = { ...begun.rollout, createdAt: began, phaseSince: began, stageSince: began };
  let now = judged({ ...begun, rollout }, drawHistory(rng, rollout, history), began);
  while (atMs < spec.horizonMs + firstMs && !isEnding(now.rollout.phase)) {
    const { stage, thresholdsMs, stageSince } = now.rollout;
    const start = after(began, atMs);
    const leftMs = spec.horizonMs + firstMs - atMs;
    const roomMs = Math.min(leftMs, course.steadyMs(atMs));
    const spanMs = spanAt(spec, start - stageSince, roomMs);
    const arms = course.arms(atMs);
    const lost = rates(arms, thresholdsMs);
    const latency = thresholdsMs.slow === null ? arms.baseline : null;
    const unitsPerSecond = course.unitsPerSecond(atMs);
    const moment = { start, spanMs, unitsPerSecond, share: now.share, latency, ...lost };
    const windows = drawBucket(rng, now.rollout, moment);
    const served = windows.find(({ arm }) => arm === 'candidate')?.requests ?? 0;
    const next = judged(now, windows, after(began, atMs + spanMs + REACTION_MS));
    // What was decided is felt only when it has been: until then all goes on as before.
    const reactionMs = next.rollout === now.rollout ? 0 : REACTION_MS;
    const unseen = (unitsPerSecond * now.share * reactionMs) / 1_000;
    harmedRequests += (served + unseen) * harmIn(lost);
    stagesMs[stage] = (stagesMs[stage] ?? 0) + spanMs + reactionMs;
    atMs += spanMs + reactionMs;
    now = next;
  }
  const { phase, hold, cause } = now.rollout;
  const by = hold?.who ?? (cause?.by === 'check' ? cause.who : null);
  return { end: endOf(phase), ms: atMs - firstMs, by, stagesMs, harmedRequests };
}

function judged(before: Situation, windows: readonly Window[], now: Instant): Situation {
  const known = withoutLatency(before.rollout, before.evidence);
  const evidence = extendEvidence(known, before.rollout, windows);
  const rollout = settledAt(before.rollout, evidence, now);
  const share = rollout === before.rollout ? before.share : candidateShare(rollout) / WHOLE_BPS;
  return { rollout, evidence, share };
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
    const verdicts = analyseInSilence(rollout, evidence, now);
    const thresholdsMs = frozenThresholds(rollout, evidence);
    const fleet = fleetOf(rollout, now);
    const decision = decide({ rollout, verdicts, outcomes: [], thresholdsMs, fleet, now });
    const transition = apply({ rollout, endpoint: null, now }, decision);
    if (transition === null) return rollout;
    rollout = transition.after;
    if (decision.type !== 'freeze') return rollout;
  }
  return rollout;
}

const STEPS_MAX = 3;

/** What versions answer is not played: a check of it would hold every rollout for ever. */
const isPlayed = ({ metric }: Check): boolean => metric !== 'prediction_distribution';

function plannedRollout(spec: RolloutSpec): Rollout {
  const objective = spec.checks.find(({ metric }) => metric === 'latency_objective');
  return {
    id: 'planned',
    endpoint: 'planned',
    revision: 1,
    baseline: version(1),
    candidate: version(2),
    spec: { ...spec, checks: spec.checks.filter(isPlayed) },
    phase: 'preparing',
    stage: 0,
    salt: '0'.repeat(32),
    thresholdsMs: { ...noThresholds, late: objective?.objectiveMs ?? null },
    createdAt: sunday,
    createdBy: 'plan',
    phaseSince: sunday,
    stageSince: sunday,
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

/** Once thresholds are fixed, nothing more is read from the baseline's latencies. */
const withoutLatency = ({ thresholdsMs }: Rollout, evidence: Evidence): Evidence =>
  thresholdsMs.slow === null
    ? evidence
    : { ...evidence, baselineLatencyMs: [], baselineAnswers: BASELINE_ANSWERS_MAX };
