import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import { importanceShift, occlusionEffects, occlusionRows } from './importance.ts';
import type { Occlusion, Rows } from './importance.ts';
import { sampleNormal } from './samplers.ts';

type Model = (row: readonly number[]) => number;

const linear =
  (...weights: readonly number[]): Model =>
  (row) =>
    row.reduce((sum, x, i) => sum + x * (weights[i] ?? 0), 0);

function rowsOf(seed: string, n: number): Rows {
  const rng = prng(seed);
  return Array.from({ length: n }, () => [0, 1, 2].map(() => sampleNormal(rng)));
}

function effects(model: Model, rows: Rows, occlusion: Occlusion): Rows {
  return occlusionEffects(occlusionRows(rows, occlusion).map(model), rows.length);
}

const rows = rowsOf('rows', 200);
const atMean: Occlusion = { kind: 'reference', values: [0, 0, 0] };

describe('feature importance', () => {
  test('occluding at a reference measures weight times distance', () => {
    const [first, second, third] = effects(linear(2, 1, 0), [[3, 5, 7]], atMean);
    expect([first, second, third]).toEqual([[6], [5], [0]]);
  });

  test.each([
    { name: 'reference', occlusion: () => atMean },
    { name: 'permutation', occlusion: () => ({ kind: 'permutation', rng: prng(4) }) as const },
  ])('$name: shares follow the weights', ({ occlusion }) => {
    const baseline = effects(linear(3, 1, 0), rows, occlusion());
    const { features, distance } = importanceShift(baseline, baseline);
    expect(features[0]?.candidate).toBeCloseTo(0.75, 1);
    expect(features[2]?.candidate).toBe(0);
    expect(distance).toBe(0);
    expect(features.every(({ pValue }) => pValue === 1)).toBe(true);
  });

  test('a model that uses other features is seen, and which', () => {
    const baseline = effects(linear(3, 1, 0), rows, atMean);
    const candidate = effects(linear(1, 1, 3), rows, atMean);
    const { features, distance } = importanceShift(candidate, baseline);
    expect(distance).toBeGreaterThan(0.4);
    expect(features.map(({ pValue }) => pValue < 0.001)).toEqual([true, false, true]);
  });

  test('misshapen input is refused', () => {
    expect(() => occlusionRows([[1], [1, 2]], atMean)).toThrow(/same features/);
    expect(() => occlusionRows([], atMean)).toThrow(/no rows/);
    expect(() => occlusionEffects([1, 2, 3], 2)).toThrow(/do not fit/);
    expect(() => importanceShift([[1]], [])).toThrow(/same features/);
  });
});
