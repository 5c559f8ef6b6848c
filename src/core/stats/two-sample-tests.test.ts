import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/stats/two-sample.json' with { type: 'json' };
import { prng } from '../lib/prng.ts';
import { mannWhitney } from './mann-whitney.ts';
import { permutationTest } from './permutation.ts';
import { sampleNormal } from './samplers.ts';
import {
  andersonDarling,
  cramerVonMisesTest,
  eppsSingleton,
  misesCdf,
} from './two-sample-tests.ts';

describe(`gold: ${vectors.source}`, () => {
  test.each(vectors.rows)('Anderson-Darling: $name', ({ first, second, andersonDarling: gold }) => {
    const { statistic, pValue } = andersonDarling(first, second);
    expect(statistic).toBeCloseTo(gold[0] ?? Number.NaN, 11);
    expect(pValue).toBeCloseTo(gold[1] ?? Number.NaN, 11);
  });

  test.each(vectors.rows)('Epps-Singleton: $name', ({ first, second, eppsSingleton: gold }) => {
    const { statistic, pValue } = eppsSingleton(first, second);
    expect(statistic).toBeCloseTo(gold[0] ?? Number.NaN, 8);
    expect(pValue).toBeCloseTo(gold[1] ?? Number.NaN, 9);
  });

  test.each(vectors.rows)('Mann-Whitney: $name', ({ first, second, mannWhitney: gold }) => {
    const { u, pValue } = mannWhitney(first, second);
    expect(u).toBe(gold[0]);
    expect(pValue).toBeCloseTo(gold[1] ?? Number.NaN, 12);
  });

  const untied = vectors.rows.filter(({ cramerVonMises }) => cramerVonMises !== null);
  test.each(untied)('Cramér-von Mises: $name', ({ first, second, cramerVonMises: gold }) => {
    const { statistic, pValue } = cramerVonMisesTest(first, second);
    expect(statistic).toBeCloseTo(gold?.[0] ?? Number.NaN, 12);
    expect(pValue).toBeCloseTo(gold?.[1] ?? Number.NaN, 9);
  });
});

const named = (name: string) => vectors.rows.find((row) => row.name === name);

describe('gold: evidently tests/stattests/test_stattests.py', () => {
  const numbers = named('evidently, numbers');
  const counts = named('evidently, counts');
  const normal = named('evidently, normal');

  test('numbers: Anderson-Darling .0635, normal draws: Cramér-von Mises .8076839', () => {
    const { first = [], second = [] } = numbers ?? {};
    expect(andersonDarling(first, second).pValue).toBeCloseTo(0.0635, 4);
    const mises = cramerVonMisesTest(normal?.first ?? [], normal?.second ?? []);
    expect(mises.pValue).toBeCloseTo(0.8076839, 7);
  });

  test('counts: Epps-Singleton .81, Mann-Whitney to one side .481', () => {
    const { first = [], second = [] } = counts ?? {};
    expect(eppsSingleton(first, second).pValue).toBeCloseTo(0.81, 3);
    expect(mannWhitney(first, second).pValue / 2).toBeCloseTo(0.481, 3);
  });

  test.each(vectors.mixings)('total variation by mixing: $evidently', (gold) => {
    const draws = 4_000;
    const counts = [gold.current, gold.reference] as const;
    const { pValue } = permutationTest(prng('tvd'), counts, { draws });
    expect(Math.abs(pValue - gold.atLeast)).toBeLessThan(3 * Math.sqrt(0.25 / draws));
    // Of mixings that are exactly as far apart it counts some, as rounding has it; we count all.
    const noise = 3 * Math.sqrt(0.25 / 1_000);
    expect(gold.evidently).toBeLessThan(pValue + noise);
    expect(gold.evidently).toBeGreaterThan(pValue - (gold.atLeast - gold.further) - noise);
  });
});

describe('without a difference', () => {
  const tests = { andersonDarling, cramerVonMisesTest, eppsSingleton };

  test.each(Object.entries(tests))('%s rejects at 5 % in about 5 %', (_name, of) => {
    const rng = prng('alike');
    const sample = (n: number) => Array.from({ length: n }, () => sampleNormal(rng));
    let rejected = 0;
    for (let run = 0; run < 400; run += 1) {
      if (of(sample(90), sample(70)).pValue <= 0.05) rejected += 1;
    }
    expect(Math.abs(rejected / 400 - 0.05)).toBeLessThan(3 * Math.sqrt(0.0475 / 400));
  });

  test('mixing is right for any number of draws: P(p <= ½) is at most ½', () => {
    const rng = prng('mixing');
    let low = 0;
    for (let run = 0; run < 400; run += 1) {
      const first = Math.round(10 + 3 * sampleNormal(rng));
      const second = Math.round(10 + 3 * sampleNormal(rng));
      const cells = [first, second].map((hits) => [Math.max(0, hits), 30]);
      const [a = [], b = []] = cells;
      if (permutationTest(rng, [a, b], { draws: 19 }).pValue <= 0.5) low += 1;
    }
    expect(low / 400).toBeLessThan(0.5 + 3 * Math.sqrt(0.25 / 400));
  });
});

describe('laws', () => {
  const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 5, maxLength: 10 });

  test('samples may be swapped, moved and stretched', () => {
    fc.assert(
      fc.property(values, values, fc.double({ min: 0.1, max: 9, noNaN: true }), (a, b, scale) => {
        fc.pre(new Set([...a, ...b]).size > 1);
        for (const of of [cramerVonMisesTest, andersonDarling]) {
          const plain = of(a, b).pValue;
          const moved = (list: readonly number[]) => list.map((x) => x * scale + 3);
          expect(of(b, a).pValue).toBeCloseTo(plain, 9);
          expect(of(moved(a), moved(b)).pValue).toBeCloseTo(plain, 9);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('the limit law of Cramér-von Mises has its known quantiles', () => {
    // Anderson & Darling (1952), table 1.
    for (const [x, p] of [
      [0.11888, 0.5],
      [0.3473, 0.9],
      [0.46136, 0.95],
      [0.74346, 0.99],
    ] as const) {
      expect(misesCdf(x)).toBeCloseTo(p, 5);
    }
  });

  test('what cannot be compared is refused by name', () => {
    expect(() => eppsSingleton([1, 1, 1, 1, 1], [1, 1, 1, 1, 1])).toThrow(/middle half/);
    expect(() => eppsSingleton([0, 1, 0, 1, 0], [1, 1, 0, 0, 1])).toThrow(/too few different/);
    expect(() => andersonDarling([2, 2], [2, 2])).toThrow(/one value/);
    expect(() => permutationTest(prng(1), [[1.5], [1]], { draws: 1 })).toThrow(/count/);
  });
});
