import { describe, expect, test } from 'vitest';
import type { TensorSpec } from '../core/catalog/signature.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { versionOf } from '../../test/gateway/tables.ts';
import { columnsOf, effectsIn, occluded, rowAnswers } from './occlusion.ts';

const version = (...inputs: readonly TensorSpec[]) =>
  versionOf(1, { signature: { inputs, outputs: [] } });

const x: TensorSpec = { name: 'x', datatype: 'FP32', shape: [-1, 2] };
const plan: TensorSpec = { name: 'plan', datatype: 'BYTES', shape: [-1] };

describe('the columns of a version', () => {
  test('are those of all its inputs, under the names of its reference where it has one', () => {
    const age = { name: 'age', input: 'x', column: 1, kind: 'number', cuts: [] } as const;
    expect(columnsOf({ ...version(x, plan), features: [age] })).toEqual([
      { name: 'x[0]', input: 0, column: 0 },
      { name: 'age', input: 0, column: 1 },
      { name: 'plan', input: 1, column: 0 },
    ]);
  });

  test.each([
    { name: 'one column', inputs: [plan] },
    { name: 'an image', inputs: [{ ...x, shape: [-1, 3, 8, 8] }] },
    { name: 'no free rows', inputs: [{ ...x, shape: [1, 2] }] },
    { name: 'a free width', inputs: [{ ...x, shape: [-1, -1] }] },
    { name: 'too many', inputs: [{ ...x, shape: [-1, 65] }] },
  ])('are none with $name', ({ inputs }) => {
    expect(columnsOf(version(...inputs))).toBeNull();
  });
});

const row = (numbers: readonly number[], text: string): readonly Tensor[] => [
  { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.from(numbers) },
  { name: 'plan', datatype: 'BYTES', shape: [1], data: [text] },
];

const sampled = {
  rows: [row([1, 2], 'a'), row([3, 4], 'b')],
  donors: [row([10, 20], 'y'), row([30, 40], 'z')],
};

describe('the rows that are asked', () => {
  const columns = columnsOf(version(x, plan)) ?? [];
  const asked = (from: number, to: number) =>
    occluded(sampled, columns, { from, to }).map(({ shape, data }) => [shape, [...data]]);

  test('are the rows as they are, then each column with the values of others', () => {
    expect(asked(0, 8)).toEqual([
      [
        [8, 2],
        [1, 2, 3, 4, 10, 2, 30, 4, 1, 20, 3, 40, 1, 2, 3, 4],
      ],
      [[8], ['a', 'b', 'a', 'b', 'a', 'b', 'y', 'z']],
    ]);
  });

  test('may be cut anywhere', () => {
    expect(asked(3, 5)).toEqual([
      [
        [2, 2],
        [30, 4, 1, 20],
      ],
      [[2], ['b', 'a']],
    ]);
  });
});

describe('answers', () => {
  const labels: Tensor = {
    name: 'l',
    datatype: 'INT64',
    shape: [4],
    data: BigInt64Array.of(1n, 0n, 1n, 1n),
  };
  const scores: Tensor = {
    name: 'p',
    datatype: 'FP32',
    shape: [4, 1],
    data: Float32Array.of(0.5, 0.25, 1, 0.25),
  };

  test('are the numbers of each row; names only where there are none', () => {
    expect(rowAnswers([labels, scores], 4)).toEqual([[0.5], [0.25], [1], [0.25]]);
    expect(rowAnswers([labels], 4)).toEqual([['1'], ['0'], ['1'], ['1']]);
    expect(rowAnswers([scores], 2)).toBeNull();
    expect(rowAnswers([], 2)).toBeNull();
  });

  test('that moved are effects, by column and row', () => {
    expect(effectsIn(rowAnswers([scores], 4) ?? [], 2)).toEqual([[0.5, 0]]);
    expect(effectsIn(rowAnswers([labels], 4) ?? [], 2)).toEqual([[0, 1]]);
    expect(effectsIn([[1], [Number.NaN]], 1)).toEqual([[1]]);
  });
});
