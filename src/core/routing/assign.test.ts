import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { routeSample } from '../../../test/samples.ts';
import { InvariantViolation } from '../lib/invariant.ts';
import { bps } from '../lib/units.ts';
import { ARMS_MAX, assign, compileRoute } from './assign.ts';

type Vectors = {
  readonly routes: readonly {
    readonly name: string;
    readonly salt: string;
    readonly shares: readonly number[];
    readonly units: readonly {
      readonly key: string;
      readonly armIndex: number;
      readonly unit: number;
    }[];
  }[];
};

const vectors = JSON.parse(
  readFileSync(new URL('../../../test/vectors/assign/rendezvous.json', import.meta.url), 'utf8'),
) as Vectors;

const salts = fc.stringMatching(/^[0-9a-f]{32}$/);
const units = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), {
  minLength: 50,
  maxLength: 50,
});
const shares = fc.integer({ min: 0, max: 10_000 });

const armsOf = (split: readonly number[], salt: string, keys: readonly string[]): number[] => {
  const compiled = compileRoute(routeSample(split, salt));
  return keys.map((key) => assign(compiled, key).armIndex);
};

describe('the same answer everywhere', () => {
  test.each(vectors.routes)('$name', ({ salt, shares, units }) => {
    const compiled = compileRoute(routeSample(shares, salt));
    const answers = units.map(({ key }) => ({ key, ...assign(compiled, key) }));
    expect(answers).toEqual(units);
  });
});

describe('laws', () => {
  test('raising the candidate\u2019s share never moves a unit back to the baseline', () => {
    fc.assert(
      fc.property(salts, fc.tuple(shares, shares), units, (salt, [one, two], keys) => {
        const [low, high] = [Math.min(one, two), Math.max(one, two)];
        const before = armsOf([10_000 - low, low], salt, keys);
        const after = armsOf([10_000 - high, high], salt, keys);
        before.forEach((arm, i) => expect(after[i]).toBeGreaterThanOrEqual(arm));
      }),
    );
  });

  test('changing one arm\u2019s weight moves units only to or from that arm', () => {
    const part = fc.integer({ min: 1, max: 20 });
    const times = fc.integer({ min: 1, max: 200 });
    const changes = fc.record({ a: part, b: part, from: times, to: times });
    fc.assert(
      fc.property(salts, changes, units, (salt, { a, b, from, to }, keys) => {
        // The first two keep their proportion to each other, only the third changes.
        const split = (k: number): number[] => [a * k, b * k, 10_000 - (a + b) * k];
        const before = armsOf(split(from), salt, keys);
        const after = armsOf(split(to), salt, keys);
        const strays = before.filter((arm, i) => arm !== after[i] && arm !== 2 && after[i] !== 2);
        expect(strays).toEqual([]);
      }),
    );
  });

  test('an arm that cedes its share gives its own units to the baseline, and nobody moves', () => {
    const part = fc.integer({ min: 1, max: 3_000 });
    fc.assert(
      fc.property(salts, fc.tuple(part, part, part), units, (salt, [one, two, three], keys) => {
        const whole = routeSample([10_000 - one - two - three, one, two, three], salt);
        const ceding = {
          ...whole,
          split: whole.split.map((share, at) => {
            if (at === 0) return { ...share, bps: bps(share.bps + two) };
            return at === 2 ? { ...share, bps: bps(0), ceded: bps(two) } : share;
          }),
        };
        const [before, after] = [whole, ceding].map((route) => {
          const compiled = compileRoute(route);
          return keys.map((key) => assign(compiled, key).armIndex);
        });
        expect(after).toEqual(before?.map((arm) => (arm === 2 ? 0 : arm)));
      }),
    );
  });

  test('a share of 0 gets nobody and one of 10 000 everybody', () => {
    fc.assert(
      fc.property(salts, units, (salt, keys) => {
        expect(new Set(armsOf([10_000, 0], salt, keys))).toEqual(new Set([0]));
        expect(new Set(armsOf([0, 10_000], salt, keys))).toEqual(new Set([1]));
        expect(armsOf([4_000, 0, 6_000], salt, keys)).not.toContain(1);
      }),
    );
  });

  test('each segment has its own shares, and between them only those move who must', () => {
    fc.assert(
      fc.property(salts, fc.tuple(shares, shares), units, (salt, [first, second], keys) => {
        const segmentSplits = [first, second].map(
          (share) => routeSample([10_000 - share, share], salt).split,
        );
        const compiled = compileRoute({ ...routeSample([5_000, 5_000], salt), segmentSplits });
        const inSegment = (segment: number | null): readonly number[] =>
          keys.map((key) => assign(compiled, key, segment).armIndex);
        const [one, two] = [inSegment(0), inSegment(1)];
        expect(one).toEqual(armsOf([10_000 - first, first], salt, keys));
        expect(two).toEqual(armsOf([10_000 - second, second], salt, keys));
        expect(inSegment(null)).toEqual(armsOf([5_000, 5_000], salt, keys));
        const more = second > first ? 1 : 0;
        expect(two.filter((arm, at) => arm !== one[at] && arm !== more)).toEqual([]);
      }),
    );
  });

  test('the unit for counting depends on salt and key, and on no share', () => {
    fc.assert(
      fc.property(salts, shares, fc.string(), (salt, share, key) => {
        const some = assign(compileRoute(routeSample([10_000 - share, share], salt)), key);
        const all = assign(compileRoute(routeSample([10_000], salt)), key);
        expect(some.unit).toBe(all.unit);
        expect(Number.isSafeInteger(some.unit) && some.unit >= 0).toBe(true);
      }),
    );
  });
});

describe('over a million units', () => {
  const count = 1_000_000;
  // Keys as people have them: they differ in little, and in order.
  const keys = Array.from({ length: count }, (_, i) => `user-${i}`);

  /** Chi-square of counts against shares; its deviation from the mean in standard deviations. */
  function deviation(counts: readonly number[], shares: readonly number[]): number {
    const statistic = counts.reduce((sum, n, i) => {
      const expected = (count * (shares[i] ?? 0)) / 10_000;
      return sum + (n - expected) ** 2 / expected;
    }, 0);
    const freedom = counts.length - 1;
    return (statistic - freedom) / Math.sqrt(2 * freedom);
  }

  test.each([
    { split: [9_900, 100] },
    { split: [9_500, 500] },
    { split: [5_000, 5_000] },
    { split: [2_500, 2_500, 2_500, 2_500] },
    { split: [7_000, 2_000, 1_000] },
  ])('$split is what the arms get, within 4 sigma', ({ split }) => {
    const compiled = compileRoute(routeSample(split, '0f1e2d3c4b5a69788796a5b4c3d2e1f0'));
    const counts = split.map(() => 0);
    for (const key of keys) {
      const { armIndex } = assign(compiled, key);
      counts[armIndex] = (counts[armIndex] ?? 0) + 1;
    }
    expect(deviation(counts, split)).toBeLessThan(4);
    split.forEach((share, i) => {
      const p = share / 10_000;
      const sigma = Math.sqrt(count * p * (1 - p));
      expect(Math.abs((counts[i] ?? 0) - count * p)).toBeLessThan(4 * sigma);
    });
  });

  test('arm, unit for counting, and the arm under another salt are independent', () => {
    const one = compileRoute(routeSample([5_000, 5_000], '00000000000000000000000000000001'));
    const two = compileRoute(routeSample([5_000, 5_000], '00000000000000000000000000000002'));
    const cells = Array.from({ length: 8 }, () => 0);
    const seen = new Set<number>();
    for (const key of keys) {
      const first = assign(one, key);
      const cell = first.armIndex * 4 + assign(two, key).armIndex * 2 + (first.unit & 1);
      cells[cell] = (cells[cell] ?? 0) + 1;
      seen.add(first.unit);
    }
    expect(
      deviation(
        cells,
        cells.map(() => 1_250),
      ),
    ).toBeLessThan(4);
    expect(seen.size).toBe(count);
  });
});

describe('a route that contradicts itself breaks the invariant', () => {
  const route = routeSample([5_000, 5_000]);
  test.each([
    { name: 'shares short of the whole', bad: { ...route, split: route.split.slice(0, 1) } },
    { name: 'arms in another order', bad: { ...route, split: [...route.split].reverse() } },
    { name: 'a salt that is none', bad: { ...route, salt: 'secret' } },
    {
      name: 'a split below 10 000',
      bad: { ...route, split: route.split.map(({ arm }) => ({ arm, bps: bps(1) })) },
    },
    {
      name: 'shares of a segment short of the whole',
      bad: { ...route, segmentSplits: [routeSample([5_000, 4_000]).split] },
    },
    { name: 'too many arms', bad: routeSample([10_000, ...Array<number>(ARMS_MAX).fill(0)]) },
  ])('$name', ({ bad }) => {
    expect(() => compileRoute(bad)).toThrow(InvariantViolation);
  });
});
