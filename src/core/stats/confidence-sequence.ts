/**
 * Asymptotic confidence sequences for means: intervals that hold at all sample sizes at once, for
 * any metric with finite variance, once n is large enough for the variance estimate to be stable
 * (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, arXiv 2103.06476). For bounded or count data
 * prefer the exact processes.
 */
import { requireOpenUnit, requirePositive } from './domain.ts';
import type { Interval } from './proportion.ts';

/** Sample size at which the sequence is tightest, unless told. */
export const DEFAULT_TUNED_FOR = 5000;

/**
 * An estimate from n units: mean (or difference) and the standard deviation of one unit's
 * contribution.
 */
export type Estimate = { readonly value: number; readonly sd: number; readonly n: number };

/** Level and tuning. */
export type SequenceOptions = { readonly alpha: number; readonly tunedFor?: number };

/** ρ that makes the sequence tightest at n = tunedFor: √((-2 ln α + ln(-2 ln α + 1))/n). */
export function sequenceScale(alpha: number, tunedFor: number): number {
  requireOpenUnit(alpha, 'alpha');
  requirePositive(tunedFor, 'tunedFor');
  const log = -2 * Math.log(alpha);
  return Math.sqrt((log + Math.log(log + 1)) / tunedFor);
}

/** Two-sided half-width σ √(2(nρ² + 1)/(nρ)² · ln(√(nρ² + 1)/α)). */
export function sequenceHalfWidth(estimate: Estimate, options: SequenceOptions): number {
  const { sd, n } = estimate;
  const rho = sequenceScale(options.alpha, options.tunedFor ?? DEFAULT_TUNED_FOR);
  const grown = n * rho * rho + 1;
  return (
    sd * Math.sqrt(((2 * grown) / (n * rho) ** 2) * Math.log(Math.sqrt(grown) / options.alpha))
  );
}

/** One-sided half-width; ρ is tuned at 2α and the logarithm is ln(1 + √(nρ² + 1)/(2α)). */
export function sequenceOneSidedWidth(estimate: Estimate, options: SequenceOptions): number {
  const { sd, n } = estimate;
  const rho = sequenceScale(2 * options.alpha, options.tunedFor ?? DEFAULT_TUNED_FOR);
  const grown = n * rho * rho + 1;
  const log = Math.log1p(Math.sqrt(grown) / (2 * options.alpha));
  return sd * Math.sqrt(((2 * grown) / (n * rho) ** 2) * log);
}

/** Two-sided sequence: holds at all n at once with probability 1 - α. */
export function confidenceSequence(estimate: Estimate, options: SequenceOptions): Interval {
  if (estimate.n <= 0) return { lower: -Infinity, upper: Infinity };
  const half = sequenceHalfWidth(estimate, options);
  return { lower: estimate.value - half, upper: estimate.value + half };
}

/** Lower bound only, at level 1 - α for all n at once. */
export function confidenceSequenceLower(estimate: Estimate, options: SequenceOptions): number {
  if (estimate.n <= 0) return -Infinity;
  return estimate.value - sequenceOneSidedWidth(estimate, options);
}

/**
 * Evidence that the value is above 0: log 1/α of the smallest α whose lower bound, with the scale
 * tuned for `options.alpha`, still excludes 0; 0 when none does. Inverse of
 * `sequenceOneSidedWidth`. Without variance nothing is known of it, and nothing is shown.
 */
export function sequenceLogE(estimate: Estimate, options: SequenceOptions): number {
  const { value, sd, n } = estimate;
  if (n <= 0 || sd <= 0 || value <= 0) return 0;
  const rho = sequenceScale(2 * options.alpha, options.tunedFor ?? DEFAULT_TUNED_FOR);
  const grown = n * rho * rho + 1;
  const exponent = ((n * rho * value) / sd) ** 2 / (2 * grown);
  // log(2 (e^x - 1)/√grown), also where e^x is beyond every number.
  const logExpm1 = exponent + Math.log(-Math.expm1(-exponent));
  return Math.max(0, Math.LN2 + logExpm1 - 0.5 * Math.log(grown));
}

/**
 * Anytime p-value of "value = 0": the α at which the two-sided sequence with fixed scale ρ (tuned
 * for `options.alpha`) just touches 0, that is 1 over the normal-mixture likelihood ratio.
 */
export function sequencePValue(estimate: Estimate, options: SequenceOptions): number {
  const { value, sd, n } = estimate;
  if (n <= 0 || sd <= 0) return 1;
  const rho = sequenceScale(options.alpha, options.tunedFor ?? DEFAULT_TUNED_FOR);
  const grown = n * rho * rho + 1;
  const exponent = ((n * rho * value) / sd) ** 2 / (2 * grown);
  return Math.min(1, Math.exp(0.5 * Math.log(grown) - exponent));
}

/**
 * log of the mixture sequential probability ratio Λ_n for normal data with known σ and a N(0, τ²)
 * mixture over the mean (Johari, Pekelis & Walsh 2015): ½ ln(σ²/(σ² + nτ²)) + n²τ²ȳ²/(2σ²(σ² +
 * nτ²)).
 */
export function logMixtureRatio(estimate: Estimate, tau2: number): number {
  const { value, sd, n } = estimate;
  const variance = sd * sd;
  const total = variance + n * tau2;
  return 0.5 * Math.log(variance / total) + (n * n * tau2 * value * value) / (2 * variance * total);
}
