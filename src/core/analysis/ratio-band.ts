import type { Bucket } from '../stats/rate-ratio.ts';
import type { RatioInterval } from './verdict.ts';

/**
 * An always-valid interval for candidate rate over baseline rate that costs the same per bucket
 * however long the rollout lasts: a fixed ladder of ratios, and for each of them two rate-ratio
 * processes (`stats/rate-ratio.ts`), one that looks for more and one for less. The ratios that
 * neither rejects at α/2 are the interval, rounded outwards to the ladder; it is the confidence
 * sequence of `stats/ratio-interval.ts` on a grid.
 */
export type RatioBand = {
  /** log of the product per (ladder step, multiple), looking for a higher ratio. */
  readonly up: Float64Array;
  /** The same, looking for a lower one. */
  readonly down: Float64Array;
};

/** Ladder of null ratios: 2^(1/4) apart, from 1/64 to 64. */
const STEPS_PER_DOUBLING = 4;
const DOUBLINGS = 6;
const LADDER: readonly number[] = Array.from(
  { length: 2 * DOUBLINGS * STEPS_PER_DOUBLING + 1 },
  (_, i) => 2 ** (i / STEPS_PER_DOUBLING - DOUBLINGS),
);
/** Alternatives as multiples of the null ratio, equally weighted; inverses look downwards. */
const MULTIPLES: readonly number[] = [1.5, 3, 10];
const INVERSES: readonly number[] = MULTIPLES.map((multiple) => 1 / multiple);
const LANES = MULTIPLES.length;

/** Before the first bucket: every ratio is possible. */
export const emptyBand = (): RatioBand => ({
  up: new Float64Array(LADDER.length * LANES),
  down: new Float64Array(LADDER.length * LANES),
});

/** Folds one bucket in; one without losses or with an empty arm says nothing. */
export function extendBand(band: RatioBand, bucket: Bucket): RatioBand {
  const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } = bucket;
  if (candidateUnits <= 0 || baselineUnits <= 0 || candidateLoss + baselineLoss === 0) return band;
  return {
    up: added(band.up, bucket, MULTIPLES),
    down: added(band.down, bucket, INVERSES),
  };
}

/** Interval of the ratio at 1 − `alpha`; null while nothing is excluded. */
export function bandInterval(band: RatioBand, alpha: number): RatioInterval | null {
  const needed = Math.log(2 / alpha);
  // A higher ratio is rejected from below less, and from above more.
  const tooLow = firstStep((step) => logMean(band.up, step) < needed);
  const tooHigh = firstStep((step) => logMean(band.down, step) >= needed);
  const low = LADDER[tooLow - 1] ?? 0;
  const high = LADDER[tooHigh] ?? null;
  return low === 0 && high === null ? null : [low, high];
}

/** The first step of the ladder from which on `holds` is true. */
function firstStep(holds: (step: number) => boolean): number {
  let from = 0;
  let to = LADDER.length;
  while (from < to) {
    const middle = Math.trunc((from + to) / 2);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

function added(sums: Float64Array, bucket: Bucket, multiples: readonly number[]): Float64Array {
  const { candidateLoss: s, candidateUnits: nc, baselineLoss: b, baselineUnits: nb } = bucket;
  const next = sums.slice();
  for (const [step, ratio] of LADDER.entries()) {
    const share = (nc * ratio) / (nc * ratio + nb);
    for (const [lane, multiple] of multiples.entries()) {
      const at = step * LANES + lane;
      const factor = s * Math.log(multiple) - (s + b) * Math.log1p(share * (multiple - 1));
      next[at] = (next[at] ?? 0) + factor;
    }
  }
  return next;
}

function logMean(sums: Float64Array, step: number): number {
  let high = -Infinity;
  for (let lane = 0; lane < LANES; lane += 1) high = Math.max(high, sums[step * LANES + lane] ?? 0);
  let sum = 0;
  for (let lane = 0; lane < LANES; lane += 1)
    sum += Math.exp((sums[step * LANES + lane] ?? 0) - high);
  return high + Math.log(sum / LANES);
}
