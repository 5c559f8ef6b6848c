/**
 * Agreement of two models that answered the same requests: classes, numbers and rankings, each
 * reduced to a disagreement in [0, 1] per unit that the e-processes can take.
 */
import { requireCount, requireNonNegative, requireOpenUnit, requireThat } from './domain.ts';
import { oneSample, safetyAlternatives } from './one-sample.ts';
import { clopperPearsonLower, wilson } from './proportion.ts';
import type { Interval } from './proportion.ts';

/** Agreement that a shadow must show, unless told. */
export const DEFAULT_AGREEMENT_GOAL = 0.98;

/** What is known of the agreement rate. */
export type AgreementReport = {
  readonly rate: number;
  /** Wilson's interval at 1 - alpha: for display. */
  readonly display: Interval;
  /** Exact one-sided lower bound at 1 - alpha: decides at a sample size fixed beforehand. */
  readonly lowerBound: number;
  /** log E against "disagreement >= 1 - goal": decides at any time, once it reaches ln(1/alpha). */
  readonly logE: number;
  readonly reached: { readonly fixed: boolean; readonly anytime: boolean };
};

/** Judges `disagreements` among `units` against a goal such as 0.98. */
export function agreementReport(
  counts: { readonly disagreements: number; readonly units: number },
  options: { readonly goal?: number; readonly alpha: number },
): AgreementReport {
  const { goal = DEFAULT_AGREEMENT_GOAL, alpha } = options;
  requireOpenUnit(goal, 'goal');
  requireCount(counts.units, 'units', 1);
  const data = { hits: counts.units - counts.disagreements, trials: counts.units };
  const tolerance = 1 - goal;
  const { logECumulative } = oneSample([{ loss: counts.disagreements, units: counts.units }], {
    rate0: tolerance,
    direction: 'safety',
    alternatives: safetyAlternatives(tolerance),
  });
  const lowerBound = clopperPearsonLower(data, alpha);
  return {
    rate: data.hits / data.trials,
    display: wilson(data, alpha),
    lowerBound,
    logE: logECumulative,
    reached: { fixed: lowerBound >= goal, anytime: logECumulative >= Math.log(1 / alpha) },
  };
}

/**
 * Cohen's κ = (p_o - p_e)/(1 - p_e) of a square table (rows: first model's class, columns:
 * second's). Mandatory beside the raw rate when one class dominates: 98 % agreement can be κ = 0.
 * NaN when both models always give one and the same class.
 */
export function cohenKappa(table: readonly (readonly number[])[]): number {
  const size = table.length;
  let total = 0;
  let agreed = 0;
  const rows = Array.from({ length: size }, () => 0);
  const columns = Array.from({ length: size }, () => 0);
  for (const [i, row] of table.entries()) {
    requireThat(row.length === size, 'the table must be square');
    for (const [j, count] of row.entries()) {
      requireNonNegative(count, 'count');
      total += count;
      if (i === j) agreed += count;
      rows[i] = (rows[i] ?? 0) + count;
      columns[j] = (columns[j] ?? 0) + count;
    }
  }
  const expected = rows.reduce((sum, r, i) => sum + r * (columns[i] ?? 0), 0) / (total * total);
  return (agreed / total - expected) / (1 - expected);
}

/** Tolerances of numeric outputs: a difference counts only beyond the larger of both. */
export type NumericTolerance = { readonly absolute: number; readonly relative: number };

/**
 * Whether two numbers disagree: |a - b| > max(absolute, relative |reference|). NaN agrees only with
 * NaN.
 */
export function numbersDisagree(
  value: number,
  reference: number,
  tolerance: NumericTolerance,
): boolean {
  if (Number.isNaN(value) || Number.isNaN(reference)) {
    return Number.isNaN(value) !== Number.isNaN(reference);
  }
  if (value === reference) return false;
  const allowed = Math.max(tolerance.absolute, tolerance.relative * Math.abs(reference));
  return !(Math.abs(value - reference) <= allowed);
}

/** Share of the first k items of one ranking that are missing from the first k of the other. */
export function rankingDisagreement(
  first: readonly string[],
  second: readonly string[],
  k: number,
): number {
  requireCount(k, 'k', 1);
  const top = new Set(first.slice(0, k));
  const other = new Set(second.slice(0, k));
  const depth = Math.max(top.size, other.size);
  if (depth === 0) return 0;
  let shared = 0;
  for (const item of top) if (other.has(item)) shared += 1;
  return 1 - shared / depth;
}

/**
 * Kendall's τ_b of two score lists over the same items: 1 same order, -1 reversed, ties allowed.
 * NaN when one list is constant.
 */
export function kendallTau(first: readonly number[], second: readonly number[]): number {
  requireThat(first.length === second.length, 'both lists must score the same items');
  let score = 0;
  let pairsFirst = 0;
  let pairsSecond = 0;
  for (const [i, x] of first.entries()) {
    for (let j = 0; j < i; j += 1) {
      const a = Math.sign(x - (first[j] ?? 0));
      const b = Math.sign((second[i] ?? 0) - (second[j] ?? 0));
      score += a * b;
      pairsFirst += a * a;
      pairsSecond += b * b;
    }
  }
  return score / Math.sqrt(pairsFirst * pairsSecond);
}
