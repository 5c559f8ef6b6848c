import { describe, expect, test } from 'vitest';
import type { Signature, TensorSpec } from '../../core/catalog/signature.ts';
import { bindFeatures, predictionJson, readFeatureRequest } from './features.ts';

const fp32 = (name: string, shape: readonly number[]): TensorSpec => ({
  name,
  datatype: 'FP32',
  shape,
});
const signatureOf = (...inputs: readonly TensorSpec[]): Signature => ({ inputs, outputs: [] });
const matrix = signatureOf(fp32('x', [-1, 3]));
const columns = signatureOf(fp32('age', [-1, 1]), { ...fp32('city', [-1, 1]), datatype: 'BYTES' });
const vector = signatureOf(fp32('x', [3]));
const batch = signatureOf(fp32('x', [-1]));

const bound = (features: unknown, signature: Signature) => {
  const { tensors, isRow } = bindFeatures(features, signature);
  return { isRow, tensors: tensors.map(({ shape, data }) => [[...shape], Array.from(data as [])]) };
};

describe('features become tensors', () => {
  test.for([
    {
      name: 'a row',
      features: [1, 2, 3],
      of: matrix,
      isRow: true,
      tensors: [
        [
          [1, 3],
          [1, 2, 3],
        ],
      ],
    },
    {
      name: 'rows',
      features: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      of: matrix,
      isRow: false,
      tensors: [
        [
          [2, 3],
          [1, 2, 3, 4, 5, 6],
        ],
      ],
    },
    {
      name: 'one row in a list',
      features: [[1, 2, 3]],
      of: matrix,
      isRow: false,
      tensors: [
        [
          [1, 3],
          [1, 2, 3],
        ],
      ],
    },
    {
      name: 'a named tensor',
      features: { x: [1, 2, 3] },
      of: matrix,
      isRow: true,
      tensors: [
        [
          [1, 3],
          [1, 2, 3],
        ],
      ],
    },
    { name: 'a vector', features: [1, 2, 3], of: vector, isRow: true, tensors: [[[3], [1, 2, 3]]] },
    { name: 'a batch', features: [1, 2], of: batch, isRow: false, tensors: [[[2], [1, 2]]] },
    {
      name: 'named values',
      features: { age: 30, city: 'Ulm' },
      of: columns,
      isRow: true,
      tensors: [
        [[1, 1], [30]],
        [[1, 1], ['Ulm']],
      ],
    },
    {
      name: 'rows of named values',
      features: [
        { age: 30, city: 'Ulm' },
        { city: 'Bonn', age: 31 },
      ],
      of: columns,
      isRow: false,
      tensors: [
        [
          [2, 1],
          [30, 31],
        ],
        [
          [2, 1],
          ['Ulm', 'Bonn'],
        ],
      ],
    },
    {
      name: 'a row over columns',
      features: [30, 'Ulm'],
      of: columns,
      isRow: true,
      tensors: [
        [[1, 1], [30]],
        [[1, 1], ['Ulm']],
      ],
    },
    {
      name: 'rows over columns',
      features: [
        [30, 'Ulm'],
        [31, 'Bonn'],
      ],
      of: columns,
      isRow: false,
      tensors: [
        [
          [2, 1],
          [30, 31],
        ],
        [
          [2, 1],
          ['Ulm', 'Bonn'],
        ],
      ],
    },
  ])('$name', ({ features, of, isRow, tensors }) => {
    expect(bound(features, of)).toEqual({ isRow, tensors });
  });
});

describe('what does not fit is refused', () => {
  test.for([
    { name: 'too few', features: [1, 2], of: matrix },
    { name: 'ragged', features: [[1, 2, 3], [4]], of: matrix },
    { name: 'half nested', features: [[1, 2, 3], 4], of: matrix },
    { name: 'text', features: ['a', 'b', 'c'], of: matrix },
    { name: 'a bare number', features: 7, of: matrix },
    { name: 'a missing name', features: { age: 30 }, of: columns },
    { name: 'an unknown name', features: { age: 30, city: 'Ulm', zip: 1 }, of: columns },
    { name: 'a name of the language', features: JSON.parse('{"__proto__":1}'), of: columns },
    { name: 'nothing', features: [], of: columns },
    { name: 'a long row', features: [30, 'Ulm', 1], of: columns },
  ])('$name', ({ features, of }) => {
    const refused = expect.objectContaining({ code: 'TENSOR_INVALID' });
    expect(() => bindFeatures(features, of)).toThrow(refused);
  });
});

test.for([
  { shape: [1, 1], isRow: true, json: '7' },
  { shape: [1], isRow: true, json: '7' },
  { shape: [1, 1], isRow: false, json: '[[7]]' },
  { shape: [1], isRow: false, json: '[7]' },
])('$shape of one row $isRow is $json', ({ shape, isRow, json }) => {
  const tensor = { name: 'y', datatype: 'FP32', shape, data: Float32Array.of(7) } as const;
  expect(predictionJson(tensor, isRow)).toBe(json);
});

const read = (text: string) => readFeatureRequest(new TextEncoder().encode(text));

test('names may be numbers, and nothing else', () => {
  expect(read('{"features":[1],"endpoint":"e","model_version":3}')).toMatchObject({
    endpoint: 'e',
    version: '3',
  });
  expect(read('{"features":[1]}')).toMatchObject({ endpoint: null, version: null });
  for (const wrong of ['{}', '[]', '{"features":1,"endpoint":{}}', '{"features":null}']) {
    expect(() => read(wrong)).toThrow(expect.objectContaining({ code: 'REQUEST_MALFORMED' }));
  }
});
