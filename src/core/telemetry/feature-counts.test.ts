import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FEATURE_ROWS_MAX, FeatureTally, addFeatures } from './feature-counts.ts';
import type { FeatureCounts, FeatureRow } from './feature-counts.ts';

const kinds = {
  reference: 'sha256:a',
  features: [
    { kind: 'number', cuts: [1, 2] },
    { kind: 'category', values: ['x'] },
  ],
} as const;

const row = (bins: readonly number[] | null): FeatureRow => ({ ...kinds, read: () => bins });

function counted(rows: readonly (readonly number[] | null)[]): FeatureCounts | undefined {
  const tally = new FeatureTally(kinds);
  for (const bins of rows) tally.add(row(bins));
  return tally.sum() ?? undefined;
}

const rows = fc.array(fc.tuple(fc.nat(3), fc.nat(2)), { maxLength: 80 });

test('rows are counted by feature and bin; what is no single row is not', () => {
  expect(counted([[0, 2], null, [0, 1], [3, 2]])).toEqual({
    reference: 'sha256:a',
    rows: 3,
    counts: [
      [2, 0, 0, 1],
      [0, 1, 2],
    ],
  });
  expect(counted([null])).toBeUndefined();
});

test('adding is the same as counting in one place, in any order', () => {
  fc.assert(
    fc.property(rows, rows, rows, (a, b, c) => {
      const [x, y, z] = [counted(a), counted(b), counted(c)];
      const whole = counted([...a, ...b, ...c]);
      expect(addFeatures(addFeatures(x, y), z)).toEqual(whole);
      expect(addFeatures(z, addFeatures(y, x))).toEqual(whole);
    }),
  );
});

test('beyond its room no row is looked at', () => {
  let looked = 0;
  const tally = new FeatureTally(kinds);
  const seen = { ...row([0, 0]), read: () => [(looked += 1) % 2, 0] };
  for (let i = 0; i < 2 * FEATURE_ROWS_MAX; i += 1) tally.add(seen);
  expect([looked, tally.sum()?.rows]).toEqual([FEATURE_ROWS_MAX, FEATURE_ROWS_MAX]);
});
