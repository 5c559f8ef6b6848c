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
 * losses. The alternatives are whole steps of the ladder away, so h on the ladder and a little
 * beyond it is all that is kept.
 */
export type RatioBand = {
  /** S. */
  readonly candidateLoss: number;
  /** h, step by step; empty before the first loss. */
  readonly shifts: readonly number[];
};

/** Ladder of null ratios: 2^(1/4) apart, from 1/64 to 64. */
const STEPS_PER_DOUBLING = 4;
const DOUBLINGS = 6;
const STEPS = 2 * DOUBLINGS * STEPS_PER_DOUBLING + 1;
/** Alternatives, equally weighted, as steps up or down: about 1.4, 2.8 and 9.5 times the ratio. */
const ALTERNATIVES: readonly number[] = [2, 6, 13];
const BEYOND = Math.max(...ALTERNATIVES);

const ratioAt = (step: number): number => 2 ** (step / STEPS_PER_DOUBLING - DOUBLINGS);
const RATIOS: readonly number[] = Array.from({ length: STEPS + 2 * BEYOND }, (_, i) =>
  ratioAt(i - BEYOND),
);

/** Before the first bucket: every ratio is possible. */
export const emptyBand: RatioBand = { candidateLoss: 0, shifts: [] };

/** Folds one bucket in; one without losses or with an empty arm says nothing. */
export function extendBand(band: RatioBand, bucket: Bucket): RatioBand {
  const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } = bucket;
  const losses = candidateLoss + baselineLoss;
  if (candidateUnits <= 0 || baselineUnits <= 0 || losses === 0) return band;
  const odds = candidateUnits / baselineUnits;
  const before = band.shifts;
  const shifts = RATIOS.slice();
  for (let i = 0; i < shifts.length; i += 1) {
    shifts[i] = (before[i] ?? 0) + losses * Math.log1p(odds * (RATIOS[i] ?? 0));
  }
  return { candidateLoss: band.candidateLoss + candidateLoss, shifts };
}

/** Interval of the ratio at 1 − `alpha`; null while nothing is excluded. */
export function bandInterval(band: RatioBand, alpha: number): RatioInterval | null {
  if (band.shifts.length === 0) return null;
  const needed = Math.log(2 / alpha);
  // A higher ratio is rejected from below less, and from above more.
  const tooLow = firstStep((step) => logE(band, step, 1) < needed);
  const tooHigh = firstStep((step) => logE(band, step, -1) >= needed);
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

/** log E against the ratio of a step, looking for a higher one (1) or a lower one (-1). */
function logE({ candidateLoss, shifts }: RatioBand, step: number, direction: 1 | -1): number {
  const at = (index: number): number => shifts[index + BEYOND] ?? 0;
  const lanes = ALTERNATIVES.map((steps) => {
    const other = step + direction * steps;
    const logMultiple = ((other - step) / STEPS_PER_DOUBLING) * Math.LN2;
    return candidateLoss * logMultiple - (at(other) - at(step));
  });
  return logSumExp(lanes) - Math.log(lanes.length);
}
