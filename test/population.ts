import { bps } from '../src/core/lib/units.ts';
import { assign, compileRoute } from '../src/core/routing/assign.ts';
import { compileSlice, inSlice } from '../src/core/routing/slice.ts';
import { routeSample } from './samples.ts';

/** What many units get, for laws about numbers: the same for any size of the population. */
export type Population = {
  readonly count: number;
  /** The arm of every unit under a split. */
  readonly arms: (split: readonly number[], salt: string) => Uint8Array;
  /** 1 for every unit in the slice, else 0. */
  readonly slice: (salt: string, fromBps: number, toBps: number) => Uint8Array;
};

/** Keys as people have them: they differ in little, and in order. */
export function population(count: number): Population {
  const each = (of: (unit: string) => number): Uint8Array => {
    const all = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) all[i] = of(`user-${i}`);
    return all;
  };
  return {
    count,
    arms: (split, salt) => {
      const compiled = compileRoute(routeSample(split, salt));
      return each((unit) => assign(compiled, unit).armIndex);
    },
    slice: (salt, fromBps, toBps) => {
      const compiled = compileSlice({ salt, fromBps: bps(fromBps), toBps: bps(toBps) });
      return each((unit) => (inSlice(unit, compiled) ? 1 : 0));
    },
  };
}

/** How far the worst arm is from its share, in standard deviations of a fair draw. */
export function worstShare(arms: Uint8Array, split: readonly number[]): number {
  const counts = split.map(() => 0);
  for (const arm of arms) counts[arm] = (counts[arm] ?? 0) + 1;
  const distances = split.map((share, arm) => {
    const p = share / 10_000;
    const sigma = Math.sqrt(arms.length * p * (1 - p));
    const distance = Math.abs((counts[arm] ?? 0) - arms.length * p);
    // A share of all or nothing allows no deviation.
    return distance === 0 ? 0 : distance / sigma;
  });
  return Math.max(...distances);
}

/** Units that an update moved between two arms, neither of which is the one that changed. */
export function strays(before: Uint8Array, after: Uint8Array, changed: number): number {
  let count = 0;
  for (const [i, arm] of before.entries()) {
    const next = after[i];
    if (next !== arm && arm !== changed && next !== changed) count += 1;
  }
  return count;
}

/** Units that changed their arm. */
export function moved(before: Uint8Array, after: Uint8Array): number {
  let count = 0;
  for (const [i, arm] of before.entries()) if (after[i] !== arm) count += 1;
  return count;
}

/**
 * How surprising it would be that two assignments know so much of each other if they knew nothing,
 * in standard deviations: the mutual information times 2n is chi-square (Wilks 1938), brought to a
 * normal scale by its cube root (Wilson and Hilferty 1931).
 */
export function dependence(one: Uint8Array, other: Uint8Array): number {
  const [rows, columns] = [Math.max(...sizes(one)) + 1, Math.max(...sizes(other)) + 1];
  const cells = Array.from({ length: rows * columns }, () => 0);
  for (const [i, row] of one.entries()) {
    const cell = row * columns + (other[i] ?? 0);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  const sumOver = (holds: (cell: number) => boolean): number =>
    cells.reduce((sum, n, cell) => (holds(cell) ? sum + n : sum), 0);
  const rowSums = Array.from({ length: rows }, (_, row) =>
    sumOver((cell) => Math.floor(cell / columns) === row),
  );
  const columnSums = Array.from({ length: columns }, (_, column) =>
    sumOver((cell) => cell % columns === column),
  );
  const statistic = cells.reduce((sum, n, cell) => {
    const expected =
      ((rowSums[Math.floor(cell / columns)] ?? 0) * (columnSums[cell % columns] ?? 0)) / one.length;
    return n === 0 ? sum : sum + 2 * n * Math.log(n / expected);
  }, 0);
  const freedom = (rows - 1) * (columns - 1);
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}

/** The numbers that occur. */
const sizes = (arms: Uint8Array): readonly number[] => [...new Set(arms)];
