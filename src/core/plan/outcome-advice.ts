import { WHOLE_BPS } from '../lib/units.ts';
import { count, duration } from '../lib/wording.ts';
import { sequenceOf } from '../strategy/ladder.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import type { Advice } from './advice.ts';
import { UPDATES, testMs } from './length.ts';
import type { Ground } from './stage-time.ts';

const WEEK_MS = 7 * 86_400_000;
/** A test that lasts longer meets other people, and another product, at its end. */
const TEST_MS_MAX = 8 * WEEK_MS;
/** What a proposal takes at the most. */
export const TEST_MS_WANTED = 4 * WEEK_MS;

/** Warns of strategies that wait for more feedback than comes in. */
export const outcomeAdvice = (ground: Ground): readonly Advice[] =>
  sequenceOf(ground.spec).flatMap((one) => adviceOf(ground, one) ?? []);

function adviceOf(ground: Ground, one: StrategySpec): Advice | null {
  switch (one.kind) {
    case 'ab-test':
      return longTest(ground, one);
    case 'champion-challenger':
      return thinWindow(ground, one);
    case 'bandit':
      return slowStart(ground, one);
    default:
      return null;
  }
}

function longTest(ground: Ground, test: StrategySpec<'ab-test'>): Advice | null {
  const ms = testMs(test, ground);
  if (ms <= TEST_MS_MAX) return null;
  const sentence = `The test takes ${duration(ms)} at this traffic: nobody waits so long.`;
  return { path: 'strategy.primary.mde', sentence, proposal: 'Look for a larger effect.' };
}

function thinWindow(
  { unitsPerSecond }: Ground,
  { split, windowMs, unitsMin }: StrategySpec<'champion-challenger'>,
): Advice | null {
  const least = Math.min(...split) / WHOLE_BPS;
  const units = Math.floor((unitsPerSecond * least * windowMs) / 1_000);
  if (units >= unitsMin) return null;
  const sentence =
    `A window of ${duration(windowMs)} has ${count(units)} units of a challenger; ` +
    `it takes ${count(unitsMin)} to compare.`;
  const share = (least * unitsMin) / Math.max(1, units);
  const proposal =
    share <= 0.5 / split.length ? `A share of ${Math.ceil(share * 100)} % would do.` : null;
  return { path: 'strategy.split', sentence, proposal };
}

function slowStart(
  { unitsPerSecond }: Ground,
  { candidates, burnIn, updateMs }: StrategySpec<'bandit'>,
): Advice | null {
  const ms = ((burnIn.units * (candidates + 1)) / unitsPerSecond) * 1_000;
  if (ms <= UPDATES * updateMs) return null;
  const sentence =
    `The shares do not move before ${duration(ms)}: ` +
    `each arm needs ${count(burnIn.units)} units first.`;
  return { path: 'strategy.burnIn', sentence, proposal: null };
}
