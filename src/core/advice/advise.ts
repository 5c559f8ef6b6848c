import { circumstancesOf } from './factor.ts';
import type { Answers, Circumstances } from './factor.ts';
import { applies, effectOn } from './rule.ts';
import type { Effect } from './rule.ts';
import { RULES } from './rules.ts';
import { ADVISED, TRADE_OFFS } from './trade-off.ts';
import type { Advised, TradeOff } from './trade-off.ts';

/**
 * How well a strategy fits: `fits`, `fits_badly` (more speaks against it than for it), or
 * `ruled_out` (it cannot be had in these circumstances).
 */
export type Fit = 'fits' | 'fits_badly' | 'ruled_out';

/** A strategy in its place. */
export type Ranked = {
  readonly strategy: Advised;
  readonly fit: Fit;
  /** Sum of the points of its reasons; only its order means something. */
  readonly points: number;
  /** What rules it out, then what speaks for it and against it, the weightiest first. */
  readonly reasons: readonly Effect[];
  readonly tradeOff: TradeOff;
};

/** Every strategy there is, the best first. */
export const advise = (answers: Answers): readonly Ranked[] => rank(circumstancesOf(answers));

/** See `advise`. Between equals the more careful one comes first: the order of `ADVISED`. */
export function rank(circumstances: Circumstances): readonly Ranked[] {
  const rules = RULES.filter((rule) => applies(rule, circumstances));
  return ADVISED.map((strategy) => {
    const effects = rules.flatMap((rule) => effectOn(strategy, rule) ?? []);
    return rankedBy(strategy, effects);
  }).toSorted((a, b) => order(b) - order(a));
}

function rankedBy(strategy: Advised, effects: readonly Effect[]): Ranked {
  const points = effects.reduce((sum, effect) => sum + pointsIn(effect), 0);
  const isOut = effects.some(({ type }) => type === 'ruled_out');
  const reasons = effects.toSorted((a, b) => weight(b) - weight(a));
  const fit = isOut ? 'ruled_out' : points < 0 ? 'fits_badly' : 'fits';
  return { strategy, fit, points, reasons, tradeOff: TRADE_OFFS[strategy] };
}

const pointsIn = (effect: Effect): number => (effect.type === 'points' ? effect.points : 0);

const weight = (effect: Effect): number =>
  effect.type === 'points' ? Math.abs(effect.points) : Infinity;

/** More than all the points there can be: what is ruled out stands behind what is not. */
const OUT = 1_000;

const order = ({ fit, points }: Ranked): number => points - (fit === 'ruled_out' ? OUT : 0);
