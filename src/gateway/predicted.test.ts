import { describe, expect, test } from 'vitest';
import type { Datatype } from '../core/catalog/signature.ts';
import type { Predicted } from '../core/feedback/predicted.ts';
import { predictedText, readPredicted } from '../protocol/inference/predicted-text.ts';
import type { Tensor, TensorData } from '../protocol/inference/tensor.ts';
import { predictedReader } from './predicted.ts';

type Output = readonly [name: string, datatype: Datatype, data: TensorData];

/** What is read back from the text that was made of an answer. */
function readBack(outputs: readonly Output[]): Predicted {
  const read = predictedReader({
    inputs: [],
    outputs: outputs.map(([name, datatype]) => ({ name, datatype, shape: [-1] })),
  });
  const { label: named, score: scored } = read(
    outputs.map(([name, datatype, data]): Tensor => {
      return { name, datatype, shape: [data.length], data };
    }),
  );
  const [label = '', score = ''] = predictedText(named, scored).split('.');
  return readPredicted(label, score);
}

const f32 = (...values: number[]): Float32Array => new Float32Array(values);
const near = (value: number): unknown => expect.closeTo(value, 6);

describe('what an answer says of itself', () => {
  test.for<{ name: string; outputs: readonly Output[]; says: unknown }>([
    {
      name: 'a class and two probabilities',
      outputs: [
        ['label', 'INT64', new BigInt64Array([1n])],
        ['p', 'FP32', f32(0.25, 0.75)],
      ],
      says: { label: '1', score: { kind: 'positive', value: near(0.75) } },
    },
    {
      name: 'a class and the probabilities of four',
      outputs: [
        ['label', 'BYTES', ['très élevé']],
        ['p', 'FP32', f32(0.1, 0.2, 0.6, 0.1)],
      ],
      says: { label: 'très élevé', score: { kind: 'top', value: near(0.6) } },
    },
    {
      name: 'a class and its probability',
      outputs: [
        ['label', 'BOOL', new Uint8Array([1])],
        ['p', 'FP64', new Float64Array([0.9])],
      ],
      says: { label: '1', score: { kind: 'positive', value: near(0.9) } },
    },
    {
      name: 'probabilities alone: the class is the place of the likeliest',
      outputs: [['p', 'FP32', f32(0.1, 0.8, 0.1)]],
      says: { label: '1', score: { kind: 'top', value: near(0.8) } },
    },
    {
      name: 'one number',
      outputs: [['y', 'FP32', f32(-12.5)]],
      says: { label: null, score: { kind: 'value', value: -12.5 } },
    },
    {
      name: 'a class alone',
      outputs: [['label', 'INT32', new Int32Array([-7])]],
      says: { label: '-7', score: null },
    },
    {
      name: 'a class and numbers that are no probabilities',
      outputs: [
        ['label', 'INT64', new BigInt64Array([2n])],
        ['logits', 'FP32', f32(3, -1)],
      ],
      says: { label: '2', score: null },
    },
    {
      name: 'a vector',
      outputs: [['y', 'FP32', f32(3, 4, 5)]],
      says: { label: null, score: null },
    },
    {
      name: 'several rows',
      outputs: [['label', 'INT64', new BigInt64Array([1n, 0n])]],
      says: { label: null, score: null },
    },
    {
      name: 'a class with an endless name',
      outputs: [['label', 'BYTES', ['x'.repeat(65)]]],
      says: { label: null, score: null },
    },
    {
      name: 'no number at all',
      outputs: [['p', 'FP32', f32(Number.NaN, 1)]],
      says: { label: null, score: null },
    },
    {
      name: 'a number beyond 32 bits',
      outputs: [['y', 'FP64', new Float64Array([1e300])]],
      says: { label: null, score: null },
    },
    { name: 'nothing', outputs: [], says: { label: null, score: null } },
  ])('$name', ({ outputs, says }) => {
    expect(readBack(outputs)).toEqual(says);
  });

  test('outputs that the caller did not ask for say nothing', () => {
    const read = predictedReader({
      inputs: [],
      outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }],
    });
    expect(read([])).toEqual({ label: null, score: null });
  });
});
