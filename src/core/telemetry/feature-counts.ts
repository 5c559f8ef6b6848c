import { featureBins } from '../catalog/reference.ts';
import type { FeatureKind } from '../catalog/reference.ts';
import { invariant } from '../lib/invariant.ts';

/** Rows counted of one arm in one bucket by one gateway at the most: enough to tell drift from. */
export const FEATURE_ROWS_MAX = 256;

/** The features of a request, to be looked at only if it is one of those that are counted. */
export type FeatureRow = {
  /** Digest of the version whose reference says what the bins are. */
  readonly reference: string;
  readonly features: readonly FeatureKind[];
  /** The bin of each feature; null when it is no single row. */
  read(): readonly number[] | null;
};

/** What was asked: of some requests, how many fell into each bin of each feature. */
export type FeatureCounts = {
  readonly reference: string;
  readonly rows: number;
  readonly counts: readonly (readonly number[])[];
};

/** Counts rows while a bucket is open. Mutable, because it is written once per request. */
export class FeatureTally {
  readonly reference: string;
  readonly #counts: readonly number[][];
  #rows = 0;

  constructor({ reference, features }: Pick<FeatureRow, 'reference' | 'features'>) {
    this.reference = reference;
    this.#counts = features.map((one) => Array.from({ length: featureBins(one) }, () => 0));
  }

  /** Counts a row, while there is room. */
  add(row: FeatureRow): void {
    if (this.#rows >= FEATURE_ROWS_MAX) return;
    const bins = row.read();
    if (bins === null) return;
    this.#rows += 1;
    for (const [feature, bin] of bins.entries()) {
      const counts = this.#counts[feature];
      if (counts !== undefined) counts[bin] = (counts[bin] ?? 0) + 1;
    }
  }

  /** What was counted so far; null: nothing. */
  sum(): FeatureCounts | null {
    if (this.#rows === 0) return null;
    const counts = this.#counts.map((bins) => [...bins]);
    return { reference: this.reference, rows: this.#rows, counts };
  }
}

/** Both together; undefined: nothing was counted. */
export function addFeatures(
  a: FeatureCounts | undefined,
  b: FeatureCounts | undefined,
): FeatureCounts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  invariant(a.reference === b.reference, 'features are counted in the bins of one version');
  const counts = a.counts.map((bins, feature) =>
    bins.map((count, bin) => count + (b.counts[feature]?.[bin] ?? 0)),
  );
  return { reference: a.reference, rows: a.rows + b.rows, counts };
}
