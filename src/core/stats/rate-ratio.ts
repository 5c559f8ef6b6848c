/**
 * The rate-ratio e-process: is the candidate's loss rate more than `ratio0` times the baseline's?
 *
 * Data come in closed time buckets. In each, the candidate served Nc units with total loss S and
 * the baseline, over the same seconds, Nb units with total loss B; the loss of a unit lies in [0,
 * 1]. With θ(r) = Nc r / (Nc r + Nb), the factor of a bucket for the alternative r1 against the
 * null ratio r0 is
 *
 *     e = [θ(r1)/θ(r0)]^S [(1-θ(r1))/(1-θ(r0))]^B .
 *
 * Why it is valid (Poisson form). Let A = θ(r1)/θ(r0), D = (1-θ(r1))/(1-θ(r0)). For independent
 * losses in [0, 1] with mean μ, convexity gives E[A^x] <= 1 + μ(A-1) <= exp(μ(A-1)). Hence, given
 * the past and the units, E[e] <= exp(Nc pc (A-1) + Nb pb (D-1)). When r1 > r0 (so A > 1) and pc <=
 * r0 pb, that is at most exp(pb (Nc r0 + Nb) [θ0 (A-1) + (1-θ0)(D-1)]) = e^0 = 1; when r1 < r0 the
 * same holds for pc >= r0 pb. Nothing is assumed of pb: it may change in every bucket (a shared
 * incident cancels), and the units may follow any ramp chosen from the past.
 *
 * What must hold is independence of the losses of different units inside a bucket. Count units, not
 * requests: correlated requests of one unit must first be averaged into that unit's loss.
 *
 * Sources: Lindon & Malek, "Anytime-valid inference for multinomial count data", arXiv 2011.03567;
 * Turner & Grünwald, "Exact anytime-valid confidence intervals for contingency tables", arXiv
 * 2302.11401.
 */
import { requirePositive, requireThat } from './domain.ts';
import {
  mixtureCumulative,
  mixtureE,
  mixtureEvidence,
  mixtureFold,
  mixtureReaches,
  mixtureStart,
  mixtureStep,
} from './mixture-process.ts';
import type { Evidence, Folded, MixtureState, Writable } from './mixture-process.ts';

/**
 * One closed time bucket of both arms. Losses are sums of per-unit losses in [0, 1], so never above
 * the units.
 */
export type Bucket = {
  /** S */
  readonly candidateLoss: number;
  /** Nc */
  readonly candidateUnits: number;
  /** B */
  readonly baselineLoss: number;
  /** Nb */
  readonly baselineUnits: number;
};

/**
 * `poisson`: exact for rare events, any ratio0. `bernoulli`: sharper from a base rate of 5 % up,
 * ratio0 = 1 only.
 */
export type RateRatioForm = 'poisson' | 'bernoulli';

/** Every field has a default, exported beside this type. */
export type RateRatioOptions = {
  /** r0: the largest tolerated candidate / baseline ratio. */
  readonly ratio0?: number;
  /** Alternatives as multiples of ratio0. Above 1 they look for harm, below 1 for safety. */
  readonly grid?: readonly number[];
  /** Prior weights of the grid, any positive scale. */
  readonly weights?: readonly number[];
  /** Planned number of buckets; see `mixture-process.ts` for what happens beyond it. */
  readonly horizonBuckets?: number;
  readonly form?: RateRatioForm;
};

/** Nothing above the baseline's own rate is tolerated by default. */
export const DEFAULT_RATIO0 = 1;
/** Alternatives from a quarter more harm to thirty times. */
export const DEFAULT_GRID: readonly number[] = [1.25, 1.5, 2, 3, 5, 10, 30];
/** Weights of DEFAULT_GRID: most on doubling and trebling. */
export const DEFAULT_WEIGHTS: readonly number[] = [0.1, 0.15, 0.25, 0.2, 0.15, 0.1, 0.05];
/** One hour of 10-second buckets. */
export const DEFAULT_HORIZON_BUCKETS = 360;
/** Chance, over a whole healthy rollout, of evidence against it. */
export const DEFAULT_ALPHA_ROLLBACK = 0.01;

/** Shrinkage of the pooled plug-in rate of the Bernoulli form: (losses + 1) / (units + 100). */
const PLUG_IN_LOSS = 1;
const PLUG_IN_UNITS = 100;
/** Cap of a plug-in rate: at 1 a single success would make the factor 0 for ever. */
const RATE_MAX = 0.999;

/** Constant-size state; fold buckets in time order with `rateRatioStep`. */
export type RateRatioState = {
  readonly ratio0: number;
  readonly form: RateRatioForm;
  readonly mixture: MixtureState;
  /** log(r1/r0), lane by lane. */
  readonly logRatios: readonly number[];
  /** Losses and units of both arms in earlier buckets: the Bernoulli form's plug-in rate. */
  readonly pooledLoss: number;
  readonly pooledUnits: number;
};

/**
 * What makes a bucket unusable, or undefined when it is sound. For the edge; the steps below trust
 * their input.
 */
export function bucketProblem(bucket: Bucket): string | undefined {
  const pairs = [
    ['candidate', bucket.candidateLoss, bucket.candidateUnits],
    ['baseline', bucket.baselineLoss, bucket.baselineUnits],
  ] as const;
  for (const [arm, loss, units] of pairs) {
    if (!(units >= 0 && units < Infinity)) return `${arm} units must be finite and not negative`;
    if (!(loss >= 0 && loss <= units)) return `${arm} loss must lie between 0 and its units`;
  }
  return undefined;
}

/**
 * log of the Poisson-form factor of one bucket; 0 when either arm is empty or nobody lost anything.
 */
export const poissonLogFactor = (bucket: Bucket, ratio0: number, ratio1: number): number =>
  poissonLogFactors(ratio0, ratio1)(bucket);

/** The same for many buckets. */
export function poissonLogFactors(ratio0: number, ratio1: number): (bucket: Bucket) => number {
  const logRatio = Math.log(ratio1 / ratio0);
  return ({ candidateLoss: s, candidateUnits: nc, baselineLoss: b, baselineUnits: nb }) => {
    if (nc <= 0 || nb <= 0 || s + b === 0) return 0;
    // log(θ1/θ0) = log(r1/r0) - L and log((1-θ1)/(1-θ0)) = -L, with L = log((Nc r1 + Nb)/(Nc r0 +
    // Nb)).
    const shift = Math.log1p((nc * (ratio1 - ratio0)) / (nc * ratio0 + nb));
    return s * logRatio - (s + b) * shift;
  };
}

/**
 * log of the Bernoulli-form factor of one bucket against equal rates, plug-in rate `q` in (0, 1)
 * from earlier buckets (the block e-variable of Turner, Ly & Grünwald, arXiv 2106.02693). 0 when
 * either arm is empty. With the rates θa > θ̄ > θb its mean under pc <= pb is at most 1 by the
 * inequality of arithmetic and geometric means, and for losses strictly between 0 and 1 by
 * convexity on top.
 */
export function bernoulliLogFactor(bucket: Bucket, q: number, ratio: number): number {
  const { candidateLoss: s, candidateUnits: nc, baselineLoss: b, baselineUnits: nb } = bucket;
  if (nc <= 0 || nb <= 0) return 0;
  const share = nc / (nc + nb);
  const rateB = Math.min(q / (1 + share * (ratio - 1)), RATE_MAX);
  const rateA = Math.min(ratio * rateB, RATE_MAX);
  const mean = share * rateA + (1 - share) * rateB;
  const hits = s * Math.log(rateA / mean) + b * Math.log(rateB / mean);
  const missOfMean = Math.log1p(-mean);
  const missesA = (nc - s) * (Math.log1p(-rateA) - missOfMean);
  const missesB = (nb - b) * (Math.log1p(-rateB) - missOfMean);
  return hits + missesA + missesB;
}

/** A process before its first bucket: E = 1. Throws RangeError on options that have no meaning. */
export function rateRatioStart(options: RateRatioOptions = {}): RateRatioState {
  const { ratio0 = DEFAULT_RATIO0, form = 'poisson', grid = DEFAULT_GRID } = options;
  const weights =
    options.weights ?? (options.grid === undefined ? DEFAULT_WEIGHTS : grid.map(() => 1));
  requirePositive(ratio0, 'ratio0');
  for (const multiple of grid) requirePositive(multiple, 'grid value');
  requireThat(
    grid.every((multiple) => multiple >= 1) || grid.every((multiple) => multiple <= 1),
    'grid values must lie all above 1 or all below 1: one process tests one direction',
  );
  requireThat(
    form === 'poisson' || ratio0 === 1,
    'the bernoulli form is defined for ratio0 = 1 only',
  );
  const alternatives = grid.map((multiple) => multiple * ratio0);
  const { horizonBuckets = DEFAULT_HORIZON_BUCKETS } = options;
  const mixture = mixtureStart({ alternatives, weights, horizonBuckets });
  const logRatios = alternatives.map((ratio) => Math.log(ratio / ratio0));
  return { ratio0, form, mixture, logRatios, pooledLoss: 0, pooledUnits: 0 };
}

/**
 * Folds one bucket in. A bucket with an empty arm has factor exactly 1 (it still uses up one bucket
 * of the horizon).
 */
export function rateRatioStep(state: RateRatioState, bucket: Bucket): RateRatioState {
  const factors = state.logRatios.slice();
  const isTelling = writeFactors({ state, shifts: noShifts() }, bucket, factors);
  const next: Writable<RateRatioState> = { ...state };
  next.mixture = mixtureStep(state.mixture, isTelling ? factors : null);
  pool(next, bucket);
  return next;
}

/** Folds many buckets in and says E after each: the same states, at less cost. */
export function rateRatioFold(
  state: RateRatioState,
  buckets: readonly Bucket[],
): Folded<RateRatioState> {
  const now: Writable<RateRatioState> = { ...state };
  const reading = { state: now, shifts: noShifts() };
  const { state: mixture, es } = mixtureFold(state.mixture, buckets.length, (at, factors) => {
    const bucket = buckets[at];
    if (bucket === undefined) return false;
    const isTelling = writeFactors(reading, bucket, factors);
    pool(now, bucket);
    return isTelling;
  });
  now.mixture = mixture;
  return { state: now, es };
}

function pool(state: Writable<RateRatioState>, bucket: Bucket): void {
  state.pooledLoss += bucket.candidateLoss + bucket.baselineLoss;
  state.pooledUnits += bucket.candidateUnits + bucket.baselineUnits;
}

/** L of `poissonLogFactor` in a bucket of so many units, lane by lane. */
type Shifts = { candidateUnits: number; baselineUnits: number; readonly values: number[] };

const noShifts = (): Shifts => ({ candidateUnits: 0, baselineUnits: 0, values: [] });

/** Where arms count no more units than are independent, one bucket has as many as the next. */
function shiftsAt(shifts: Shifts, { ratio0, mixture }: RateRatioState, bucket: Bucket): Shifts {
  const { candidateUnits: nc, baselineUnits: nb } = bucket;
  if (shifts.candidateUnits === nc && shifts.baselineUnits === nb) return shifts;
  const base = nc * ratio0 + nb;
  shifts.candidateUnits = nc;
  shifts.baselineUnits = nb;
  const { alternatives } = mixture;
  for (let j = 0; j < alternatives.length; j += 1) {
    shifts.values[j] = Math.log1p((nc * ((alternatives[j] ?? 0) - ratio0)) / base);
  }
  return shifts;
}

/** What a bucket is read with. */
type Reading = { readonly state: RateRatioState; readonly shifts: Shifts };

/** log of the bucket's factor, lane by lane; false when it is 1 in all of them. */
function writeFactors({ state, shifts }: Reading, bucket: Bucket, factors: number[]): boolean {
  const { form, mixture, logRatios, pooledLoss, pooledUnits } = state;
  const { candidateLoss: s, candidateUnits: nc, baselineLoss: b, baselineUnits: nb } = bucket;
  if (nc <= 0 || nb <= 0) return false;
  const { alternatives } = mixture;
  if (form === 'bernoulli') {
    const q = (pooledLoss + PLUG_IN_LOSS) / (pooledUnits + PLUG_IN_UNITS);
    for (let j = 0; j < factors.length; j += 1) {
      factors[j] = bernoulliLogFactor(bucket, q, alternatives[j] ?? 0);
    }
    return true;
  }
  if (s + b === 0) return false;
  // `poissonLogFactor` with what lanes and buckets have in common worked out once.
  const { values } = shiftsAt(shifts, state, bucket);
  for (let j = 0; j < factors.length; j += 1) {
    factors[j] = s * (logRatios[j] ?? 0) - (s + b) * (values[j] ?? 0);
  }
  return true;
}

/**
 * Evidence so far against "candidate rate <= ratio0 x baseline rate" (or >=, for a grid below 1).
 */
export function rateRatioEvidence(state: RateRatioState): Evidence {
  return mixtureEvidence(state.mixture);
}

/** E itself; Infinity beyond a double. */
export function rateRatioE(state: RateRatioState): number {
  return mixtureE(state.mixture);
}

/** `logECumulative` of the evidence alone. */
export function rateRatioCumulative(state: RateRatioState): number {
  return mixtureCumulative(state.mixture);
}

/**
 * Whether combined evidence is at least 1/α: what the fuse asks at every bucket, at the least cost.
 */
export function rateRatioRejects(state: RateRatioState, alpha: number): boolean {
  return mixtureReaches(state.mixture, -Math.log(alpha));
}

/** Evidence of a whole bucket table, in time order. */
export function rateRatio(buckets: readonly Bucket[], options: RateRatioOptions = {}): Evidence {
  return rateRatioEvidence(buckets.reduce(rateRatioStep, rateRatioStart(options)));
}

/**
 * Evidence after each bucket. The largest logE is what may be compared with log(1/α): rejection is
 * never taken back.
 */
export function rateRatioPath(
  buckets: readonly Bucket[],
  options: RateRatioOptions = {},
): readonly Evidence[] {
  let state = rateRatioStart(options);
  return buckets.map((bucket) => {
    state = rateRatioStep(state, bucket);
    return rateRatioEvidence(state);
  });
}
