/**
 * How far two distributions over the same cells are apart. Inputs are counts or any positive scale.
 */
import { chiSquareQuantile, chiSquareSf } from './distributions.ts';
import { requireNonNegative, requireThat } from './domain.ts';

/** Added to every cell of a PSI, so that an empty cell is not an infinite one. */
export const PSEUDO_COUNT = 0.5;
/** Shifts below it are of no practical interest, however significant. */
export const PSI_WARN = 0.1;
/** A shift worth acting upon. */
export const PSI_ACT = 0.25;
/** Chance of an alarm without drift. */
export const DEFAULT_DRIFT_ALPHA = 0.01;

function total(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) {
    requireNonNegative(count, 'count');
    sum += count;
  }
  return sum;
}

function shares(counts: readonly number[], pseudo = 0): readonly number[] {
  const sum = total(counts) + pseudo * counts.length;
  requireThat(sum > 0, 'a distribution needs at least one unit');
  return counts.map((count) => (count + pseudo) / sum);
}

function overCells(
  p: readonly number[],
  q: readonly number[],
  term: (p: number, q: number) => number,
): number {
  requireThat(p.length === q.length, 'both distributions need the same cells');
  return p.reduce((sum, share, i) => sum + term(share, q[i] ?? 0), 0);
}

/** Population stability index Σ (p - q) ln(p/q) of two count vectors. */
export function populationStability(
  current: readonly number[],
  reference: readonly number[],
  pseudoCount: number = PSEUDO_COUNT,
): number {
  const p = shares(current, pseudoCount);
  const q = shares(reference, pseudoCount);
  return overCells(p, q, (a, b) => (a === b ? 0 : (a - b) * Math.log(a / b)));
}

/** Kullback-Leibler divergence Σ p ln(p/q) in nats; infinite where q is 0 and p is not. */
export function kullbackLeibler(current: readonly number[], reference: readonly number[]): number {
  return overCells(shares(current), shares(reference), (a, b) =>
    a === 0 ? 0 : a * Math.log(a / b),
  );
}

/** Jensen-Shannon distance, the root of the divergence, in nats (divide by √ln 2 for bits). */
export function jensenShannonDistance(
  current: readonly number[],
  reference: readonly number[],
): number {
  const half = (a: number, b: number): number =>
    a === 0 ? 0 : (a / 2) * Math.log((2 * a) / (a + b));
  const sum = overCells(shares(current), shares(reference), (a, b) => half(a, b) + half(b, a));
  return Math.sqrt(Math.max(0, sum));
}

/** Hellinger distance √(½ Σ (√p - √q)²), in [0, 1]. */
export function hellingerDistance(
  current: readonly number[],
  reference: readonly number[],
): number {
  const sum = overCells(
    shares(current),
    shares(reference),
    (a, b) => (Math.sqrt(a) - Math.sqrt(b)) ** 2,
  );
  return Math.sqrt(sum / 2);
}

/** Total variation distance ½ Σ |p - q|, in [0, 1]. */
export function totalVariation(current: readonly number[], reference: readonly number[]): number {
  return overCells(shares(current), shares(reference), (a, b) => Math.abs(a - b)) / 2;
}

/** A χ²-type test. */
export type CellTest = { readonly statistic: number; readonly df: number; readonly pValue: number };

function cellTest(statistic: number, df: number): CellTest {
  return { statistic, df, pValue: df > 0 ? chiSquareSf(statistic, df) : 1 };
}

/** χ² goodness of fit of `current` to the shares of `reference`, taken as known. */
export function goodnessOfFit(current: readonly number[], reference: readonly number[]): CellTest {
  const n = total(current);
  const expected = shares(reference);
  const statistic = overCells(current, expected, (count, share) =>
    share === 0 ? (count === 0 ? 0 : Infinity) : (count - n * share) ** 2 / (n * share),
  );
  return cellTest(statistic, expected.filter((share) => share > 0).length - 1);
}

/** Pearson's χ² of two count vectors against one common distribution. */
export function chiSquareTwoSample(a: readonly number[], b: readonly number[]): CellTest {
  const [na, nb] = [total(a), total(b)];
  let cells = 0;
  const statistic = overCells(a, b, (x, y) => {
    if (x + y === 0) return 0;
    cells += 1;
    const expected = ((x + y) * na) / (na + nb);
    return (x - expected) ** 2 / expected + (x - expected) ** 2 / (x + y - expected);
  });
  return cellTest(statistic, cells - 1);
}

/**
 * Likelihood-ratio (G) goodness of fit of `current` to the shares of `reference`, taken as known.
 */
export function gTest(current: readonly number[], reference: readonly number[]): CellTest {
  const n = total(current);
  const expected = shares(reference);
  const statistic = overCells(current, expected, (count, share) =>
    count === 0 ? 0 : 2 * count * Math.log(count / (n * share)),
  );
  return cellTest(statistic, expected.filter((share) => share > 0).length - 1);
}

/** PSI with its null distribution: significance and size are judged apart. */
export type StabilityTest = {
  readonly psi: number;
  /** PSI that chance alone exceeds with probability alpha at these sample sizes. */
  readonly critical: number;
  readonly pValue: number;
  /** `none` unless significant; then by size. */
  readonly level: 'none' | 'slight' | 'warn' | 'act';
};

/** PSI/(1/n + 1/m) is about χ² with cells - 1 degrees of freedom without drift (Yurdakul 2018). */
export function stabilityCritical(
  sizes: { readonly current: number; readonly reference: number; readonly cells: number },
  alpha: number = DEFAULT_DRIFT_ALPHA,
): number {
  const noise = 1 / sizes.current + 1 / sizes.reference;
  return chiSquareQuantile(sizes.cells - 1, { upper: alpha }) * noise;
}

/**
 * Tests for drift: an alarm needs a PSI that chance does not explain and that is large enough to
 * matter.
 */
export function stabilityTest(
  current: readonly number[],
  reference: readonly number[],
  alpha: number = DEFAULT_DRIFT_ALPHA,
): StabilityTest {
  const psi = populationStability(current, reference);
  const sizes = { current: total(current), reference: total(reference), cells: current.length };
  requireThat(sizes.cells > 1, 'drift needs at least two cells');
  if (sizes.current === 0 || sizes.reference === 0) {
    return { psi: 0, critical: Infinity, pValue: 1, level: 'none' };
  }
  const critical = stabilityCritical(sizes, alpha);
  const noise = 1 / sizes.current + 1 / sizes.reference;
  const pValue = chiSquareSf(psi / noise, sizes.cells - 1);
  if (psi <= critical) return { psi, critical, pValue, level: 'none' };
  const level = psi >= PSI_ACT ? 'act' : psi >= PSI_WARN ? 'warn' : 'slight';
  return { psi, critical, pValue, level };
}
