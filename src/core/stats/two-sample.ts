/** Distances and tests between two samples of numbers, or two histograms with the same edges. */
import { requireThat } from './domain.ts';
import { lnChoose } from './gamma.ts';

/** Both samples as steps of their distribution functions, at increasing values. */
export type Steps = {
  readonly values: readonly number[];
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly firstTotal: number;
  readonly secondTotal: number;
};

/** Steps of two lists of values. */
export function stepsOf(first: readonly number[], second: readonly number[]): Steps {
  requireThat(first.length > 0 && second.length > 0, 'both samples need values');
  const a = first.toSorted((x, y) => x - y);
  const b = second.toSorted((x, y) => x - y);
  const values: number[] = [];
  const belowA: number[] = [];
  const belowB: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const x = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    while (i < a.length && a[i] === x) i += 1;
    while (j < b.length && b[j] === x) j += 1;
    values.push(x);
    belowA.push(i);
    belowB.push(j);
  }
  return {
    values,
    first: belowA,
    second: belowB,
    firstTotal: a.length,
    secondTotal: b.length,
  };
}

/** Steps of two histograms: `values` are the cells' representatives, increasing. */
export function stepsOfCells(
  values: readonly number[],
  first: readonly number[],
  second: readonly number[],
): Steps {
  requireThat(values.length === first.length && values.length === second.length, 'unequal cells');
  const running = (counts: readonly number[]): readonly number[] => {
    let sum = 0;
    return counts.map((count) => (sum += count));
  };
  const [a, b] = [running(first), running(second)];
  const [firstTotal, secondTotal] = [a.at(-1) ?? 0, b.at(-1) ?? 0];
  requireThat(firstTotal > 0 && secondTotal > 0, 'both samples need values');
  return { values, first: a, second: b, firstTotal, secondTotal };
}

/** Difference of the distribution functions from each value on. */
function gaps(steps: Steps): readonly number[] {
  return steps.values.map(
    (_, i) => (steps.first[i] ?? 0) / steps.firstTotal - (steps.second[i] ?? 0) / steps.secondTotal,
  );
}

/** Integrates a function of the gap over the line. */
function integrate(steps: Steps, f: (gap: number) => number): number {
  let sum = 0;
  for (const [i, gap] of gaps(steps).entries()) {
    const here = steps.values[i] ?? 0;
    const next = steps.values[i + 1] ?? here;
    sum += f(gap) * (next - here);
  }
  return sum;
}

/** Wasserstein-1 distance ∫ |F - G|, in the metric's unit. */
export function wasserstein(steps: Steps): number {
  return integrate(steps, Math.abs);
}

/** Energy distance √(2 ∫ (F - G)²). */
export function energyDistance(steps: Steps): number {
  return Math.sqrt(2 * integrate(steps, (gap) => gap * gap));
}

/** Cramér-von Mises statistic nm/(n+m)² Σ over the pooled sample of (F - G)². */
export function cramerVonMises(steps: Steps): number {
  const { firstTotal: n, secondTotal: m } = steps;
  let sum = 0;
  let before = 0;
  for (const [i, gap] of gaps(steps).entries()) {
    const now = (steps.first[i] ?? 0) + (steps.second[i] ?? 0);
    sum += (now - before) * gap * gap;
    before = now;
  }
  return (n * m * sum) / (n + m) ** 2;
}

/** Largest distance between the distribution functions. */
export function kolmogorovDistance(steps: Steps): number {
  return gaps(steps).reduce((largest, gap) => Math.max(largest, Math.abs(gap)), 0);
}

/** Product of sizes up to which the p-value is counted exactly. */
const EXACT_MAX = 10_000;

/**
 * Two-sided Kolmogorov-Smirnov test. The p-value is about samples, not about size: at 10⁵ units any
 * shift is "significant".
 */
export function kolmogorovSmirnov(steps: Steps): {
  readonly distance: number;
  readonly pValue: number;
} {
  const distance = kolmogorovDistance(steps);
  const { firstTotal: n, secondTotal: m } = steps;
  const pValue =
    n * m <= EXACT_MAX
      ? exactKolmogorov(distance, n, m)
      : kolmogorovSf(distance * Math.sqrt((n * m) / (n + m)));
  return { distance, pValue };
}

/** P(D >= distance): share of the lattice paths from (0,0) to (n,m) that leave the band. */
function exactKolmogorov(distance: number, n: number, m: number): number {
  const least = Math.round(distance * n * m) - 0.5;
  // Paths that stay inside, scaled by a power of e to keep the counts finite.
  let row: readonly number[] = bandStart(n, m, least);
  let logScale = 0;
  for (let i = 1; i <= n; i += 1) {
    const next: number[] = [];
    for (let j = 0; j <= m; j += 1) {
      const inside = Math.abs(i * m - j * n) < least;
      next.push(inside ? (row[j] ?? 0) + (next[j - 1] ?? 0) : 0);
    }
    const largest = Math.max(...next);
    if (largest === 0) return 1;
    row = next.map((count) => count / largest);
    logScale += Math.log(largest);
  }
  const inside = Math.exp(Math.log(row[m] ?? 0) + logScale - lnChoose(n + m, n));
  return Math.max(0, Math.min(1, 1 - inside));
}

/** Paths along the first edge: one each, until the band is left. */
function bandStart(n: number, m: number, least: number): readonly number[] {
  return Array.from({ length: m + 1 }, (_, j) => (j * n < least ? 1 : 0));
}

/**
 * Kolmogorov's limit law P(K > x): 2 Σ (-1)^(k-1) e^(-2k²x²), and its theta transform for small x.
 */
export function kolmogorovSf(x: number): number {
  if (x <= 0) return 1;
  if (x < 1) {
    let sum = 0;
    for (let k = 1; k <= 19; k += 2) sum += Math.exp((-(k * k) * Math.PI * Math.PI) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  let sum = 0;
  for (let k = 1; k <= 20; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.max(0, Math.min(1, sum));
}
