import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DATATYPES } from '../../core/catalog/signature.ts';
import type { Signature } from '../../core/catalog/signature.ts';
import { datatypeFacts, numericData } from './datatype.ts';
import { readInferRequest } from './infer-request.ts';
import { writeInferAnswer } from './infer-response.ts';
import { inputTensors } from './infer-tensors.ts';
import { bytesOfTensor } from './tensor-binary.ts';
import type { Tensor } from './tensor.ts';

const encoder = new TextEncoder();
const signature: Signature = {
  inputs: [
    { name: 'a', datatype: 'INT32', shape: [-1, 2] },
    { name: 'b', datatype: 'BYTES', shape: [1] },
  ],
  outputs: [],
};
const a = { name: 'a', datatype: 'INT32', shape: [1, 2], data: [1, 2] };
const b = { name: 'b', datatype: 'BYTES', shape: [1], data: ['x'] };

function read(json: unknown, options: { tail?: Uint8Array; length?: number | null } = {}) {
  const { tail = new Uint8Array(), length } = options;
  const head = encoder.encode(typeof json === 'string' ? json : JSON.stringify(json));
  const body = Uint8Array.from([...head, ...tail]);
  const isBinary = options.tail !== undefined;
  return readInferRequest(body, length === undefined ? (isBinary ? head.length : null) : length);
}

describe('what a request lacks or has too much of', () => {
  const part = (over: object): object => ({ inputs: [{ ...a, ...over }, b] });
  test.for([
    { name: 'no JSON', json: '{', code: 'REQUEST_MALFORMED' },
    { name: 'a list', json: [], code: 'REQUEST_MALFORMED' },
    { name: 'no inputs', json: {}, code: 'REQUEST_MALFORMED' },
    { name: 'empty inputs', json: { inputs: [] }, code: 'REQUEST_MALFORMED' },
    { name: 'inputs of another kind', json: { inputs: {} }, code: 'REQUEST_MALFORMED' },
    { name: 'an input of another kind', json: { inputs: [1] }, code: 'REQUEST_MALFORMED' },
    { name: 'no name', json: part({ name: undefined }), code: 'REQUEST_MALFORMED' },
    { name: 'an unknown name', json: part({ name: 'c' }), code: 'TENSOR_INVALID' },
    { name: 'a missing input', json: { inputs: [a] }, code: 'TENSOR_INVALID' },
    {
      name: 'an input too many',
      json: { inputs: [a, b, { ...a, name: 'c' }] },
      code: 'TENSOR_INVALID',
    },
    { name: 'an input twice', json: { inputs: [a, a, b] }, code: 'TENSOR_INVALID' },
    { name: 'no type', json: part({ datatype: undefined }), code: 'REQUEST_MALFORMED' },
    { name: 'an unknown type', json: part({ datatype: 'INT4' }), code: 'REQUEST_MALFORMED' },
    {
      name: 'a type of the language',
      json: part({ datatype: 'toString' }),
      code: 'REQUEST_MALFORMED',
    },
    { name: 'another type', json: part({ datatype: 'FP32' }), code: 'TENSOR_INVALID' },
    { name: 'no shape', json: part({ shape: undefined }), code: 'REQUEST_MALFORMED' },
    { name: 'a negative shape', json: part({ shape: [-1, 2] }), code: 'REQUEST_MALFORMED' },
    { name: 'half a shape', json: part({ shape: [0.5, 2] }), code: 'REQUEST_MALFORMED' },
    { name: 'a huge shape', json: part({ shape: [1e9, 2] }), code: 'REQUEST_MALFORMED' },
    {
      name: 'a shape that overflows',
      json: part({ shape: [65536, 65536] }),
      code: 'REQUEST_MALFORMED',
    },
    { name: 'a deep shape', json: part({ shape: Array(20).fill(1) }), code: 'REQUEST_MALFORMED' },
    { name: 'another shape', json: part({ shape: [2, 1] }), code: 'TENSOR_INVALID' },
    { name: 'no data', json: part({ data: undefined }), code: 'TENSOR_INVALID' },
    { name: 'too much data', json: part({ data: [1, 2, 3] }), code: 'TENSOR_INVALID' },
    { name: 'an id of another kind', json: { id: 1, inputs: [a, b] }, code: 'REQUEST_MALFORMED' },
    {
      name: 'an endless id',
      json: { id: 'x'.repeat(300), inputs: [a, b] },
      code: 'REQUEST_MALFORMED',
    },
    {
      name: 'parameters of another kind',
      json: { parameters: [], inputs: [a, b] },
      code: 'REQUEST_MALFORMED',
    },
    {
      name: 'outputs of another kind',
      json: { outputs: {}, inputs: [a, b] },
      code: 'REQUEST_MALFORMED',
    },
    {
      name: 'an output without name',
      json: { outputs: [{}], inputs: [a, b] },
      code: 'REQUEST_MALFORMED',
    },
    {
      name: 'an output twice',
      json: { outputs: [{ name: 'y' }, { name: 'y' }], inputs: [a, b] },
      code: 'REQUEST_MALFORMED',
    },
    {
      name: 'classification',
      json: { outputs: [{ name: 'y', parameters: { classification: 2 } }], inputs: [a, b] },
      code: 'REQUEST_MALFORMED',
    },
    {
      name: 'shared memory',
      json: part({ parameters: { shared_memory_region: 'm' } }),
      code: 'REQUEST_MALFORMED',
    },
    {
      name: 'bytes that are not there',
      json: part({ data: undefined, parameters: { binary_data_size: 8 } }),
      code: 'REQUEST_MALFORMED',
    },
  ])('$name', ({ json, code }) => {
    expect(() => inputTensors(read(json).inputs, signature)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('lengths of binary tensors', () => {
  const binary = (size: unknown): object => ({
    inputs: [{ ...a, data: undefined, parameters: { binary_data_size: size } }, b],
  });
  const eight = new Uint8Array(8);
  test.for([
    { name: 'too short for the shape', json: binary(4), tail: new Uint8Array(4) },
    { name: 'longer than the body', json: binary(9), tail: eight },
    { name: 'shorter than the body', json: binary(8), tail: new Uint8Array(9) },
    { name: 'negative', json: binary(-8), tail: eight },
    { name: 'a fraction', json: binary(8.5), tail: eight },
    { name: 'a text', json: binary('8'), tail: eight },
    {
      name: 'data and bytes at once',
      json: { inputs: [{ ...a, parameters: { binary_data_size: 8 } }, b] },
      tail: eight,
    },
    { name: 'a head longer than the body', json: binary(8), tail: eight, length: 10_000 },
  ])('$name', ({ json, tail, length }) => {
    const given = length === undefined ? { tail } : { tail, length };
    expect(() => inputTensors(read(json, given).inputs, signature)).toThrow(
      expect.objectContaining({ status: 400 }),
    );
  });

  test.for([
    { name: 'a cut length', bytes: [1, 0, 0] },
    { name: 'a length beyond the end', bytes: [9, 0, 0, 0, 65] },
    { name: 'an endless length', bytes: [255, 255, 255, 255, 65] },
    { name: 'two elements for one', bytes: [0, 0, 0, 0, 0, 0, 0, 0] },
    { name: 'no element', bytes: [] },
    { name: 'no UTF-8', bytes: [1, 0, 0, 0, 0xff] },
  ])('of texts: $name', ({ bytes }) => {
    const tail = Uint8Array.from(bytes);
    const sent = { ...b, data: undefined, parameters: { binary_data_size: bytes.length } };
    expect(() => inputTensors(read({ inputs: [a, sent] }, { tail }).inputs, signature)).toThrow(
      expect.objectContaining({ code: 'TENSOR_INVALID' }),
    );
  });
});

describe('a raw body', () => {
  const only = (datatype: 'FP32' | 'BYTES', shape: readonly number[]): Signature => ({
    inputs: [{ name: 'x', datatype, shape }],
    outputs: [],
  });
  const raw = (bytes: Uint8Array, of: Signature): readonly Tensor[] =>
    inputTensors(readInferRequest(bytes, 0).inputs, of);

  test('is one batch of the only input', () => {
    const bytes = bytesOfTensor({
      name: '',
      datatype: 'FP32',
      shape: [4],
      data: Float32Array.of(1, 2, 3, 4),
    });
    expect(raw(bytes, only('FP32', [-1, 2]))[0]).toMatchObject({ shape: [2, 2] });
    expect(raw(bytes, only('FP32', [1, 4]))[0]).toMatchObject({ shape: [1, 4] });
    expect(raw(bytes, only('FP32', [-1, -1]))[0]).toMatchObject({ shape: [1, 4] });
    expect(raw(encoder.encode('häh'), only('BYTES', [1]))[0]?.data).toEqual(['häh']);
  });

  test.for([
    { name: 'three open sizes', of: only('FP32', [-1, -1, -1]) },
    { name: 'two inputs', of: signature },
    { name: 'another length', of: only('FP32', [1, 4]) },
    { name: 'several texts', of: only('BYTES', [2]) },
  ])('does not fit $name', ({ of }) => {
    expect(() => raw(new Uint8Array(7), of)).toThrow(expect.objectContaining({ status: 400 }));
  });
});

const tensors = fc
  .record({
    datatype: fc.constantFrom(...DATATYPES.filter((type) => type !== 'BYTES')),
    shape: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }),
    bytes: fc.uint8Array({ minLength: 216, maxLength: 216 }),
  })
  .map(({ datatype, shape, bytes }): Tensor => {
    const count = shape.reduce((product, size) => product * size, 1);
    const size = count * datatypeFacts[datatype].bytes;
    const content = datatype === 'BOOL' ? bytes.map((byte) => byte & 1) : bytes;
    const data = numericData(datatype, content.slice(0, size).buffer);
    return { name: 'x', datatype, shape, data };
  });

test('bytes of a tensor mean the same tensor, wherever they lie in the body', () => {
  fc.assert(
    fc.property(tensors, fc.string({ maxLength: 9 }), (tensor, id) => {
      const tail = bytesOfTensor(tensor);
      const { name, datatype, shape } = tensor;
      const parameters = { binary_data_size: tail.byteLength };
      const sent = read({ id, inputs: [{ name, datatype, shape, parameters }] }, { tail });
      const of = { inputs: [{ name, datatype, shape }], outputs: [] };
      expect(inputTensors(sent.inputs, of)).toEqual([tensor]);
    }),
  );
});

test('an answer may mix JSON and bytes, in the order that was wanted', () => {
  const outputs: readonly Tensor[] = [
    { name: 'p', datatype: 'FP32', shape: [2], data: Float32Array.of(0.5, 2) },
    { name: 't', datatype: 'BYTES', shape: [2], data: ['ä', ''] },
    { name: 'n', datatype: 'INT64', shape: [1], data: BigInt64Array.of(9007199254740993n) },
  ];
  const { body, headerLength } = writeInferAnswer({
    opening: '{"model_name":"m"',
    id: 'q"1',
    parameters: '{}',
    outputs,
    wanted: [
      { name: 'p', binary: true },
      { name: 't', binary: true },
      { name: 'n', binary: false },
    ],
    binaryOutputs: false,
  });
  const bytes = body as Uint8Array;
  const head = new TextDecoder().decode(bytes.subarray(0, headerLength ?? 0));
  expect(head).toBe(
    '{"model_name":"m","id":"q\\"1","parameters":{},"outputs":[' +
      '{"name":"p","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}},' +
      '{"name":"t","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":10}},' +
      '{"name":"n","datatype":"INT64","shape":[1],"data":[9007199254740993]}]}',
  );
  expect(Array.from(bytes.subarray(headerLength ?? 0))).toEqual([
    0, 0, 0, 63, 0, 0, 0, 64, 2, 0, 0, 0, 0xc3, 0xa4, 0, 0, 0, 0,
  ]);
});
