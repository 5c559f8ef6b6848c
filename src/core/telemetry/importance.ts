import { invariant } from '../lib/invariant.ts';

/**
 * What drives a version's answers: of some rows, how much of the change in the answer comes of each
 * feature when it is taken away. The shares of a row sum to 1, or to 0 when nothing changed it.
 */
export type Importance = {
  readonly features: readonly string[];
  readonly rows: number;
  /** Σ over rows of the feature's share, in multiples of `SHARE_QUANTUM`. */
  readonly shares: readonly number[];
};

/** A power of two: then adding is exact, in whatever order windows are merged. */
export const SHARE_QUANTUM = 2 ** -20;

/** Most features that are taken away one by one. */
export const IMPORTANCE_FEATURES_MAX = 64;

/** Sums up rows from their effects: how far the answer moved, by feature, then by row. */
export function importanceOf(
  features: readonly string[],
  effects: readonly (readonly number[])[],
): Importance {
  const rows = effects[0]?.length ?? 0;
  const sums = features.map(() => 0);
  for (let row = 0; row < rows; row += 1) {
    const whole = effects.reduce((sum, one) => sum + (one[row] ?? 0), 0);
    if (!(whole > 0)) continue;
    for (const [feature, one] of effects.entries()) {
      sums[feature] = (sums[feature] ?? 0) + Math.floor((one[row] ?? 0) / whole / SHARE_QUANTUM);
    }
  }
  return { features, rows, shares: sums.map((quanta) => quanta * SHARE_QUANTUM) };
}

/** Both together; undefined: nothing was looked at. */
export function addImportance(
  a: Importance | undefined,
  b: Importance | undefined,
): Importance | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  invariant(a.features.length === b.features.length, 'rows of one version have the same features');
  const shares = a.shares.map((share, feature) => share + (b.shares[feature] ?? 0));
  return { features: a.features, rows: a.rows + b.rows, shares };
}

/** The features that are told apart; the last bin is that of all others. */
export type DriverFacet = { readonly kind: 'driver'; readonly names: readonly string[] };

/** A bin in words. */
export const driverWords = ({ names }: DriverFacet, bin: number): string =>
  names[bin] ?? 'other features';
