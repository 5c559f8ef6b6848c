/** Combining and reading e-values, always as natural logarithms. */
import { requireNonNegative, requireThat } from './domain.ts';

/**
 * Weighted mean of e-values given as logarithms: log Σ v_i E_i with Σ v_i = 1 (equal weights by
 * default). Valid under any dependence, so it combines guardrails without a Bonferroni correction.
 */
export function logMeanE(logEs: readonly number[], weights?: readonly number[]): number {
  requireThat(logEs.length > 0, 'no e-values to combine');
  return weights === undefined ? logPlainMean(logEs) : logWeightedMean(logEs, weights);
}

function logPlainMean(logEs: readonly number[]): number {
  let high = -Infinity;
  for (const logE of logEs) high = Math.max(high, logE);
  if (!Number.isFinite(high)) return high;
  let sum = 0;
  for (const logE of logEs) sum += Math.exp(logE - high);
  return high + Math.log(sum / logEs.length);
}

function logWeightedMean(logEs: readonly number[], shares: readonly number[]): number {
  requireThat(shares.length === logEs.length, 'one weight per e-value');
  for (const share of shares) requireNonNegative(share, 'weight');
  const high = Math.max(...logEs.filter((_, i) => (shares[i] ?? 0) > 0));
  if (!Number.isFinite(high)) return high;
  const total = shares.reduce((sum, share) => sum + share, 0);
  const sum = logEs.reduce((acc, logE, i) => acc + (shares[i] ?? 0) * Math.exp(logE - high), 0);
  return high + Math.log(sum / total);
}

/**
 * log of a product of e-values: valid when each was started with the others known (independent or
 * in turn).
 */
export function logProductE(logEs: readonly number[]): number {
  return logEs.reduce((sum, logE) => sum + logE, 0);
}

/** Anytime-valid p-value min(1, 1/E). */
export function pValueOfE(logE: number): number {
  return Math.min(1, Math.exp(-logE));
}

/** Exponent of the calibrator below: a compromise between p near 0.05 and very small p. */
const CALIBRATOR_EXPONENT = 0.5;

/**
 * log e-value worth of a p-value by the calibrator κ p^(κ-1), κ = ½ (Vovk & Wang 2021): for one
 * fixed look.
 */
export function logEOfPValue(p: number): number {
  return Math.log(CALIBRATOR_EXPONENT) + (CALIBRATOR_EXPONENT - 1) * Math.log(p);
}
