import { describe, expect, test } from 'vitest';
import type { FeatureBins } from '../core/catalog/reference.ts';
import { instant } from '../core/lib/units.ts';
import type { CatalogVersion } from '../core/routing/table.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { featureReader } from './feature-reader.ts';

const age: FeatureBins = { name: 'age', input: 'x', column: 1, kind: 'number', cuts: [18, 65] };
const plan: FeatureBins = {
  name: 'plan',
  input: 'plan',
  column: 0,
  kind: 'category',
  values: ['basic', 'pro'],
};

const version = (features?: readonly FeatureBins[]): CatalogVersion => ({
  model: 'm',
  version: 1,
  digest: 'sha256:a',
  label: 'a',
  bytes: 1,
  createdAt: instant(0),
  signature: {
    inputs: [
      { name: 'plan', datatype: 'BYTES', shape: [-1] },
      { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    ],
    outputs: [],
  },
  ...(features === undefined ? {} : { features }),
});

const inputs = (plans: readonly string[], x: readonly number[]): readonly Tensor[] => [
  { name: 'plan', datatype: 'BYTES', shape: [plans.length], data: plans },
  { name: 'x', datatype: 'FP32', shape: [plans.length, 2], data: Float32Array.from(x) },
];

describe('the features of a request', () => {
  const read = featureReader(version([age, plan]));

  test.each([
    { name: 'a row', asked: inputs(['pro'], [7, 40]), bins: [1, 1] },
    { name: 'a value nobody knows', asked: inputs(['gold'], [7, 90]), bins: [2, 2] },
    { name: 'something missing', asked: inputs([''], [7, Number.NaN]), bins: [3, 3] },
    { name: 'two rows', asked: inputs(['pro', 'pro'], [1, 2, 3, 4]), bins: null },
  ])('$name', ({ asked, bins }) => {
    expect(read?.(asked).read()).toEqual(bins);
  });

  test('are not read where the baseline brought no reference', () => {
    expect([featureReader(version()), featureReader(version([]))]).toEqual([null, null]);
  });

  test('halves are the numbers they stand for', () => {
    const half: Tensor = {
      name: 'x',
      datatype: 'FP16',
      shape: [1, 2],
      data: Uint16Array.of(0, 0x54_00),
    };
    const [plans] = inputs(['pro'], [0, 0]);
    expect(read?.([...(plans === undefined ? [] : [plans]), half]).read()).toEqual([1, 1]);
  });
});
