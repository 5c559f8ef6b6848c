/**
 * Tests of "both samples come from one distribution" that look at the whole of it: Cramér-von
 * Mises, Anderson-Darling and Epps-Singleton. About samples, not about size: with enough units any
 * difference is found.
 */
import { requireThat } from './domain.ts';
import { forward, cholesky, solve } from './cholesky.ts';
import { chiSquareSf } from './distributions.ts';
import { lnChoose, lnGamma } from './gamma.ts';
import { compositeRule, gaussLegendre } from './quadrature.ts';
import { cramerVonMises, stepsOf } from './two-sample.ts';

/** A statistic, and the chance of one as large when nothing differs. */
export type SampleTest = { readonly statistic: number; readonly pValue: number };

/** Largest sample for which all ways to mix the samples are counted. */
const EXACT_MAX = 20;

/**
 * Cramér-von Mises test: T = nm/(n + m)² Σ (F - G)². Exact for samples of at most 20 (without ties
 * the law is free of the distribution), else the limit law with Anderson's correction (1962).
 */
export function cramerVonMisesTest(
  first: readonly number[],
  second: readonly number[],
): SampleTest {
  const statistic = cramerVonMises(stepsOf(first, second));
  const [n, m] = [first.length, second.length];
  const isSmall = Math.max(n, m) <= EXACT_MAX;
  return { statistic, pValue: isSmall ? exactMises(statistic, n, m) : limitMises(statistic, n, m) };
}

/** How many lattice paths end in each sum. */
type Ways = ReadonlyMap<number, number>;

/** Counts lattice paths from (0, 0) to (n, m) by their Σ (im - jn)², all equally likely. */
function exactMises(statistic: number, n: number, m: number): number {
  const goal = Math.round(statistic * (n + m) ** 2 * n * m);
  let row: readonly Ways[] = [];
  for (let i = 0; i <= n; i += 1) {
    const next: Ways[] = [];
    for (let j = 0; j <= m; j += 1) {
      const before = [row[j], next[j - 1]].filter((ways) => ways !== undefined);
      const start = [new Map([[0, 1]])];
      next.push(movedBy((i * m - j * n) ** 2, before.length === 0 ? start : before));
    }
    row = next;
  }
  let tail = 0;
  for (const [sum, count] of row[m] ?? []) if (sum >= goal) tail += count;
  return Math.min(1, Math.exp(Math.log(tail) - lnChoose(n + m, n)));
}

/** Ways joined, each sum larger by one step's. */
function movedBy(step: number, from: readonly Ways[]): Ways {
  const ways = new Map<number, number>();
  for (const one of from) {
    for (const [sum, count] of one) ways.set(sum + step, (ways.get(sum + step) ?? 0) + count);
  }
  return ways;
}

function limitMises(statistic: number, n: number, m: number): number {
  const all = n + m;
  const mean = (1 + 1 / all) / 6;
  const product = 4 * n * m * all - 3 * (n * n + m * m) - 2 * n * m;
  const variance = ((all + 1) * product) / (45 * all * all * 4 * n * m);
  const scaled = 1 / 6 + (statistic - mean) / Math.sqrt(45 * variance);
  return scaled < SCALED_MIN ? 1 : Math.max(0, 1 - misesCdf(scaled));
}

/** Below it the limit law has no mass that a double can tell from none. */
const SCALED_MIN = 0.003;
const TERMS_MAX = 40;
const RULE = gaussLegendre(16);

/** The limit law of Anderson & Darling (1952, 4.35), a series in Bessel functions K of order ¼. */
export function misesCdf(x: number): number {
  let sum = 0;
  for (let k = 0; k < TERMS_MAX; k += 1) {
    const z = (4 * k + 1) ** 2 / (16 * x);
    const front = Math.exp(lnGamma(k + 0.5) - lnGamma(k + 1)) / Math.sqrt(Math.PI);
    const term = front * Math.sqrt(4 * k + 1) * shrunkBessel(z);
    sum += term;
    if (term < 1e-17 * sum) break;
  }
  return Math.min(1, sum / (Math.PI * Math.sqrt(x)));
}

/** e^-z K_¼(z), by its integral ∫ e^(-z(1 + cosh t)) cosh(t/4) dt over t > 0. */
function shrunkBessel(z: number): number {
  if (2 * z > UNDERFLOW) return 0;
  // Where z(1 + cosh t) exceeds 2z by 745 nothing is left.
  const high = Math.acosh(1 + UNDERFLOW / z);
  const { points, weights } = compositeRule(RULE, { low: 0, high }, high / 24);
  return points.reduce(
    (sum, t, i) => sum + (weights[i] ?? 0) * Math.exp(-z * (1 + Math.cosh(t))) * Math.cosh(t / 4),
    0,
  );
}

/** e to the minus this is 0. */
const UNDERFLOW = 745;

/** Upper tails for which Scholz & Stephens (1987, table 2) give constants of critical values. */
const SCHOLZ_STEPHENS: readonly (readonly [tail: number, b0: number, b1: number, b2: number])[] = [
  [0.25, 0.675, -0.245, -0.105],
  [0.1, 1.281, 0.25, -0.305],
  [0.05, 1.645, 0.678, -0.362],
  [0.025, 1.96, 1.149, -0.391],
  [0.01, 2.326, 1.822, -0.396],
  [0.005, 2.573, 2.364, -0.345],
  [0.001, 3.085, 3.615, -0.154],
];

/**
 * Anderson-Darling test of two samples (Scholz & Stephens 1987): the standardised statistic, ties
 * at their mid-rank; the tails weigh more than in Cramér-von Mises. The p-value is a parabola
 * through the logarithms of the paper's table, and so from 0.001 to 0.25 only.
 */
export function andersonDarling(first: readonly number[], second: readonly number[]): SampleTest {
  const steps = stepsOf(first, second);
  const sizes = [steps.firstTotal, steps.secondTotal] as const;
  const all = sizes[0] + sizes[1];
  requireThat(all >= 4, 'an Anderson-Darling test needs four values');
  requireThat(steps.values.length > 1, 'both samples are one value');
  let sum = 0;
  let before = [0, 0] as readonly [number, number];
  for (const i of steps.values.keys()) {
    const now = [steps.first[i] ?? 0, steps.second[i] ?? 0] as const;
    const ties = now[0] + now[1] - before[0] - before[1];
    const below = (now[0] + now[1] + before[0] + before[1]) / 2;
    const spread = below * (all - below) - (all * ties) / 4;
    for (const at of [0, 1] as const) {
      const middle = (now[at] + before[at]) / 2;
      sum += (ties / all) * ((all * middle - below * sizes[at]) ** 2 / (spread * sizes[at]));
    }
    before = now;
  }
  const statistic = (((all - 1) / all) * sum - 1) / Math.sqrt(darlingVariance(sizes));
  return { statistic, pValue: darlingTail(statistic) };
}

/** Variance of the two-sample statistic (same paper, eq. 4 with k = 2). */
function darlingVariance([n, m]: readonly [number, number]): number {
  const all = n + m;
  const inverse = 1 / n + 1 / m;
  let [h, g] = [0, 0];
  for (let i = all - 1; i >= 1; i -= 1) {
    g += h / (all - i);
    h += 1 / i;
  }
  const a = 4 * g - 6 + (10 - 6 * g) * inverse;
  const b = 4 * (2 * g - 4) + 16 * h + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6;
  const c = 4 * (6 * h + 2 * g - 2) + 2 * (4 * h - 4 * g + 6) + (2 * h - 6) * inverse + 4 * h;
  const d = 4 * (2 * h + 6) - 8 * h;
  return (((a * all + b) * all + c) * all + d) / ((all - 1) * (all - 2) * (all - 3));
}

const TAIL_MAX = 0.25;
const TAIL_MIN = 0.001;

const DARLING_POINTS = SCHOLZ_STEPHENS.map(
  ([tail, b0, b1, b2]) => [b0 + b1 + b2, Math.log(tail)] as const,
);

/** The parabola of least squares through the logarithms of the table. */
const DARLING_PARABOLA = solve(
  [0, 1, 2].map((i) => [0, 1, 2].map((j) => sumOver(([x]) => x ** (i + j)))),
  [0, 1, 2].map((i) => sumOver(([x, y]) => x ** i * y)),
);

function sumOver(of: (point: readonly [number, number]) => number): number {
  return DARLING_POINTS.reduce((sum, point) => sum + of(point), 0);
}

function darlingTail(statistic: number): number {
  const [least, most] = [DARLING_POINTS[0], DARLING_POINTS.at(-1)];
  if (statistic < (least?.[0] ?? 0)) return TAIL_MAX;
  if (statistic > (most?.[0] ?? 0)) return TAIL_MIN;
  const log = DARLING_PARABOLA.reduce((sum, weight, power) => sum + weight * statistic ** power, 0);
  return Math.min(TAIL_MAX, Math.max(TAIL_MIN, Math.exp(log)));
}

/** Places at which Epps & Singleton (1986) hold the characteristic functions together. */
const ES_PLACES = [0.4, 0.8] as const;
/** Below this size of the larger sample the statistic is corrected. */
const ES_SMALL = 25;

/**
 * Epps-Singleton test: empirical characteristic functions of both samples at two places, in units
 * of the pooled semi-interquartile range (Epps & Singleton 1986; Goerg & Kaiser 2009). χ² with four
 * degrees of freedom. Needs no continuity: counts and ratings may have it.
 */
export function eppsSingleton(first: readonly number[], second: readonly number[]): SampleTest {
  const [n, m] = [first.length, second.length];
  requireThat(Math.min(n, m) >= 5, 'an Epps-Singleton test needs five values a sample');
  const pooled = [...first, ...second].toSorted((a, b) => a - b);
  const scale = (quantileOf(pooled, 0.75) - quantileOf(pooled, 0.25)) / 2;
  requireThat(scale > 0, 'the middle half of both samples is one value');
  const wave = (x: number): readonly number[] => [
    ...ES_PLACES.map((place) => Math.cos((place * x) / scale)),
    ...ES_PLACES.map((place) => Math.sin((place * x) / scale)),
  ];
  const [a, b] = [first.map(wave), second.map(wave)].map(spreadOf);
  const all = n + m;
  const covariance = (a?.covariance ?? []).map((row, i) =>
    row.map((value, j) => all * (value / n + (b?.covariance[i]?.[j] ?? 0) / m)),
  );
  const gap = (a?.mean ?? []).map((value, i) => value - (b?.mean[i] ?? 0));
  const half = forward(cholesky(covariance), gap);
  const distance = all * half.reduce((sum, value) => sum + value * value, 0);
  requireThat(Number.isFinite(distance), 'the samples have too few different values');
  const isSmall = Math.max(n, m) < ES_SMALL;
  const correction = isSmall ? 1 + all ** -0.45 + 10.1 * (n ** -1.7 + m ** -1.7) : 1;
  const statistic = distance / correction;
  return { statistic, pValue: chiSquareSf(statistic, 2 * ES_PLACES.length) };
}

/** Mean and covariance (over n) of rows of numbers. */
function spreadOf(rows: readonly (readonly number[])[]): {
  readonly mean: readonly number[];
  readonly covariance: readonly (readonly number[])[];
} {
  const width = rows[0]?.length ?? 0;
  const indices = Array.from({ length: width }, (_, i) => i);
  const averageOf = (of: (row: readonly number[]) => number): number =>
    rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const mean = indices.map((i) => averageOf((row) => row[i] ?? 0));
  const off = (row: readonly number[], i: number): number => (row[i] ?? 0) - (mean[i] ?? 0);
  const covariance = indices.map((i) =>
    indices.map((j) => averageOf((row) => off(row, i) * off(row, j))),
  );
  return { mean, covariance };
}

/** Quantile of ascending values, linear between them (type 7 of Hyndman & Fan). */
function quantileOf(ascending: readonly number[], p: number): number {
  const at = p * (ascending.length - 1);
  const low = ascending[Math.floor(at)] ?? 0;
  return low + (at % 1) * ((ascending[Math.ceil(at)] ?? low) - low);
}
