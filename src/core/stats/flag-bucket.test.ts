import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/assign/flags.json' with { type: 'json' };
import {
  flagdBucket,
  growthbookHash,
  growthbookRanges,
  planoutShare,
  UNLEASH_VARIANT_SEED,
  unleashNumber,
  variationIn,
} from './flag-bucket.ts';
import type { HashRange } from './flag-bucket.ts';
import { murmur3, sha1 } from './flag-hash.ts';

const { growthbook, flagd, unleash, planout } = vectors;
const quarters = [25, 25, 25, 25];

describe(`gold: ${growthbook.source}`, () => {
  test.each(growthbook.hash)('$seed and $value by version $version', (row) => {
    expect(growthbookHash(row.seed, row.value, row.version === 1 ? 1 : 2)).toBe(row.hash);
  });

  test.each(growthbook.ranges)('ranges: $what', ({ coverage, weights, ranges }) => {
    const found = growthbookRanges(ranges.length, coverage, weights);
    expect(found).toHaveLength(ranges.length);
    for (const [i, range] of ranges.entries()) {
      for (const [k, end] of range.entries()) expect(found[i]?.[k]).toBeCloseTo(end, 12);
    }
  });

  test.each(growthbook.variation)('$hash in $ranges: $variation', (row) => {
    const ranges = row.ranges.map(([from = 0, to = 0]): HashRange => [from, to]);
    expect(variationIn(row.hash, ranges)).toBe(row.variation);
  });

  test('the nine users of "my-test"', () => {
    const found = growthbook.myTest.map((_, i) =>
      variationIn(growthbookHash('my-test', String(i + 1), 1), growthbookRanges(2, 1)),
    );
    expect(found).toEqual(growthbook.myTest);
  });
});

describe(`gold: ${flagd.source}`, () => {
  test.each(flagd.hashes)('$key has the hash $hash', ({ key, hash, half }) => {
    expect(murmur3(key)).toBe(hash);
    expect(flagdBucket(key, [50, 50], 2)).toBe(half === 'lower' ? 0 : 1);
  });

  test.each(flagd.version1)('$key by version 1: $variant', ({ key, variant }) => {
    expect(flagd.variants[flagdBucket(key, quarters, 1)]).toBe(variant);
  });

  test.each(flagd.version2)('$key by version 2: $variant', ({ key, variant, hundredth }) => {
    expect(flagd.variants[flagdBucket(key, quarters, 2)]).toBe(variant);
    expect(flagdBucket(key, Array(100).fill(1), 2)).toBe(hundredth);
  });
});

describe(`gold: ${unleash.source}`, () => {
  test.each(unleash.numbers)('$group:$id with the seed $seed', ({ group, id, seed, number }) => {
    expect(unleashNumber(group, id, { seed })).toBe(number);
  });

  test('variants have a seed of their own', () => {
    expect(unleash.numbers.at(-1)?.seed).toBe(UNLEASH_VARIANT_SEED);
  });
});

describe(`gold: ${planout.source}`, () => {
  test('the unit 20', () => {
    expect(planoutShare(planout.salt, planout.unit)).toBeCloseTo(planout.share, 12);
    expect(sha1(`${planout.salt}.${planout.unit}`).slice(0, 15)).toBe(
      135_407_627_838_425_381n.toString(16).padStart(15, '0'),
    );
  });
});

describe('laws', () => {
  test('SHA-1 is that of the platform, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(sha1(text)).toBe(createHash('sha1').update(text).digest('hex'));
      }),
    );
  });

  test('whoever is in stays in when more are let in', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string(), share, share, (value, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        const hash = growthbookHash('s', value, 2);
        const before = variationIn(hash, growthbookRanges(3, less));
        const after = variationIn(hash, growthbookRanges(3, more));
        expect(before ?? after).toBe(after);
        expect(hash).toBeLessThan(1);
      }),
    );
  });

  test('every bucket gets its part', () => {
    const counts = [0, 0, 0];
    for (let unit = 0; unit < 6_000; unit += 1) {
      const at = flagdBucket(`flag-unit-${unit}`, [1, 2, 3], 2);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    for (const [i, count] of counts.entries()) {
      expect(Math.abs(count - 1_000 * (i + 1))).toBeLessThan(4 * Math.sqrt(1_000 * (i + 1)));
    }
  });
});
