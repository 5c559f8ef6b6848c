import type { OutcomeCheck } from '../src/core/analysis/outcome-check.ts';
import type { Verdict } from '../src/core/analysis/verdict.ts';
import type { MetricOutcome } from '../src/core/feedback/outcome.ts';
import { WHOLE_BPS, bps } from '../src/core/lib/units.ts';
import type { Rollout } from '../src/core/rollout/rollout.ts';
import { planAbTest } from '../src/core/strategy/ab-plan.ts';
import type { AbTestWish } from '../src/core/strategy/ab-plan.ts';
import { evenSplit } from '../src/core/strategy/split.ts';
import type { StrategyKind, StrategySpec } from '../src/core/strategy/spec.ts';
import { defaultMirror } from '../src/core/strategy/stage.ts';
import { decideBy } from '../src/core/strategy/strategies.ts';
import type { Step } from '../src/core/strategy/strategy.ts';
import { allPass, judgedRollout, situationOf } from './outcome-samples.ts';

/** Declarations of the strategies that judge by outcomes, for tests that care about a part. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** 10 % against at least 12 %, over whole weeks: 3,842 units an arm. */
export const abTestWish = (over: Partial<AbTestWish> = {}): AbTestWish => ({
  primary: {
    name: 'conversion',
    kind: 'proportion',
    better: 'higher',
    expected: 0.1,
    sd: null,
    effectMin: 0.02,
  },
  secondary: [],
  alpha: 0.05,
  power: 0.8,
  stopping: { kind: 'horizon' },
  split: evenSplit(1),
  audience: null,
  leastMs: 7 * DAY_MS,
  cycleMs: 7 * DAY_MS,
  until: null,
  unitsPerDay: null,
  winner: 'automatic',
  ...over,
});

/** The same, planned. */
export function abTestSpec(over: Partial<AbTestWish> = {}): StrategySpec<'ab-test'> {
  const wish = abTestWish(over);
  return { kind: 'ab-test', ...wish, planned: planAbTest(wish) };
}

/** Two challengers with a tenth each, judged by labels of four weeks. */
export const championSpec = (
  over: Partial<StrategySpec<'champion-challenger'>> = {},
): StrategySpec<'champion-challenger'> => ({
  kind: 'champion-challenger',
  metric: { name: 'label', kind: 'proportion', better: 'higher' },
  advantageMin: 0,
  split: [bps(1_000), bps(1_000)],
  audience: null,
  windowMs: 28 * DAY_MS,
  alpha: 0.01,
  unitsMin: 1_000,
  gate: 'automatic',
  ...over,
});

/** A challenger that answers copies, and is scored on them. */
export const pairedContest = (
  over: Partial<StrategySpec<'champion-challenger'>> = {},
): StrategySpec<'champion-challenger'> => {
  const pairing = { ...defaultMirror, sample: bps(WHOLE_BPS) };
  return championSpec({ split: [bps(0)], pairing, unitsMin: 100, ...over });
};

/** Two candidates and the baseline, their shares set every hour by what they earned. */
export const banditSpec = (over: Partial<StrategySpec<'bandit'>> = {}): StrategySpec<'bandit'> => ({
  kind: 'bandit',
  reward: { name: 'reward', kind: 'proportion', better: 'higher' },
  algorithm: 'thompson-beta',
  epsilon: 0.1,
  memory: { kind: 'all' },
  candidates: 2,
  audience: null,
  updateMs: HOUR_MS,
  floor: bps(500),
  burnIn: { units: 100, responses: 40 },
  stop: { chance: 0.95, lossMax: 0.001 },
  ...over,
});

/** A soft check of how right answers are. */
export const accuracyCheck: OutcomeCheck = {
  name: 'accuracy',
  of: { name: 'label', kind: 'ratio', better: 'higher' },
  onFail: 'soft',
  margin: 0.02,
  limit: null,
  alpha: 0.01,
  minUnits: 200,
  onMissing: 'hold',
};

/** A row of a table of what one strategy does: what came back, what guardrails say. */
export type OutcomeCase<K extends StrategyKind> = {
  readonly what: string;
  readonly spec?: Partial<StrategySpec<K>>;
  readonly outcome?: MetricOutcome;
  readonly over?: Partial<Rollout>;
  readonly verdicts?: 'unsure';
  readonly does: object;
};

/** What a strategy is asked, and on what it rests: nothing came back, all guardrails pass. */
export type Asked = {
  readonly spec: StrategySpec;
  readonly outcome?: MetricOutcome | undefined;
  readonly over?: Partial<Rollout>;
  /** What every guardrail says, where it is not `pass`. */
  readonly verdicts?: Verdict['outcome'] | undefined;
};

/** What such a strategy decides of a rollout that advances. */
export function decidedOn({ spec, outcome, over = {}, verdicts = 'pass' }: Asked): Step {
  const rollout = judgedRollout(spec, over);
  const seen = allPass(rollout).map((one) => ({ ...one, outcome: verdicts }));
  return decideBy(situationOf(rollout, outcome === undefined ? [] : [outcome], seen));
}
