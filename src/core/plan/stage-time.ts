import { marginOf } from '../analysis/check-evidence.ts';
import type { Check } from '../analysis/check.ts';
import { BASELINE_ANSWERS_MIN } from '../analysis/freeze.ts';
import { partsOf } from '../analysis/part.ts';
import type { Part } from '../analysis/part.ts';
import { unitsMax } from '../analysis/weighing.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { safetyAlternatives } from '../stats/one-sample.ts';
import { expectedLossesToVerdict, expectedUnitsToVerdict } from '../stats/time-to-verdict.ts';
import type { Stage } from '../strategy/stage.ts';
import type { LossName } from '../telemetry/window.ts';
import { ladderOf } from '../strategy/ladder.ts';

/** What a time is worked out for. */
export type Ground = {
  readonly spec: RolloutSpec;
  readonly unitsPerSecond: number;
  /** The version in production, loss by loss. */
  readonly usual: Readonly<Record<LossName, number>>;
};

/** How long a stage lasts on average when it starts without evidence, and what it waits for. */
export type StageTime = { readonly ms: number; readonly check: string | null };

/** Control looks back this far to learn how fast the baseline is. */
export const HISTORY_MS = 600_000;

/**
 * The time until every check has passed a stage with a candidate like the baseline, by the mean
 * growth of the evidence; Infinity when a check cannot pass. A stage at 100 %, or at none, has
 * nobody to compare with and needs no more than its least time.
 */
export function stageTime(ground: Ground, stage: Stage): StageTime {
  return slowest(ground, stage, 0);
}

/** The same of a rollout's first stage, in which it has to be learnt what counts as slow. */
export function firstStageTime(ground: Ground, stage: Stage): StageTime {
  return slowest(ground, stage, freezeMs(ground, stage.share));
}

/** The time of each stage of a ladder, in order. */
export const ladderTimes = (ground: Ground, stages: readonly Stage[]): readonly StageTime[] =>
  stages.map((stage, index) =>
    index === 0 ? firstStageTime(ground, stage) : stageTime(ground, stage),
  );

function slowest(ground: Ground, stage: Stage, freezingMs: number): StageTime {
  if (stage.share >= WHOLE_BPS || partsIn(ground, stage).candidate === 0)
    return { ms: stage.leastMs, check: null };
  const required = ground.spec.checks.filter(({ onFail }) => onFail !== 'inform');
  return required
    .map((check) => {
      const waitedMs = check.metric === 'latency' ? freezingMs : 0;
      return { ms: waitedMs + checkMs(ground, stage, check), check: check.name };
    })
    .reduce<StageTime>((a, b) => (b.ms > a.ms ? b : a), { ms: stage.leastMs, check: null });
}

/**
 * The time in a first stage of this share until the baseline has given the answers that what counts
 * as slow is fixed on; 0 where enough is known from before.
 */
function freezeMs({ unitsPerSecond }: Ground, share: number): number {
  const missing = BASELINE_ANSWERS_MIN - (unitsPerSecond * HISTORY_MS) / 1_000;
  if (missing <= 0) return 0;
  return (missing * 1_000) / (unitsPerSecond * (1 - share / WHOLE_BPS));
}

/** Parts of the units that each version answers: of copies, as many as may be made. */
function partsIn(
  { unitsPerSecond }: Ground,
  { share, mirror }: Stage,
): { readonly candidate: number; readonly baseline: number } {
  if (share > 0 || mirror === null) {
    return { candidate: share / WHOLE_BPS, baseline: 1 - share / WHOLE_BPS };
  }
  const copied = Math.min(mirror.sample / WHOLE_BPS, mirror.perSecondMax / unitsPerSecond);
  return { candidate: copied, baseline: 1 };
}

function checkMs(ground: Ground, stage: Stage, check: Check): number {
  if (check.metric === 'disagreement' && stage.mirror === null) return 0;
  const perMs = (ground.unitsPerSecond * partsIn(ground, stage).candidate) / 1_000;
  const waited = check.minUnits / perMs;
  return Math.max(waited, ...partsOf(check).map((part) => partMs(ground, { stage, check, part })));
}

type Asked = { readonly stage: Stage; readonly check: Check; readonly part: Part };

function partMs(ground: Ground, { stage, check, part }: Asked): number {
  const { spec, usual, unitsPerSecond } = ground;
  const { bucketMs, alphaPromote: alpha } = spec;
  const most = unitsMax(part.loss, bucketMs).safety;
  const parts = partsIn(ground, stage);
  const perBucket = (arm: number): number =>
    Math.min(most, (unitsPerSecond * arm * bucketMs) / 1_000);
  const [candidate, baseline] = [perBucket(parts.candidate), perBucket(parts.baseline)];
  const rate = usual[part.loss];
  const counted = candidate / (candidate + baseline);
  const byMargin =
    part.compared && rate > 0
      ? expectedUnitsToVerdict({
          ratio: 1,
          ratio0: marginOf(check, stage.margin),
          share: counted,
          alpha,
          baselineRate: rate,
        })
      : Infinity;
  const byTolerance = part.tolerance === null ? Infinity : safetyUnits(rate, part.tolerance, alpha);
  return (Math.min(byMargin, byTolerance) / candidate) * bucketMs;
}

/** Units until the one-sample process shows a rate to be below a tolerance. */
function safetyUnits(rate: number, tolerance: number, alpha: number): number {
  const alternatives = safetyAlternatives(tolerance);
  const needed = Math.log(1 / alpha) + Math.log(alternatives.length);
  const growth = alternatives.map(
    (one) =>
      rate * Math.log(one / tolerance) + (1 - rate) * (Math.log1p(-one) - Math.log1p(-tolerance)),
  );
  const best = Math.max(...growth);
  return best > 0 ? needed / best : Infinity;
}

/** Factors that are tried, fine where a plan's limits usually lie. */
const FACTORS = [1.1, 1.2, 1.3, 1.5, 1.75, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 20, 30, 50] as const;

/**
 * The smallest of some factors on the error rate that is found on average before a healthy
 * candidate's time in all stages is over; null when even the largest is not.
 */
export function detectableErrors(ground: Ground, stagesMs: readonly number[]): number | null {
  const { spec, usual, unitsPerSecond } = ground;
  const hard = spec.checks.filter(({ onFail }) => onFail === 'hard');
  const check = hard.find(({ metric }) => metric === 'error_rate');
  if (check === undefined || !(usual.error > 0)) return null;
  const alpha = spec.alphaRevert / hard.length;
  const found = (factor: number): boolean => {
    if (factor <= check.ratio || factor * usual.error >= 1) return false;
    const progress = ladderOf(spec).map((stage, index) => {
      const { candidate, baseline } = partsIn(ground, stage);
      if (candidate === 0 || baseline === 0) return 0;
      const units = ((stagesMs[index] ?? 0) / 1_000) * unitsPerSecond * candidate;
      const share = candidate / (candidate + baseline);
      const query = { ratio: factor, ratio0: check.ratio, share, alpha };
      return (units * usual.error) / expectedLossesToVerdict(query);
    });
    return progress.reduce((sum, one) => sum + one, 0) >= 1;
  };
  return FACTORS.find(found) ?? null;
}
