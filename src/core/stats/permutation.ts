/**
 * Permutation test of two count vectors: how often chance alone, mixing the units of both, sets
 * them as far apart. Valid for any distance and any sizes, also where the χ² law is not: few units,
 * many empty cells (Phipson & Smyth 2010 for the p-value).
 */
import type { Prng } from '../lib/prng.ts';
import { uniformInt } from '../lib/prng.ts';
import { requireCount, requireThat } from './domain.ts';
import { totalVariation } from './divergence.ts';

/** A distance of two count vectors of the same length. */
export type CountDistance = (first: readonly number[], second: readonly number[]) => number;

/** How far apart, and the chance of that without a difference. */
export type PermutationResult = { readonly distance: number; readonly pValue: number };

/** Mixings, and the distance by which they are judged; total variation unless told. */
export type PermutationOptions = { readonly draws: number; readonly distance?: CountDistance };

/** Enough for a p-value of 1 % within a tenth of it, two times in three. */
export const DEFAULT_PERMUTATIONS = 10_000;
/** Distances nearer than this are the same: mixings are sums in another order. */
const SAME = 1e-12;

/**
 * Tests whether `first` and `second` are draws from one distribution. The p-value is (1 + mixings
 * at least as far apart)/(1 + draws): never 0, and right for every number of draws.
 */
export function permutationTest(
  rng: Prng,
  [first, second]: readonly [readonly number[], readonly number[]],
  options: PermutationOptions,
): PermutationResult {
  const { draws, distance = totalVariation } = options;
  requireCount(draws, 'draws', 1);
  requireThat(first.length === second.length, 'both distributions need the same cells');
  for (const count of [...first, ...second]) requireCount(count, 'count');
  const pooled = first.flatMap((count, cell) =>
    Array.from({ length: count + (second[cell] ?? 0) }, () => cell),
  );
  const size = first.reduce((sum, count) => sum + count, 0);
  const seen = distance(first, second);
  let asFar = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    shuffleStart(rng, pooled, size);
    const counts = (from: number, to?: number): readonly number[] =>
      countsOf(pooled.slice(from, to), first.length);
    if (distance(counts(0, size), counts(size)) >= seen - SAME) asFar += 1;
  }
  return { distance: seen, pValue: (1 + asFar) / (1 + draws) };
}

/** The first `size` places become a random choice (Fisher & Yates). */
function shuffleStart(rng: Prng, units: number[], size: number): void {
  for (let i = 0; i < size; i += 1) {
    const j = i + uniformInt(rng, units.length - i);
    const [here = 0, there = 0] = [units[i], units[j]];
    units[i] = there;
    units[j] = here;
  }
}

function countsOf(cells: readonly number[], length: number): readonly number[] {
  const counts = Array.from({ length }, () => 0);
  for (const cell of cells) counts[cell] = (counts[cell] ?? 0) + 1;
  return counts;
}
