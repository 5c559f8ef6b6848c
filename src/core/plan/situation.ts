import { analyseInSilence } from '../analysis/analyse.ts';
import type { Check } from '../analysis/check.ts';
import { BASELINE_ANSWERS_MAX, emptyEvidence, extendEvidence } from '../analysis/evidence.ts';
import type { Evidence } from '../analysis/evidence.ts';
import { frozenThresholds } from '../analysis/freeze.ts';
import { judgeOutcomes } from '../analysis/outcome-verdict.ts';
import type { Verdict } from '../analysis/verdict.ts';
import { WHOLE_BPS, instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { emptyTable } from '../routing/project.ts';
import { apply } from '../rollout/apply.ts';
import { CANDIDATE_ARM, otherArm } from '../rollout/arm.ts';
import { asCandidate, contendersOf } from '../rollout/contenders.ts';
import { decide } from '../rollout/decide.ts';
import { freshRollout } from '../rollout/fresh.ts';
import type { Fleet } from '../rollout/readiness.ts';
import { isFinal } from '../rollout/rollout.ts';
import type { Phase, Rollout } from '../rollout/rollout.ts';
import { sharesOf } from '../rollout/share.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { ladderOf } from '../strategy/ladder.ts';
import type { Window } from '../telemetry/window.ts';
import type { CameBack } from './came-back.ts';

/** What is known at a moment of a simulated rollout. */
export type Situation = {
  readonly rollout: Rollout;
  /** Of each candidate, in order. */
  readonly evidence: readonly Evidence[];
  /** Parts of the units of baseline, candidate and others. */
  readonly shares: readonly number[];
  /** The arm that took over from the champion; null: none has. */
  readonly swapped: string | null;
};

/**
 * How a rollout ends: the candidate is promoted, taken out by a check, or held by one until a
 * person has answered; or its strategy ends with another version, or asks, which is no alarm. Of
 * several candidates it is the first that is spoken of, the only one with a harm.
 */
export type End = 'promoted' | 'reverted' | 'held' | 'kept' | 'undecided';

/** A Sunday at midnight (UTC). */
export const sunday = instant(1_799_539_200_000);

/** Before the first bucket. */
export const situationOf = (rollout: Rollout): Situation => ({
  rollout,
  evidence: contendersOf(rollout).map((one) =>
    emptyEvidence(asCandidate(rollout, one, sharesOf(rollout))),
  ),
  shares: [1, ...contendersOf(rollout).map(() => 0)],
  swapped: null,
});

/** What a moment adds to what is known. */
type News = {
  readonly windows: readonly Window[];
  /** What came back; null: nobody looks at it. */
  readonly heard: CameBack | null;
  readonly now: Instant;
};

/** Takes in what happened, and decides. */
export function judged(before: Situation, { windows, heard, now }: News): Situation {
  const { rollout } = before;
  const given = sharesOf(rollout);
  const evidence = contendersOf(rollout).map((one, at) => {
    const alone = asCandidate(rollout, one, given);
    const known = before.evidence[at] ?? emptyEvidence(alone);
    return extendEvidence(withoutLatency(rollout, known), alone, windows);
  });
  const settled = settledAt({ ...before, evidence }, heard, now);
  if (settled.rollout === rollout) return { ...before, evidence };
  const shares = sharesOf(settled.rollout).map((share) => share / WHOLE_BPS);
  return { ...settled, evidence, shares };
}

/** Whether nothing is left to play. */
export const isOver = ({ rollout, swapped }: Situation): boolean =>
  swapped !== null || isEnding(rollout.phase);

const isEnding = (phase: Phase): boolean =>
  isFinal({ phase }) || phase === 'promoting' || phase === 'reverting' || phase === 'holding';

/** How it ended, and which check had it so. */
export function endingOf({ rollout, swapped }: Situation): {
  readonly end: End;
  readonly by: string | null;
} {
  const { phase, hold, cause, winner } = rollout;
  if (swapped !== null) return { end: swapped === CANDIDATE_ARM ? 'promoted' : 'kept', by: null };
  if (phase === 'holding') {
    return { end: hold?.by === 'strategy' ? 'kept' : 'held', by: hold?.who ?? null };
  }
  if (!isEnding(phase)) return { end: 'undecided', by: null };
  if (phase === 'promoting' || phase === 'promoted') {
    return { end: winner === null ? 'promoted' : 'kept', by: null };
  }
  const isCheck = cause?.by === 'check';
  return { end: isCheck ? 'reverted' : 'kept', by: isCheck ? cause.who : null };
}

/** Decides as often as something changes without waiting: thresholds are fixed, then it starts. */
function settledAt(from: Situation, heard: CameBack | null, now: Instant): Situation {
  const { evidence } = from;
  let { rollout } = from;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const [first] = evidence;
    const thresholdsMs = first === undefined ? null : frozenThresholds(rollout, first);
    const fleet = fleetOf(rollout, now);
    const outcomes = heard === null ? [] : heard.outcomes(rollout, now);
    const found = verdictsOf({ ...from, rollout }, now);
    const verdicts = [...found, ...judgeOutcomes(rollout, outcomes)];
    const decision = decide({ rollout, verdicts, outcomes, thresholdsMs, fleet, now });
    const transition = apply({ rollout, endpoint: null, now }, decision);
    if (transition === null) break;
    rollout = transition.after;
    if (decision.type === 'swap') return { ...from, rollout, swapped: decision.arm };
    if (decision.type !== 'freeze') break;
  }
  return { ...from, rollout };
}

const STEPS_MAX = 3;

/** What the evidence says of every candidate that is still in. */
function verdictsOf({ rollout, evidence }: Situation, now: Instant): readonly Verdict[] {
  const shares = sharesOf(rollout);
  return contendersOf(rollout).flatMap((one, at) => {
    const { arm } = one;
    const known = evidence[at];
    if (known === undefined || rollout.dropped.includes(arm)) return [];
    const found = analyseInSilence(asCandidate(rollout, one, shares), known, now);
    return arm === CANDIDATE_ARM ? found : found.map((verdict) => ({ ...verdict, arm }));
  });
}

/** Gateways that always keep up: a plan is about evidence, not about loading. */
const fleetOf = (rollout: Rollout, now: Instant): Fleet => {
  const versions = [rollout.baseline, ...contendersOf(rollout).map(({ version: one }) => one)];
  const gateway = {
    gateway: 'planned',
    seenAt: now,
    generation: emptyTable.generation,
    ready: versions.map(({ digest }) => digest),
    failed: [],
    fuses: [],
    through: now,
  };
  return { gateways: [gateway], reports: [gateway], table: emptyTable, published: 0 };
};

/** What versions answer is not played: a check of it would hold every rollout for ever. */
export const isPlayed = ({ metric }: Check): boolean =>
  metric !== 'prediction_distribution' && metric !== 'feature_importance';

const version = (number: number) => ({
  model: 'planned',
  version: number,
  digest: `sha256:${String(number).padStart(64, '0')}`,
});

/** How many candidates a declaration asks for: one, but where their shares are said one by one. */
const candidatesIn = (spec: RolloutSpec): number =>
  Math.max(1, ...ladderOf(spec).map(({ split }) => split?.length ?? 1));

/** A rollout that is about to begin. */
export const plannedRollout = (spec: RolloutSpec): Rollout =>
  freshRollout({
    id: 'planned',
    endpoint: 'planned',
    baseline: version(1),
    candidate: version(2),
    others: Array.from({ length: candidatesIn(spec) - 1 }, (_, at) => {
      return { arm: otherArm(at + 2), version: version(at + 3) };
    }),
    spec: { ...spec, checks: spec.checks.filter(isPlayed) },
    salt: '0'.repeat(32),
    createdBy: 'plan',
    now: sunday,
  });

/** Once thresholds are fixed, nothing more is read from the baseline's latencies. */
const withoutLatency = ({ thresholdsMs }: Rollout, evidence: Evidence): Evidence =>
  thresholdsMs.slow === null
    ? evidence
    : { ...evidence, baselineLatencyMs: [], baselineAnswers: BASELINE_ANSWERS_MAX };
