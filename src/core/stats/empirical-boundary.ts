/**
 * Bands around the empirical distribution function that hold at all sample sizes at once: one as
 * wide for every value, and one that is narrower in the tails (Howard & Ramdas, "Sequential
 * estimation of quantiles with applications to A/B testing and best-arm identification", arXiv
 * 1906.09712: theorem 2, and the doubly stitched bound after it).
 */
import { requireOpenUnit, requirePositive, requireThat } from './domain.ts';
import { monotoneRoot } from './quadrature.ts';
import {
  STITCH_EXPONENT,
  STITCH_RATIO,
  stitchFactors,
  ZETA_OF_EXPONENT,
} from './uniform-boundary.ts';

/** Level, the first sample size that counts, and the factor A of the iterated logarithm. */
export type DistributionBand = {
  readonly alpha: number;
  readonly unitsMin: number;
  readonly factor: number;
};

/** The factor the paper recommends; anything above 1/√2 is possible. */
export const DEFAULT_BAND_FACTOR = 0.85;

/** Bisections of the search for the best ratio of epochs; 0.618^60 is below every double. */
const GOLDEN_STEPS = 60;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Constants C that are of use for levels from 1e-300 to almost 1. */
const CONSTANT_RANGE = { low: Math.log(0.5), high: Math.log(1e4) };

/** log of the paper's bound on the chance of ever leaving the band, epochs growing by `ratio`. */
function logErrorAt(ratio: number, constant: number, factor: number): number {
  const reach = factor - Math.sqrt((2 * (ratio - 1)) / constant);
  const squared = reach > 0 ? (2 / ratio) * reach ** 2 : 0;
  if (squared <= 1) return Infinity;
  return Math.log(4) - squared * constant + Math.log1p(1 / ((squared - 1) * Math.log(ratio)));
}

/** The least such bound over all ratios between 1 and 2A², by golden section. */
function logErrorOf(constant: number, factor: number): number {
  let [low, high] = [1, ratioMost(constant, factor)];
  for (let step = 0; step < GOLDEN_STEPS; step += 1) {
    const left = high - GOLDEN * (high - low);
    const right = low + GOLDEN * (high - low);
    if (logErrorAt(left, constant, factor) <= logErrorAt(right, constant, factor)) high = right;
    else low = left;
  }
  return logErrorAt((low + high) / 2, constant, factor);
}

/** Beyond this ratio the bound says nothing: there √(η/2) + √(2(η - 1)/C) is A. */
function ratioMost(constant: number, factor: number): number {
  const excess = (ratio: number): number =>
    Math.sqrt(ratio / 2) + Math.sqrt((2 * (ratio - 1)) / constant) - factor;
  return monotoneRoot(excess, { low: 1, high: 2 * factor * factor }, 1e-14);
}

/**
 * Half-width of the uniform band: with probability 1 - α the empirical and the true distribution
 * function are never further apart, at any value and any t ≥ `unitsMin`. A √((ln(1 + ln(t/m)) +
 * C)/t), C so that the paper's bound is α; infinite before `unitsMin`.
 */
export function distributionBand(units: number, band: DistributionBand): number {
  const { alpha, unitsMin, factor } = band;
  requireOpenUnit(alpha, 'alpha');
  requireThat(unitsMin >= 1, 'unitsMin must be at least 1');
  requireThat(factor > Math.SQRT1_2, 'factor must be above 1/√2');
  if (units < unitsMin) return Infinity;
  const goal = Math.log(alpha);
  const over = (u: number): number => {
    const logError = logErrorOf(Math.exp(u), factor);
    return (logError === Infinity ? Number.MAX_VALUE : logError) - goal;
  };
  const constant = Math.exp(monotoneRoot(over, CONSTANT_RANGE));
  return factor * Math.sqrt((Math.log1p(Math.log(units / unitsMin)) + constant) / units);
}

/** Level, the sample size at which it is tight, and how far apart the stitched quantiles lie. */
export type QuantileBand = {
  readonly alpha: number;
  readonly tunedFor: number;
  readonly spacing: number;
};

/** The spacing of the paper's examples. */
export const DEFAULT_QUANTILE_SPACING = 0.5;

const logit = (p: number): number => Math.log(p) - Math.log1p(-p);

/** The quantile whose variance bounds those around p: up to one spacing nearer to the middle. */
function widest(p: number, epochs: number, spacing: number): number {
  if (p >= 0.5) return p;
  const moved = logit(p) + 2 * spacing * Math.sqrt(STITCH_RATIO / epochs);
  return Math.min(0.5, 1 / (1 + Math.exp(-moved)));
}

/**
 * By how many units the count below the p-quantile exceeds p t at most, for all p and all t at
 * once, with probability 1 - α. Stitched over time and over quantiles, and so of order √(p(1 - p) t
 * log log t).
 */
export function quantileBand(p: number, units: number, band: QuantileBand): number {
  const { alpha, tunedFor, spacing } = band;
  requireOpenUnit(p, 'p');
  requireOpenUnit(alpha, 'alpha');
  requireThat(tunedFor >= 1, 'tunedFor must be at least 1');
  requirePositive(spacing, 'spacing');
  const at = Math.max(units, tunedFor);
  const epochs = at / tunedFor;
  const r = widest(p, epochs, spacing);
  const variance = r * (1 - r);
  const place = (Math.sqrt(epochs) * Math.abs(logit(p))) / (2 * spacing) + 1;
  const zeta = ZETA_OF_EXPONENT;
  const log =
    STITCH_EXPONENT * (Math.log(Math.log(STITCH_RATIO * epochs)) + Math.log(place)) +
    Math.log((2 * zeta * (2 * zeta + 1)) / (alpha * Math.log(STITCH_RATIO) ** STITCH_EXPONENT));
  const { root, line } = stitchFactors;
  const linear = (line * (1 - 2 * p) * log) / 3;
  const gap = spacing * Math.sqrt(STITCH_RATIO * epochs * variance);
  return gap + Math.sqrt(root * root * variance * at * log + linear * linear) + linear;
}
