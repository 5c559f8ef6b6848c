/**
 * Betting on bounded values: capital that no fair game can make grow, so its size is evidence
 * (Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", arXiv
 * 2010.09686; Choe & Ramdas, "Comparing sequential forecasters", arXiv 2110.00115).
 */
import { requireOpenUnit, requireThat, requireUnit } from './domain.ts';
import { logSumExp } from './log-space.ts';
import type { Interval } from './proportion.ts';

/**
 * Predictable plug-in bets λ_t = √(2 ln(1/α)/(t ln(1 + t) σ̂²_{t-1})) with σ̂²_t = (¼ + Σ (x_i -
 * μ̂_i)²)/(t + 1) and μ̂_t = (½ + Σ x_i)/(t + 1). One bet per value, each from earlier values only.
 */
export function plugInBets(values: readonly number[], alpha: number): readonly number[] {
  requireOpenUnit(alpha, 'alpha');
  let sum = 0;
  let squares = 0;
  let variance = 0.25;
  return values.map((x, i) => {
    const t = i + 1;
    const bet = Math.sqrt((2 * Math.log(1 / alpha)) / (t * Math.log1p(t) * variance));
    sum += x;
    const mean = (0.5 + sum) / (t + 1);
    squares += (x - mean) ** 2;
    variance = (0.25 + squares) / (t + 1);
    return bet;
  });
}

/** Share of the capital a bet may risk at most. */
const RISK_MAX = 0.5;
const BISECTIONS = 60;

/**
 * Hedged betting confidence sequence for the mean of values in [0, 1] after the last of `values`:
 * holds at all times at once if it is read at all times. Needs E[x_t | past] = mean, not
 * independence.
 */
export function bettingInterval(values: readonly number[], alpha: number): Interval {
  for (const value of values) requireUnit(value, 'value');
  const bets = plugInBets(values, alpha / 2);
  const goal = Math.log(2 / alpha);
  /** Largest log capital over time of bets that the mean is above (direction 1) or below (-1) m. */
  const capital = (m: number, direction: 1 | -1): number => {
    const most = direction === 1 ? RISK_MAX / m : RISK_MAX / (1 - m);
    let log = 0;
    let highest = 0;
    for (const [i, x] of values.entries()) {
      log += Math.log1p(direction * Math.min(bets[i] ?? 0, most) * (x - m));
      if (log > highest) highest = log;
    }
    return highest;
  };
  // Both capitals are monotone in m, so each end is a bisection.
  const end = (direction: 1 | -1): number => {
    let rejected = direction === 1 ? 0 : 1;
    let kept = 1 - rejected;
    for (let i = 0; i < BISECTIONS; i += 1) {
      const middle = (rejected + kept) / 2;
      if (capital(middle, direction) >= goal) rejected = middle;
      else kept = middle;
    }
    return rejected;
  };
  return { lower: end(1), upper: end(-1) };
}

/** log Π (1 + λ(x - m)) for a fixed bet; -Infinity once the capital is lost. */
export function logFixedBet(values: readonly number[], bet: number, mean: number): number {
  return values.reduce((log, x) => log + Math.log1p(bet * (x - mean)), 0);
}

/** Bets of the paired process, from cautious to bold. */
export const DEFAULT_PAIRED_BETS: readonly number[] = [0.02, 0.05, 0.1, 0.2, 0.4];

/** `advantageMin` is δ in [0, 1): how much better the challenger must be shown to be. */
export type PairedOptions = {
  readonly advantageMin?: number;
  readonly bets?: readonly number[];
};

/** Log capital of each bet; constant size. */
export type PairedState = {
  readonly advantageMin: number;
  readonly bets: readonly number[];
  readonly logCapitals: readonly number[];
  readonly pairs: number;
};

/** A champion/challenger process before its first pair: E = 1. */
export function pairedStart(options: PairedOptions = {}): PairedState {
  const { advantageMin = 0, bets = DEFAULT_PAIRED_BETS } = options;
  requireThat(advantageMin >= 0 && advantageMin < 1, 'advantageMin must lie in [0, 1)');
  requireThat(bets.length > 0, 'no bets');
  for (const bet of bets) requireOpenUnit(bet, 'bet');
  return { advantageMin, bets, logCapitals: bets.map(() => 0), pairs: 0 };
}

/**
 * Folds in one pair: both models judged on the same request, difference = challenger's score minus
 * champion's, in [-1, 1]. The factor 1 + λ(d - δ)/(1 + δ) is positive and has conditional mean at
 * most 1 whenever E[d | past] <= δ, whatever drifts. Fold pairs in the order in which labels
 * arrive.
 */
export function pairedStep(state: PairedState, difference: number): PairedState {
  requireThat(difference >= -1 && difference <= 1, `difference out of [-1, 1]: ${difference}`);
  const { advantageMin, bets } = state;
  const stake = (difference - advantageMin) / (1 + advantageMin);
  return {
    advantageMin,
    bets,
    logCapitals: state.logCapitals.map((log, i) => log + Math.log1p((bets[i] ?? 0) * stake)),
    pairs: state.pairs + 1,
  };
}

/** log E against "the challenger is not better by more than δ": mean capital over the bets. */
export function pairedLogE(state: PairedState): number {
  return logSumExp(state.logCapitals) - Math.log(state.logCapitals.length);
}

/** Pairs of yes-or-no scores: where the challenger alone was right, the champion, both or none. */
export type PairedCounts = {
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
};

/**
 * `pairedLogE` after so many pairs with differences 1, -1 and 0, in whatever order they came: every
 * bet is fixed, so its capital is a product. `advantageMin` in (-1, 1).
 */
export function pairedCountsLogE(
  { wins, losses, ties }: PairedCounts,
  advantageMin: number,
  bets: readonly number[] = DEFAULT_PAIRED_BETS,
): number {
  requireThat(advantageMin > -1 && advantageMin < 1, 'advantageMin must lie in (-1, 1)');
  const stake = (difference: number): number => (difference - advantageMin) / (1 + advantageMin);
  const logs = bets.map(
    (bet) =>
      wins * Math.log1p(bet * stake(1)) +
      losses * Math.log1p(bet * stake(-1)) +
      ties * Math.log1p(bet * stake(0)),
  );
  return logSumExp(logs) - Math.log(logs.length);
}

/** No advantage is bounded from below any closer to the worst there is. */
const ADVANTAGE_LEAST = -0.99;

/**
 * Lower end of the confidence sequence for the mean difference: every advantage below it is refuted
 * with an error of `alpha` over all times at once. The capital falls as `advantageMin` grows, so
 * the end is a bisection.
 */
export function pairedLower(counts: PairedCounts, alpha: number): number {
  requireOpenUnit(alpha, 'alpha');
  const goal = Math.log(1 / alpha);
  let refuted = ADVANTAGE_LEAST;
  let kept = 1;
  if (pairedCountsLogE(counts, refuted) < goal) return -1;
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (refuted + kept) / 2;
    if (middle >= 1 || middle === refuted) break;
    if (pairedCountsLogE(counts, middle) >= goal) refuted = middle;
    else kept = middle;
  }
  return refuted;
}
