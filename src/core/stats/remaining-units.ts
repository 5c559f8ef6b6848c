/**
 * How many more units a comparison needs that has begun: the power it will have when the standard
 * error it has now has shrunk with the root of the units. By the rule that will judge it: one test
 * at the end, an interval that holds at every look, or a posterior.
 */
import type { Gaussian } from './bayes.ts';
import { sequenceHalfWidth } from './confidence-sequence.ts';
import { requireCount, requireOpenUnit, requirePositive, requireThat } from './domain.ts';
import { normalCdf, normalSf, normalUpperQuantile } from './normal.ts';
import { monotoneRoot } from './quadrature.ts';

/** Who judges: a fixed sample, a confidence sequence, or the credible interval of a posterior. */
export type JudgingRule =
  | { readonly kind: 'fixed' }
  | { readonly kind: 'sequence'; readonly tunedFor: number }
  | { readonly kind: 'posterior'; readonly prior: Gaussian };

/** A comparison on its way: the standard error of the effect after so many units of both arms. */
export type Underway = { readonly se: number; readonly units: number };

/** What it must find, and with which errors; α is shared by the comparisons (Bonferroni). */
export type PowerGoal = {
  readonly effect: number;
  readonly alpha: number;
  readonly comparisons: number;
  readonly rule: JudgingRule;
};

/** Beyond it nobody waits: 2²⁷ times the units there are. */
const FACTOR_MAX = 2 ** 27;

/** Chance that the interval excludes 0 once `factor` times the units so far have come besides. */
export function powerAfter(underway: Underway, goal: PowerGoal, factor: number): number {
  const { se, units } = underway;
  requirePositive(se, 'se');
  requirePositive(units, 'units');
  requireOpenUnit(goal.alpha, 'alpha');
  requireCount(goal.comparisons, 'comparisons', 1);
  requireThat(goal.effect !== 0, 'an effect of 0 cannot be found');
  const sd = se / Math.sqrt(1 + factor);
  const { reach, pull } = intervalOf(underway, goal, sd);
  const effect = Math.abs(goal.effect);
  return normalSf((reach - pull - effect) / sd) + normalCdf(-(reach + pull + effect) / sd);
}

/** How far an estimate must be from 0, and by how much a prior moves it, where it has this sd. */
function intervalOf(
  { se, units }: Underway,
  { alpha, comparisons, rule }: PowerGoal,
  sd: number,
): { readonly reach: number; readonly pull: number } {
  const each = alpha / comparisons;
  const z = normalUpperQuantile(each / 2);
  if (rule.kind === 'fixed') return { reach: z * sd, pull: 0 };
  if (rule.kind === 'sequence') {
    const estimate = { value: 0, sd: se * Math.sqrt(units), n: (units * se * se) / (sd * sd) };
    return {
      reach: sequenceHalfWidth(estimate, { alpha: each, tunedFor: rule.tunedFor }),
      pull: 0,
    };
  }
  const { mean, variance } = rule.prior;
  requirePositive(variance, 'variance');
  // The posterior's interval excludes 0 where the estimate is beyond σ² z √(1/τ² + 1/σ²).
  const reach = sd * sd * z * Math.sqrt(1 / variance + 1 / (sd * sd));
  return { reach, pull: (sd * sd * mean) / variance };
}

/**
 * Units still needed, as a multiple of those so far, for the wanted power: 0 when they are enough,
 * infinite when 2²⁷ times as many are not.
 */
export function factorNeeded(underway: Underway, goal: PowerGoal, power: number): number {
  requireOpenUnit(power, 'power');
  const missing = (u: number): number => powerAfter(underway, goal, Math.expm1(u)) - power;
  if (missing(0) >= 0) return 0;
  const high = Math.log1p(FACTOR_MAX);
  if (missing(high) < 0) return Infinity;
  return Math.expm1(monotoneRoot(missing, { low: 0, high }));
}
