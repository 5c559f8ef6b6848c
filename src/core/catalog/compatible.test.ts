import { expect, test } from 'vitest';
import { differences } from './compatible.ts';
import type { Signature, TensorSpec } from './signature.ts';

const tensor = (
  name: string,
  shape: readonly number[],
  datatype = 'FP32' as const,
): TensorSpec => ({
  name,
  datatype,
  shape,
});
const of = (inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): Signature => ({
  inputs,
  outputs,
});
const baseline = of([tensor('x', [-1, 30])], [tensor('y', [-1, 2])]);

test.for<{
  readonly what: string;
  readonly candidate: Signature;
  readonly says: readonly string[];
}>([
  { what: 'the same', candidate: baseline, says: [] },
  {
    what: 'a free dimension where one was fixed',
    candidate: of([tensor('x', [-1, -1])], [tensor('y', [-1, -1])]),
    says: [],
  },
  {
    what: 'a further output',
    candidate: of(baseline.inputs, [...baseline.outputs, tensor('z', [1])]),
    says: [],
  },
  {
    what: 'a fixed batch',
    candidate: of([tensor('x', [1, 30])], baseline.outputs),
    says: ['input x has shape [1, 30], but [any, 30] in the baseline'],
  },
  {
    what: 'another width',
    candidate: of([tensor('x', [-1, 31])], baseline.outputs),
    says: ['input x has shape [any, 31], but [any, 30] in the baseline'],
  },
  {
    what: 'another rank',
    candidate: of([tensor('x', [30])], baseline.outputs),
    says: ['input x has shape [30], but [any, 30] in the baseline'],
  },
  {
    what: 'another type',
    candidate: of([{ ...tensor('x', [-1, 30]), datatype: 'FP64' }], baseline.outputs),
    says: ['input x is FP64, but FP32 in the baseline'],
  },
  {
    what: 'a renamed input',
    candidate: of([tensor('features', [-1, 30])], baseline.outputs),
    says: ['the candidate has no input x', 'the candidate wants a further input features'],
  },
  {
    what: 'an output less',
    candidate: of(baseline.inputs, []),
    says: ['the candidate has no output y'],
  },
  {
    what: 'another number of classes',
    candidate: of(baseline.inputs, [tensor('y', [-1, 3])]),
    says: ['output y has shape [any, 3], but [any, 2] in the baseline'],
  },
])('$what', ({ candidate, says }) => {
  expect(differences(baseline, candidate)).toEqual(says);
});
