import { WHOLE_BPS, bps } from '../lib/units.ts';
import { count, duration, factor } from '../lib/wording.ts';
import type { Mirror, Stage } from '../strategy/stage.ts';
import { firstStageTime, stageTime } from './stage-time.ts';
import type { Ground, StageTime } from './stage-time.ts';
import { ladderOf, usesOutcomes } from '../strategy/ladder.ts';
import { outcomeAdvice } from './outcome-advice.ts';

/** Something that will not work as declared, and what would. */
export type Advice = {
  readonly path: string;
  readonly sentence: string;
  /** Null when nothing helps but more traffic. */
  readonly proposal: string | null;
};

/** Shares and margins that people write. */
const SHARES_PERCENT = [1, 2, 5, 10, 20, 25, 30, 50] as const;
const MARGINS = [1.5, 2, 2.5, 3, 4, 5, 6, 8, 10] as const;
/** Later stages have more traffic and earlier evidence: together they take about as long again. */
const HORIZON_SLACK = 2;

/** Warns of every stage that cannot end within the horizon, and of a horizon too short in all. */
export function adviceOn(ground: Ground): readonly Advice[] {
  // What waits for feedback has a time of its own; its guardrails have all of that.
  if (usesOutcomes(ground.spec)) return outcomeAdvice(ground);
  const stages = ladderOf(ground.spec);
  const slow = stages.flatMap((stage, index) => slowStage(ground, stage, index) ?? []);
  return slow.length > 0 ? slow : tooLong(ground);
}

function slowStage(ground: Ground, stage: Stage, index: number): Advice | null {
  const { horizonMs } = ground.spec;
  const { ms, check } = timeOf(ground, stage, index);
  if (ms <= horizonMs) return null;
  const time = Number.isFinite(ms) ? `would take ${duration(ms)}` : 'would never end';
  const cause = check === null ? 'it lasts at least that long' : `${check} waits for evidence`;
  return {
    path: `strategy.stages[${index}]`,
    sentence: `Stage ${index + 1} ${time} at this traffic: ${cause}.`,
    proposal: proposalFor(ground, stage, index),
  };
}

const timeOf = (ground: Ground, stage: Stage, index: number): StageTime =>
  index === 0 ? firstStageTime(ground, stage) : stageTime(ground, stage);

/** The least change that lets a stage end within its part of the horizon. */
function proposalFor(ground: Ground, stage: Stage, index: number): string | null {
  const { horizonMs } = ground.spec;
  const stages = ladderOf(ground.spec);
  const budgetMs = horizonMs / stages.length;
  const fits = (other: Stage): boolean => timeOf(ground, other, index).ms <= budgetMs;
  if (stage.share === 0 && stage.mirror !== null) return moreCopies(stage.mirror, stage, fits);
  const before = stages[index - 1]?.share ?? 0;
  const next = stages[index + 1]?.share ?? WHOLE_BPS;
  const shares = SHARES_PERCENT.map((percent) => bps(percent * 100)).filter(
    (one) => one > stage.share && one > before && one < next,
  );
  const share = shares.find((one) => fits({ ...stage, share: one }));
  if (share !== undefined) return `A share of ${share / 100} % would do.`;
  const wider = MARGINS.filter((margin) => margin > stage.margin);
  const margin = wider.find((one) => fits({ ...stage, margin: one }));
  if (margin !== undefined) return `A margin of ${factor(margin)} would do.`;
  for (const one of shares.toReversed()) {
    const both = wider.find((wide) => fits({ ...stage, share: one, margin: wide }));
    if (both !== undefined) {
      return `A share of ${one / 100} % with a margin of ${factor(both)} would do.`;
    }
  }
  const { ms } = timeOf(ground, stage, index);
  return Number.isFinite(ms) ? `A horizon of ${duration(ms * HORIZON_SLACK)} would do.` : null;
}

/** What a stage of copies needs: more of them, or a larger budget for them. */
function moreCopies(mirror: Mirror, stage: Stage, fits: (other: Stage) => boolean): string | null {
  const samples = [...SHARES_PERCENT, 100].map((percent) => bps(percent * 100));
  const enough = samples
    .filter((sample) => sample > mirror.sample)
    .find((sample) => fits({ ...stage, mirror: { ...mirror, sample } }));
  if (enough !== undefined) return `A sample of ${enough / 100} % would do.`;
  const unbound = { ...mirror, sample: bps(WHOLE_BPS), perSecondMax: Infinity };
  return fits({ ...stage, mirror: unbound }) ? 'More copies per second would do.' : null;
}

function tooLong(ground: Ground): readonly Advice[] {
  const { horizonMs } = ground.spec;
  const stages = ladderOf(ground.spec);
  const sum = stages.reduce(
    (total, { leastMs }, index) =>
      total + Math.max(leastMs, index === longest(ground) ? stageMs(ground, index) : 0),
    0,
  );
  if (sum <= horizonMs) return [];
  const sentence = `${count(stages.length)} stages take ${duration(sum)} at least.`;
  return [{ path: 'horizon', sentence, proposal: `A horizon of ${duration(2 * sum)} would do.` }];
}

const stageMs = (ground: Ground, index: number): number => {
  const stage = ladderOf(ground.spec)[index];
  return stage === undefined ? 0 : timeOf(ground, stage, index).ms;
};

const longest = (ground: Ground): number =>
  ladderOf(ground.spec).reduce(
    (best, _stage, index) => (stageMs(ground, index) > stageMs(ground, best) ? index : best),
    0,
  );
