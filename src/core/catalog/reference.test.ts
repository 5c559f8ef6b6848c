import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binOf, featureBinWords, featureBins } from './reference.ts';
import type { FeatureKind } from './reference.ts';

const age: FeatureKind = { kind: 'number', cuts: [18, 65] };
const plan: FeatureKind = { kind: 'category', values: ['basic', 'pro'] };

describe('the bin of a value', () => {
  test.each([
    { feature: age, value: 18, says: 'up to 18' },
    { feature: age, value: 18.01, says: 'from 18 to 65' },
    { feature: age, value: 99n, says: 'above 65' },
    { feature: age, value: '40', says: 'from 18 to 65' },
    { feature: age, value: Number.NaN, says: 'missing' },
    { feature: age, value: '', says: 'missing' },
    { feature: age, value: 'young', says: 'missing' },
    { feature: plan, value: 'pro', says: 'pro' },
    { feature: plan, value: 'gold', says: 'another value' },
    { feature: plan, value: '', says: 'missing' },
    { feature: plan, value: Number.NaN, says: 'missing' },
  ])('$value is $says', ({ feature, value, says }) => {
    expect(featureBinWords(feature, binOf(feature, value))).toBe(says);
  });

  test('is one of those there are, whatever the value', () => {
    const value = fc.oneof(fc.double(), fc.string(), fc.bigInt());
    const feature: fc.Arbitrary<FeatureKind> = fc.oneof(
      fc.uniqueArray(fc.double({ noNaN: true })).map((cuts) => {
        return { kind: 'number', cuts: cuts.toSorted((a, b) => a - b) } as const;
      }),
      fc.uniqueArray(fc.string()).map((values) => ({ kind: 'category', values }) as const),
    );
    fc.assert(
      fc.property(feature, value, (one, given) => {
        const bin = binOf(one, given);
        expect(bin).toBeGreaterThanOrEqual(0);
        expect(bin).toBeLessThan(featureBins(one));
      }),
    );
  });
});
