import type { Predictions } from '../telemetry/predictions.ts';

/**
 * What training data looked like: how each feature is distributed, and what the model answered to
 * it. Later traffic is held against it.
 */
export type Reference = {
  /** Rows of training data it was made of. */
  readonly rows: number;
  readonly features: readonly FeatureReference[];
  /** What the model answers to these rows; null: not known. */
  readonly answers: Predictions | null;
};

/** Bins of one feature, and how many rows of training data fell into each; see `binOf`. */
export type FeatureReference = FeatureBins & { readonly counts: readonly number[] };

/** Where a feature is in a request, and the bins it is counted in. */
export type FeatureBins = {
  readonly name: string;
  /** The input it is in; of several columns, which, from 0 on. */
  readonly input: string;
  readonly column: number;
} & FeatureKind;

/** `number`: a bin up to each cut, one above the last. `category`: one for each value. */
export type FeatureKind =
  | { readonly kind: 'number'; readonly cuts: readonly number[] }
  | { readonly kind: 'category'; readonly values: readonly string[] };

/** Most features of a reference. */
export const FEATURES_MAX = 64;
/** Most cuts or values of a feature: drift is told from a few well filled bins. */
export const FEATURE_PARTS_MAX = 20;

/** Bins of a feature: parts, one for what is beyond all of them, one for what is missing. */
export const featureBins = (feature: FeatureKind): number =>
  (feature.kind === 'number' ? feature.cuts.length : feature.values.length) + 2;

/** The bin of a value. Missing are NaN, no text at all, and texts where numbers ought to be. */
export function binOf(feature: FeatureKind, value: number | bigint | string): number {
  const missing = featureBins(feature) - 1;
  if (value === '') return missing;
  if (feature.kind === 'category') {
    if (value !== value) return missing;
    const at = feature.values.indexOf(String(value));
    return at < 0 ? missing - 1 : at;
  }
  const number = Number(value);
  if (Number.isNaN(number)) return missing;
  let bin = 0;
  while (bin < feature.cuts.length && number > (feature.cuts[bin] ?? 0)) bin += 1;
  return bin;
}

/** A bin in words: `up to 12`, `from 12 to 15`, `missing`. */
export function featureBinWords(feature: FeatureKind, bin: number): string {
  const missing = featureBins(feature) - 1;
  if (bin === missing) return 'missing';
  if (feature.kind === 'category') return feature.values[bin] ?? 'another value';
  const [low, high] = [feature.cuts[bin - 1], feature.cuts[bin]];
  if (low === undefined) return `up to ${high ?? ''}`;
  return high === undefined ? `above ${low}` : `from ${low} to ${high}`;
}
