/**
 * What people are shown about the candidate / baseline ratio: a point estimate and an anytime-valid
 * interval.
 */
import { requireOpenUnit } from './domain.ts';
import { logSumExp } from './log-space.ts';
import { DEFAULT_GRID, DEFAULT_WEIGHTS } from './rate-ratio.ts';
import type { Bucket } from './rate-ratio.ts';

/** An interval of ratios; `upper` is Infinity while the baseline has lost nothing. */
export type RatioInterval = { readonly lower: number; readonly upper: number };

/** `alpha` is the chance that the interval ever excludes the true ratio. */
export type RatioIntervalOptions = {
  readonly alpha?: number;
  /** Alternatives as multiples above 1 of each tried ratio; their inverses serve the other side. */
  readonly grid?: readonly number[];
  readonly weights?: readonly number[];
};

/** 95 % at any time. */
export const DEFAULT_INTERVAL_ALPHA = 0.05;

const RATIO_TOLERANCE = 1e-9;
/** e^±600: beyond it a ratio is 0 or infinite for every purpose. */
const LOG_RATIO_MAX = 600;

/**
 * Mantel-Haenszel ratio [Σ S Nb/N]/[Σ B Nc/N], N = Nc + Nb: stratified by bucket, so neither a ramp
 * nor an incident in both arms biases it. NaN without any loss, Infinity when only the candidate
 * lost.
 */
export function mantelHaenszelRatio(buckets: readonly Bucket[]): number {
  let candidate = 0;
  let baseline = 0;
  for (const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } of buckets) {
    if (candidateUnits <= 0 || baselineUnits <= 0) continue;
    const units = candidateUnits + baselineUnits;
    candidate += (candidateLoss * baselineUnits) / units;
    baseline += (baselineLoss * candidateUnits) / units;
  }
  return candidate / baseline;
}

type Lane = { readonly multiple: number; readonly logWeight: number };

/**
 * log E of the cumulative process against ratio r0 = e^logRatio, with alternatives r0 x multiple.
 */
function logEvidence(buckets: readonly Bucket[], lanes: readonly Lane[], logRatio: number): number {
  const ratio0 = Math.exp(logRatio);
  const sums = lanes.map(({ multiple, logWeight }) => {
    const logMultiple = Math.log(multiple);
    let sum = logWeight;
    for (const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } of buckets) {
      // Nc r0 may overflow for absurd ratios; in units of it, the shift log((Nc r1 + Nb)/(Nc r0 +
      // Nb)) never does.
      const share = 1 / (1 + baselineUnits / (candidateUnits * ratio0));
      const shift = Math.log1p(share * (multiple - 1));
      sum += candidateLoss * logMultiple - (candidateLoss + baselineLoss) * shift;
    }
    return sum;
  });
  return logSumExp(sums);
}

/**
 * The log ratio, going from `start` in `direction`, at which `evidence` reaches `threshold`. The
 * evidence is monotone in the log ratio: steps that double bracket the crossing (first back to a
 * ratio that is not rejected, if `start` itself is), bisection closes in.
 */
function crossing(
  evidence: (logRatio: number) => number,
  threshold: number,
  walk: { readonly start: number; readonly direction: 1 | -1 },
): number {
  const { start, direction } = walk;
  let inside = start;
  for (let step = 1; evidence(inside) >= threshold; step *= 2) {
    if (Math.abs(inside) > LOG_RATIO_MAX) return inside;
    inside -= direction * step;
  }
  let outside = inside + direction;
  for (let step = 2; evidence(outside) < threshold; step *= 2) {
    if (Math.abs(outside) > LOG_RATIO_MAX) return direction * Infinity;
    inside = outside;
    outside += direction * step;
  }
  while (Math.abs(outside - inside) > RATIO_TOLERANCE) {
    const middle = (inside + outside) / 2;
    if (evidence(middle) < threshold) inside = middle;
    else outside = middle;
  }
  return outside;
}

/**
 * Confidence sequence of the ratio: all r0 that neither the process looking upwards from r0 nor the
 * one looking downwards rejects at α/2. Valid simultaneously at all times, by the validity of those
 * two processes. Without losses it is [0, Infinity].
 */
export function ratioInterval(
  buckets: readonly Bucket[],
  options: RatioIntervalOptions = {},
): RatioInterval {
  const { alpha = DEFAULT_INTERVAL_ALPHA, grid = DEFAULT_GRID } = options;
  requireOpenUnit(alpha, 'alpha');
  const weights =
    options.weights ?? (options.grid === undefined ? DEFAULT_WEIGHTS : grid.map(() => 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const lanes = grid.map((multiple, j) => ({
    multiple,
    logWeight: Math.log((weights[j] ?? 0) / total),
  }));
  const inverse = lanes.map(({ multiple, logWeight }) => ({ multiple: 1 / multiple, logWeight }));
  const used = buckets.filter(
    (b) => b.candidateUnits > 0 && b.baselineUnits > 0 && b.candidateLoss + b.baselineLoss > 0,
  );
  const threshold = Math.log(2 / alpha);
  const estimate = mantelHaenszelRatio(used);
  const start = Number.isFinite(estimate) && estimate > 0 ? Math.log(estimate) : 0;
  const up = (logRatio: number): number => logEvidence(used, lanes, logRatio);
  const down = (logRatio: number): number => logEvidence(used, inverse, logRatio);
  const lower = estimate > 0 ? Math.exp(crossing(up, threshold, { start, direction: -1 })) : 0;
  const upper =
    estimate < Infinity ? Math.exp(crossing(down, threshold, { start, direction: 1 })) : Infinity;
  return { lower, upper };
}
