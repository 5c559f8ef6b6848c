/**
 * Which features drive a tabular model, and whether that changed between two versions. Models are
 * black boxes here: `occlusionRows` says which rows to score, the caller scores them with both
 * models
 * (wherever those run), and `occlusionEffects` reads the importances from the scores.
 */
import type { Prng } from '../lib/prng.ts';
import { uniformInt } from '../lib/prng.ts';
import { studentSf } from './distributions.ts';
import { requireThat } from './domain.ts';
import { momentsOf, sampleOf } from './mean-test.ts';
import { benjaminiHochberg } from './multiplicity.ts';

/** Rows of feature values, all of one length. */
export type Rows = readonly (readonly number[])[];

/** What takes a feature's value away: a fixed typical value, or the value of a random other row. */
export type Occlusion =
  | { readonly kind: 'reference'; readonly values: readonly number[] }
  | { readonly kind: 'permutation'; readonly rng: Prng };

/**
 * Rows to score: first the rows themselves, then for each feature all rows with that feature
 * occluded. So (features + 1) x rows in all, in this order.
 */
export function occlusionRows(rows: Rows, occlusion: Occlusion): Rows {
  const features = rows[0]?.length ?? 0;
  requireThat(features > 0, 'no rows, or rows without features');
  requireThat(
    rows.every((row) => row.length === features),
    'all rows must have the same features',
  );
  const occluded = Array.from({ length: features }, (_, feature) =>
    rows.map((row) => {
      const value =
        occlusion.kind === 'reference'
          ? (occlusion.values[feature] ?? 0)
          : (rows[uniformInt(occlusion.rng, rows.length)]?.[feature] ?? 0);
      return row.map((own, at) => (at === feature ? value : own));
    }),
  );
  return [...rows, ...occluded.flat()];
}

/** |score - occluded score| by feature, then by row. `scores` in the order of `occlusionRows`. */
export function occlusionEffects(scores: readonly number[], rows: number): Rows {
  requireThat(rows > 0 && scores.length % rows === 0, 'scores do not fit the rows');
  const features = scores.length / rows - 1;
  return Array.from({ length: features }, (_, feature) =>
    Array.from({ length: rows }, (_row, row) =>
      Math.abs((scores[row] ?? 0) - (scores[(feature + 1) * rows + row] ?? 0)),
    ),
  );
}

/** One feature in both models. */
export type FeatureShift = {
  readonly feature: number;
  /** Share of the model's whole importance, in [0, 1]. */
  readonly candidate: number;
  readonly baseline: number;
  /** Two-sided paired test of equal effect, corrected over the features (Benjamini-Hochberg). */
  readonly pValue: number;
};

/** Features and a summary. */
export type ImportanceShift = {
  readonly features: readonly FeatureShift[];
  /** ½ Σ |share - share|: 0 same use of features, 1 entirely different. */
  readonly distance: number;
};

function sharesOf(effects: Rows): readonly number[] {
  const means = effects.map((row) => row.reduce((sum, x) => sum + x, 0) / row.length);
  const total = means.reduce((sum, mean) => sum + mean, 0);
  return means.map((mean) => (total > 0 ? mean / total : 0));
}

/** Compares the effects of both models on the same rows, paired by row. */
export function importanceShift(candidate: Rows, baseline: Rows): ImportanceShift {
  requireThat(candidate.length === baseline.length, 'both models need the same features');
  const [own, other] = [sharesOf(candidate), sharesOf(baseline)];
  const raw = candidate.map((effects, feature) => {
    const before = baseline[feature] ?? [];
    const { mean, variance, n } = sampleOf(momentsOf(effects.map((x, i) => x - (before[i] ?? 0))));
    if (variance <= 0 || n < 2) return mean === 0 ? 1 : 0;
    return 2 * studentSf(Math.abs(mean) / Math.sqrt(variance / n), n - 1);
  });
  const corrected = benjaminiHochberg(raw.map((p) => Math.min(1, p)));
  const features = own.map((share, feature) => ({
    feature,
    candidate: share,
    baseline: other[feature] ?? 0,
    pValue: corrected[feature] ?? 1,
  }));
  const distance = features.reduce((sum, f) => sum + Math.abs(f.candidate - f.baseline), 0) / 2;
  return { features, distance };
}
