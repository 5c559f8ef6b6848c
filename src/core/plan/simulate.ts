import { LATENCY_SLICE_MS, SAFETY_UNITS_MIN } from '../analysis/weighing.ts';
import type { Prng } from '../lib/prng.ts';
import { after } from '../lib/units.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { advantageOf } from '../strategy/compare.ts';
import { ladderOf, readsOutcomes, stageOf, usesOutcomes } from '../strategy/ladder.ts';
import { cameBack } from './came-back.ts';
import { drawCourse, harmIn, rateCard } from './course.ts';
import type { Terrain } from './course.ts';
import { expectedIn, isYesNo, worsened } from './feedback.ts';
import type { Expected, Feedback } from './feedback.ts';
import { playedMs, untilTurn } from './length.ts';
import type { Harm } from './scenario.ts';
import { endingOf, isOver, judged, plannedRollout, situationOf, sunday } from './situation.ts';
import type { End, Situation } from './situation.ts';
import { drawBucket, drawHistory } from './traffic.ts';
import { unattended } from './unattended.ts';

/** What a rollout is simulated with. */
export type Setting = Pick<Terrain, 'unitsPerSecond' | 'dayShape' | 'usual'> & {
  readonly spec: RolloutSpec;
  /** How feedback comes; absent: at once, for everybody, as the declaration expects it. */
  readonly feedback?: Feedback;
};

/**
 * How one simulated rollout went. Times count from its start, which is the candidate's first
 * traffic unless the start falls in a quiet time.
 */
export type Outcome = {
  readonly end: End;
  readonly ms: number;
  /** The check that took the candidate out, or that asks; null otherwise. */
  readonly by: string | null;
  /** Time in each stage that was reached. */
  readonly stagesMs: readonly number[];
  /** Requests that went worse than the version in production would have done. */
  readonly harmedRequests: number;
};

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
 * are those of `tick`; only traffic and what comes back of it are drawn, and gateways are always
 * ready. One rollout has a few dozen buckets whatever it lasts, because later ones are wider.
 */
export function simulatorOf(setting: Setting, harm: Harm): (rng: Prng) => Outcome {
  const spec = unattended(setting.spec);
  const feedback = feedbackOf(setting);
  const part = harm.kind === 'feedback' ? harm.part : 0;
  const candidate = feedback.metrics.map((usual) => worsened(usual, part));
  const leastMs = ladderOf(spec).reduce((sum, stage) => sum + stage.leastMs, 0);
  const isTimed = setting.dayShape !== null || spec.quiet.times.length > 0;
  const limitMs = playedMs(spec, { ...setting, maturityMs: feedback.maturityMs });
  const withinMs = Math.min(limitMs, leastMs);
  const terrain = { ...setting, harm, withinMs, isTimed, feedback, candidate, limitMs };
  const begun = situationOf(plannedRollout(spec));
  return (rng) => played(rng, begun, terrain);
}

/** What is expected to come back. */
export const feedbackOf = ({ spec, feedback }: Pick<Setting, 'spec' | 'feedback'>): Feedback =>
  feedback ?? { metrics: expectedIn(spec), maturityMs: 0, labelled: 1 };

type World = Terrain & {
  readonly feedback: Feedback;
  /** What comes back of the candidate, metric by metric. */
  readonly candidate: readonly Expected[];
  readonly limitMs: number;
};

function played(rng: Prng, begun: Situation, world: World): Outcome {
  const { spec } = begun.rollout;
  const { limitMs } = world;
  const course = drawCourse(rng, world);
  const began = after(sunday, course.startMs);
  const rates = rateCard();
  const heard = readsOutcomes(spec) ? cameBack(world.feedback, world.candidate) : null;
  const worse = heard === null ? 0 : worseIn(world);
  const hasTurns = usesOutcomes(spec);
  const stagesMs: number[] = [];
  let harmedRequests = 0;
  // What is from before the rollout ends where its first bucket starts.
  const firstMs = spec.bucketMs;
  let atMs = firstMs;
  const history = { start: began, unitsPerSecond: course.unitsPerSecond(0), usual: world.usual };
  const rollout = { ...begun.rollout, createdAt: began, phaseSince: began, stageSince: began };
  const before = drawHistory(rng, rollout, history);
  let now = judged({ ...begun, rollout }, { windows: before, heard, now: began });
  while (atMs < limitMs + firstMs && !isOver(now)) {
    const { stage, thresholdsMs, stageSince, revision } = now.rollout;
    const start = after(began, atMs);
    const leftMs = limitMs + firstMs - atMs;
    const turnMs = hasTurns ? untilTurn(now.rollout, start, world.feedback.maturityMs) : Infinity;
    const roomMs = Math.min(leftMs, course.steadyMs(atMs), turnMs);
    const spanMs = spanAt(spec, start - stageSince, roomMs);
    const arms = course.arms(atMs);
    const lost = rates(arms, thresholdsMs);
    const latency = thresholdsMs.slow === null ? arms.baseline : null;
    const unitsPerSecond = course.unitsPerSecond(atMs);
    const { shares } = now;
    const { mirror } = stageOf(now.rollout);
    const moment = { start, spanMs, unitsPerSecond, shares, mirror, latency, ...lost };
    const { windows, units } = drawBucket(rng, now.rollout, moment);
    heard?.add(rng, { start, spanMs, revision, shares, units });
    const next = judged(now, { windows, heard, now: after(began, atMs + spanMs + REACTION_MS) });
    // What was decided is felt only when it has been: until then all goes on as before.
    const reactionMs = next.rollout === now.rollout ? 0 : REACTION_MS;
    const unseen = (unitsPerSecond * (shares[1] ?? 0) * reactionMs) / 1_000;
    harmedRequests += ((units[1] ?? 0) + unseen) * Math.min(1, harmIn(lost) + worse);
    stagesMs[stage] = (stagesMs[stage] ?? 0) + spanMs + reactionMs;
    atMs += spanMs + reactionMs;
    now = next;
  }
  return { ...endingOf(now), ms: atMs - firstMs, stagesMs, harmedRequests };
}

/** Chance that what comes back of a request is wrong of the candidate and right of the baseline. */
function worseIn({ feedback, candidate }: World): number {
  return feedback.metrics.reduce((most, { of, mean }, at) => {
    if (!isYesNo(of)) return most;
    return Math.max(most, advantageOf(mean - (candidate[at]?.mean ?? mean), of));
  }, 0);
}
