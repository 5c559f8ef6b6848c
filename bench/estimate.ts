import { wilson } from '../src/core/stats/proportion.ts';

/** What many seeded runs gave, with an interval of 95 % for what infinitely many would give. */
export type Estimate = { readonly value: number; readonly lower: number; readonly upper: number };

const ALPHA = 0.05;
const Z = 1.96;

/** A share that was counted, with Wilson's interval. */
export function shareOf(hits: number, runs: number): Estimate {
  return { value: hits / runs, ...wilson({ hits, trials: runs }, ALPHA) };
}

/** A mean with the normal interval; of no values, nothing. */
export function meanOf(values: readonly number[]): Estimate {
  const n = values.length;
  const value = values.reduce((sum, x) => sum + x, 0) / n;
  const squares = values.reduce((sum, x) => sum + (x - value) ** 2, 0);
  const half = Z * Math.sqrt(squares / Math.max(1, n - 1) / n);
  return { value, lower: value - half, upper: value + half };
}

/** A median with the distribution-free interval of its order statistics. */
export function medianOf(values: readonly number[]): Estimate {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  const at = (rank: number): number =>
    sorted[Math.min(n - 1, Math.max(0, Math.round(rank)))] ?? Number.NaN;
  const half = (Z * Math.sqrt(n)) / 2;
  const middle = (n - 1) / 2;
  return { value: at(middle), lower: at(middle - half), upper: at(middle + half) };
}

/** `1.2 % (0.8–1.9)`: a share, so nothing below 0 or above 1. */
export const percentText = ({ value, lower, upper }: Estimate): string =>
  `${percent(value)} % (${percent(lower)}–${percent(upper)})`;

/** `119 (112–126)`. */
export const numberText = ({ value, lower, upper }: Estimate): string =>
  Number.isNaN(value) ? '-' : `${short(value)} (${short(lower)}–${short(upper)})`;

function percent(share: number): string {
  const value = Math.min(1, Math.max(0, share)) * 100;
  return value === 0 || value === 100 ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1);
}

function short(value: number): string {
  if (!Number.isFinite(value)) return 'never';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
}
