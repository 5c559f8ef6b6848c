import { logSumExp } from '../stats/log-space.ts';
import type { Bucket } from '../stats/rate-ratio.ts';
import type { RatioInterval } from './verdict.ts';

/**
 * An always-valid interval for candidate rate over baseline rate that costs the same per bucket
 * however long the rollout lasts: a fixed ladder of ratios, and for each of them two rate-ratio
 * processes (`stats/rate-ratio.ts`), one that looks for more and one for less. The ratios that
 * neither rejects at α/2 are the interval, rounded outwards to the ladder; it is the confidence
 * sequence of `stats/ratio-interval.ts` on a grid.
 *
 * With h(r) = Σ (S + B) ln(1 + r Nc/Nb) over the buckets, the process against r with the
 * alternative m r has the logarithm S ln m − (h(m r) − h(r)), S being all of the candidate's
 * losses. The alternatives are whole steps of the ladder away, so h is asked for on the ladder and
 * a little beyond it.
 *
 * h is not added up ratio by ratio: every bucket would cost a logarithm for each. Measured in steps
 * of the ladder, ln(Nc/Nb) is a whole number k and a rest δ of at most half a step, so that ln(1 +
 * r Nc/Nb) is a power series in δ around a whole step. What is kept is, for each k that occurred, Σ
 * (S + B) δ^j for the first powers j: a few numbers, and a few sums a bucket.
 */
export type RatioBand = {
  /** S. */
  readonly candidateLoss: number;
  /** In the order in which they occurred; none before the first loss. */
  readonly cells: readonly Cell[];
};

/** The buckets whose odds are nearest to the same step. */
type Cell = {
  /** k */
  readonly step: number;
  /** Σ (S + B) δ^j for j = 0, 1, … */
  readonly moments: readonly number[];
};

/** Ladder of null ratios: 2^(1/4) apart, from 1/64 to 64. */
const STEPS_PER_DOUBLING = 4;
const DOUBLINGS = 6;
const STEPS = 2 * DOUBLINGS * STEPS_PER_DOUBLING + 1;
/** Alternatives, equally weighted, as steps up or down: about 1.4, 2.8 and 9.5 times the ratio. */
const ALTERNATIVES: readonly number[] = [2, 6, 13];
const BEYOND = Math.max(...ALTERNATIVES);

/** |δ| is below 0.087 and the series converges up to π: what follows is below 3e-16 of a bucket. */
const TERMS = 10;
const STEP_LOG = Math.LN2 / STEPS_PER_DOUBLING;

const ratioAt = (step: number): number => 2 ** (step / STEPS_PER_DOUBLING - DOUBLINGS);

/** Before the first bucket: every ratio is possible. */
export const emptyBand: RatioBand = { candidateLoss: 0, cells: [] };

/** Folds one bucket in; one without losses or with an empty arm says nothing. */
export function extendBand({ candidateLoss, cells }: RatioBand, bucket: Bucket): RatioBand {
  const { candidateUnits, baselineUnits } = bucket;
  const losses = bucket.candidateLoss + bucket.baselineLoss;
  if (candidateUnits <= 0 || baselineUnits <= 0 || losses === 0) return { candidateLoss, cells };
  const odds = Math.log(candidateUnits / baselineUnits);
  const step = Math.round(odds / STEP_LOG);
  const at = cells.findIndex((cell) => cell.step === step);
  const moments = cells[at]?.moments.slice() ?? NO_MOMENTS.slice();
  const rest = odds - step * STEP_LOG;
  for (let j = 0, power = losses; j < TERMS; j += 1, power *= rest) {
    moments[j] = (moments[j] ?? 0) + power;
  }
  const next = cells.slice();
  next[at < 0 ? cells.length : at] = { step, moments };
  return { candidateLoss: candidateLoss + bucket.candidateLoss, cells: next };
}

const NO_MOMENTS: readonly number[] = Array.from({ length: TERMS }, () => 0);

/** Interval of the ratio at 1 − `alpha`; null while nothing is excluded. */
export function bandInterval(band: RatioBand, alpha: number): RatioInterval | null {
  if (band.cells.length === 0) return null;
  const needed = Math.log(2 / alpha);
  const shifts = shiftsOf(band);
  const against = (step: number, direction: 1 | -1): number =>
    logE({ candidateLoss: band.candidateLoss, shifts }, step, direction);
  // A higher ratio is rejected from below less, and from above more.
  const tooLow = firstStep((step) => against(step, 1) < needed);
  const tooHigh = firstStep((step) => against(step, -1) >= needed);
  const low = tooLow === 0 ? 0 : ratioAt(tooLow - 1);
  const high = tooHigh === STEPS ? null : ratioAt(tooHigh);
  return low === 0 && high === null ? null : [low, high];
}

/** The first step of the ladder from which on `holds` is true. */
function firstStep(holds: (step: number) => boolean): number {
  let from = 0;
  let to = STEPS;
  while (from < to) {
    const middle = Math.trunc((from + to) / 2);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Several checks show one band, and a band is a value: its h is worked out once. */
const shiftsKnown = new WeakMap<RatioBand, readonly number[]>();

/** h, step by step from `BEYOND` below the ladder to as much above it. */
function shiftsOf(band: RatioBand): readonly number[] {
  const found = shiftsKnown.get(band) ?? shiftsMade(band);
  shiftsKnown.set(band, found);
  return found;
}

function shiftsMade({ cells }: RatioBand): readonly number[] {
  return Array.from({ length: STEPS + 2 * BEYOND }, (_, i) => {
    const step = i - BEYOND - DOUBLINGS * STEPS_PER_DOUBLING;
    let shift = 0;
    for (const cell of cells) {
      const series = seriesAt(step + cell.step);
      for (let j = 0; j < TERMS; j += 1) shift += (series[j] ?? 0) * (cell.moments[j] ?? 0);
    }
    return shift;
  });
}

/** Of the steps that were asked for: no more than a double's range has. */
const known = new Map<number, readonly number[]>();

function seriesAt(step: number): readonly number[] {
  const found = known.get(step) ?? logisticSeries(step * STEP_LOG);
  known.set(step, found);
  return found;
}

/**
 * Coefficients c_j of ln(1 + e^(x + δ)) = Σ c_j δ^j. With p = e^x/(1 + e^x), the derivative of
 * ln(1 + p δ + p δ²/2! + …) gives n c_n = n p/n! − Σ_{0<m<n} m c_m p/(n−m)!.
 */
function logisticSeries(x: number): readonly number[] {
  const p = 1 / (1 + Math.exp(-x));
  const series = [Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))];
  const parts = [0];
  for (let n = 1, part = p; n < TERMS; n += 1, part /= n) {
    parts.push(part);
    let sum = n * part;
    for (let m = 1; m < n; m += 1) sum -= m * (series[m] ?? 0) * (parts[n - m] ?? 0);
    series.push(sum / n);
  }
  return series;
}

/** log E against the ratio of a step, looking for a higher one (1) or a lower one (-1). */
function logE(
  { candidateLoss, shifts }: { readonly candidateLoss: number; readonly shifts: readonly number[] },
  step: number,
  direction: 1 | -1,
): number {
  const at = (index: number): number => shifts[index + BEYOND] ?? 0;
  const lanes = ALTERNATIVES.map((steps) => {
    const logMultiple = direction * steps * STEP_LOG;
    return candidateLoss * logMultiple - (at(step + direction * steps) - at(step));
  });
  return logSumExp(lanes) - Math.log(lanes.length);
}
