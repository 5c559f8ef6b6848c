/**
 * Both tails of a distribution at a point, and the inversion of a distribution given by its tails.
 */
import { requireUnit } from './domain.ts';

/** P(X <= x) and P(X > x), each computed so that it is accurate when small. They sum to 1. */
export type Tails = { readonly lower: number; readonly upper: number };

/**
 * A probability, named by the side it is measured from: `lower: 1e-20` and `upper: 1e-20` both
 * exist.
 */
export type TailProbability = { readonly lower: number } | { readonly upper: number };

/** A continuous distribution on (0, infinity) or (0, 1), for inversion. */
export type Invertible = {
  readonly support: 'positive' | 'unit';
  /** Tails at x; `complement` is 1 - x to full accuracy on the unit interval. */
  readonly tails: (x: number, complement: number) => Tails;
  /** Any interior point to begin with; a good one saves steps, nothing more. */
  readonly guess: number;
};

const STEPS_MAX = 200;
const WIDTH = 4e-16;
/** ln of the smallest and largest positive doubles: no coordinate goes beyond. */
const COORDINATE_MAX = 744;

/**
 * The x with P(X <= x) = lower, or P(X > x) = upper. Solved for ln x (or the logit of x) on the
 * logarithm of the smaller tail, where distributions are nearly straight lines, by Illinois's
 * variant of the secant method inside a bracket: sure to end, and exact in either tail.
 */
export function invert(probability: TailProbability, law: Invertible): number {
  const fromBelow = 'lower' in probability;
  const target = 'lower' in probability ? probability.lower : probability.upper;
  requireUnit(target, 'probability');
  const last = law.support === 'unit' ? 1 : Infinity;
  if (target === 0) return fromBelow ? 0 : last;
  if (target === 1) return fromBelow ? last : 0;
  const useLower = fromBelow === target <= 0.5;
  const goal = Math.log(target <= 0.5 ? target : 1 - target);
  const excess = (u: number): number => {
    const tails = law.tails(...point(u, law.support));
    return useLower ? Math.log(tails.lower) - goal : goal - Math.log(tails.upper);
  };
  const { guess } = law;
  const start = law.support === 'unit' ? Math.log(guess / (1 - guess)) : Math.log(guess);
  return point(solveIncreasing(excess, start), law.support)[0];
}

/** x and 1 - x at a coordinate. */
function point(u: number, support: Invertible['support']): readonly [number, number] {
  if (support === 'positive') return [Math.exp(u), 0];
  return [1 / (1 + Math.exp(-u)), 1 / (1 + Math.exp(u))];
}

/** Root of an increasing function, searched outwards from `start`. */
function solveIncreasing(excess: (u: number) => number, start: number): number {
  let low = Number.isFinite(start) ? start : 0;
  let high = low;
  let atLow = excess(low);
  let atHigh = atLow;
  for (let step = 0.1; atLow > 0 && low > -COORDINATE_MAX; step *= 2) {
    [high, atHigh] = [low, atLow];
    low = Math.max(-COORDINATE_MAX, low - step);
    atLow = excess(low);
  }
  for (let step = 0.1; atHigh < 0 && high < COORDINATE_MAX; step *= 2) {
    [low, atLow] = [high, atHigh];
    high = Math.min(COORDINATE_MAX, high + step);
    atHigh = excess(high);
  }
  return closeIn(excess, { low, high, atLow, atHigh });
}

type Bracket = {
  readonly low: number;
  readonly high: number;
  readonly atLow: number;
  readonly atHigh: number;
};

function closeIn(excess: (u: number) => number, bracket: Bracket): number {
  let { low, high, atLow, atHigh } = bracket;
  let side = 0;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    if (atLow === 0) return low;
    if (atHigh === 0) return high;
    if (high - low <= WIDTH * Math.max(1, Math.abs(low))) break;
    const secant = (low * atHigh - high * atLow) / (atHigh - atLow);
    const usable = step % 5 !== 4 && secant > low && secant < high;
    const middle = usable ? secant : low + (high - low) / 2;
    const value = excess(middle);
    if (value < 0) {
      [low, atLow] = [middle, value];
      if (side === -1) atHigh /= 2;
      side = -1;
    } else {
      [high, atHigh] = [middle, value];
      if (side === 1) atLow /= 2;
      side = 1;
    }
  }
  return Math.abs(atLow) < Math.abs(atHigh) ? low : high;
}
