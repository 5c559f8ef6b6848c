import { binomialTails, studentSf } from '../../src/core/stats/distributions.ts';
import { momentsOf, sampleOf } from '../../src/core/stats/mean-test.ts';
import type { Pair } from './families.ts';
import { meanVariance, wanderingOf } from './wandering.ts';
import type { Wandering } from './wandering.ts';

/**
 * A judge of metrics that come as one value a minute. The product judges requests, which say more;
 * this is for figures that somebody else has already averaged. It asks five questions, each with
 * its own chance of error, of what the arms differ in minute by minute:
 *
 *  1. `mean`: is the whole window worse by more than what is tolerated? (Not when it has healed.)
 *  2. `late`: is the end of the window?
 *  3. `spread`: do values jump about more than twice as much?
 *  4. `spikes`: do more than 1 % of the values stand far above their neighbours?
 *  5. `joint`: are all metrics together worse?
 *
 * Standard errors are those of a series that wanders as the control does (see `wandering.ts`):
 * values that follow each other are no independent pieces of evidence.
 */
export type SeriesVerdict = {
  readonly outcome: 'pass' | 'fail' | 'unsure';
  /** What speaks against the experiment; null: nothing. */
  readonly by: 'mean' | 'late' | 'spread' | 'spikes' | 'joint' | null;
};

/** Chance of a false alarm of one question; five of them are 2 %. */
export const QUESTION_ALPHA = 0.004;
/** A metric may be worse by this part of its level: two deployments of one version are. */
export const TOLERANCE = 0.015;
/** Fewer values say nothing. */
export const POINTS_MIN = 10;

const LATE_PART = 1 / 6;
const HEALED_PART = 1 / 3;
const SPREAD_TOLERATED = 2;
const SPIKE_RATE = 0.01;
const SPIKE_SCALES = 5;
const SPIKE_LEVELS = 0.25;
const SPIKES_MORE = 3;
const NEIGHBOURS = 3;
/** Of a normal distribution, the standard deviation over the median absolute deviation. */
const MAD_SCALE = 1.4826;

/** Judges all metrics of one canary. */
export function judgeSeries(pairs: readonly Pair[]): SeriesVerdict {
  const metrics = pairs.map(metricOf);
  if (metrics.some(isSilent)) return { outcome: 'unsure', by: null };
  const alpha = QUESTION_ALPHA / metrics.length;
  const fail = (by: SeriesVerdict['by']): SeriesVerdict => ({ outcome: 'fail', by });
  for (const metric of metrics) {
    if (lateP(metric) <= alpha) return fail('late');
    if (meanP(metric, TOLERANCE) <= alpha && !isHealed(metric)) return fail('mean');
    if (spreadP(metric) <= alpha) return fail('spread');
    if (spikesP(metric) <= alpha) return fail('spikes');
  }
  if (metrics.length > 1 && jointP(metrics) <= QUESTION_ALPHA) return fail('joint');
  return { outcome: 'pass', by: null };
}

type Metric = Pair & {
  readonly n: number;
  /** The control's median: what parts are parts of. */
  readonly level: number;
  readonly excess: readonly number[];
  readonly wandering: Wandering;
};

function metricOf({ control, experiment }: Pair): Metric {
  const n = Math.min(control.length, experiment.length);
  const excess = Array.from({ length: n }, (_, i) => (experiment[i] ?? 0) - (control[i] ?? 0));
  const level = Math.abs(medianOf(control));
  return { control, experiment, n, level, excess, wandering: wanderingOf(control) };
}

/**
 * Too few values; or mostly zeros, of which nothing can be a part: these are rare events, and are
 * better counted.
 */
const isSilent = ({ n, level }: Metric): boolean => n < POINTS_MIN || level === 0;

/** Mean excess of the last `count` minutes, with its standard error and degrees of freedom. */
function excessOf({ excess, wandering }: Metric, count: number) {
  const last = excess.slice(-count);
  const mean = last.reduce((sum, x) => sum + x, 0) / count;
  const se = Math.sqrt(2 * meanVariance(wandering, count));
  return { mean, se, df: wandering.df };
}

function exceeds(metric: Metric, count: number, tolerance: number): number {
  const { mean, se, df } = excessOf(metric, count);
  const gap = mean - tolerance * metric.level;
  return se > 0 ? studentSf(gap / se, df) : gap > 0 ? 0 : 1;
}

const meanP = (metric: Metric, tolerance: number): number => exceeds(metric, metric.n, tolerance);

const lateP = (metric: Metric): number =>
  exceeds(metric, Math.max(2, Math.round(metric.n * LATE_PART)), TOLERANCE);

/** The last third is shown to be better than half of what the whole window is worse by. */
function isHealed(metric: Metric): boolean {
  const { mean, se, df } = excessOf(metric, Math.round(metric.n * HEALED_PART));
  const half = excessOf(metric, metric.n).mean / 2;
  return se > 0 ? studentSf((half - mean) / se, df) <= QUESTION_ALPHA : mean < half;
}

/** Jumps from minute to minute: a series that merely wanders slowly has small ones. */
function spreadP({ control, experiment }: Metric): number {
  const jumps = (values: readonly number[]): readonly number[] =>
    values.slice(1).map((value, i) => Math.abs(value - (values[i] ?? 0)));
  const [a, b] = [experiment, control].map((values) => sampleOf(momentsOf(jumps(values))));
  if (a === undefined || b === undefined || b.mean === 0) return 1;
  // Neighbouring jumps share a value: half of them count.
  const relative = ({ mean, variance, n }: typeof a): number => variance / (mean * mean * (n / 2));
  const se = Math.sqrt(relative(a) + relative(b));
  const df = Math.max(1, control.length / 2 - 1);
  return se > 0 ? studentSf(Math.log(a.mean / b.mean / SPREAD_TOLERATED) / se, df) : 1;
}

/** Values far above the median of their neighbours, against one in a hundred. */
function spikesP({ control, experiment, n, level }: Metric): number {
  const [above, usual] = [experiment, control].map(aboveNeighbours);
  if (above === undefined || usual === undefined) return 1;
  const scale = MAD_SCALE * medianOf(usual.map(Math.abs));
  const fence = Math.max(SPIKE_SCALES * scale, SPIKE_LEVELS * level);
  const count = (values: readonly number[]): number => values.filter((x) => x > fence).length;
  const spikes = count(above);
  if (spikes < count(usual) + SPIKES_MORE) return 1;
  return binomialTails(spikes - 1, n, SPIKE_RATE).upper;
}

function aboveNeighbours(values: readonly number[]): readonly number[] {
  return values.map((value, i) => {
    const near = values.slice(Math.max(0, i - NEIGHBOURS), i + NEIGHBOURS + 1);
    return value - medianOf(near);
  });
}

/**
 * Stouffer's sum over the metrics, with their correlation as measured. Harmless differences of
 * several metrics average out, so their mean is tolerated √k times less.
 */
function jointP(metrics: readonly Metric[]): number {
  const tolerance = TOLERANCE / Math.sqrt(metrics.length);
  if (metrics.some((metric) => excessOf(metric, metric.n).mean <= 0 || isHealed(metric))) return 1;
  let sum = 0;
  let variance = 0;
  for (const metric of metrics) {
    const { mean, se } = excessOf(metric, metric.n);
    sum += (mean - tolerance * metric.level) / se;
    for (const other of metrics) variance += correlation(metric.excess, other.excess);
  }
  const df = Math.min(...metrics.map(({ wandering }) => wandering.df));
  return studentSf(sum / Math.sqrt(Math.max(metrics.length, variance)), df);
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [a, b].map((values) => values.reduce((sum, x) => sum + x, 0) / values.length);
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const [p, q] = [x - (ma ?? 0), (b[i] ?? 0) - (mb ?? 0)];
    ab += p * q;
    aa += p * p;
    bb += q * q;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? 0)) / 2 : upper;
}
