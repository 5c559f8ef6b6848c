import { describe, expect, test } from 'vitest';
import * as w from '../../../test/fuzz/onnx-writer.ts';
import { code, floats, inGraph, walked } from '../../../test/onnx/walked.ts';
import { walkOnnx } from './walk.ts';

const {
  attribute,
  bytes,
  fn,
  graph,
  int,
  join,
  model,
  node,
  opset,
  tensor,
  tensorType,
  text,
  value,
} = w;

describe('the signature', () => {
  const types = [
    [1, 'FP32'],
    [2, 'UINT8'],
    [3, 'INT8'],
    [4, 'UINT16'],
    [5, 'INT16'],
    [6, 'INT32'],
    [7, 'INT64'],
    [8, 'BYTES'],
    [9, 'BOOL'],
    [10, 'FP16'],
    [11, 'FP64'],
    [12, 'UINT32'],
    [13, 'UINT64'],
  ] as const;

  test.for(types)('calls element type %d %s', ([type, datatype]) => {
    const file = inGraph({ inputs: [value('x', tensorType(type, ['n', 3, null, -1]))] });
    expect(walked(file)).toMatchObject({
      inputs: [{ name: 'x', datatype, shape: [-1, 3, -1, -1] }],
    });
  });

  test.for([0, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 99])(
    'refuses element type %d, which cannot be sent',
    (type) => {
      expect(code(inGraph({ inputs: [value('x', tensorType(type, [1]))] }))).toBe('ONNX_TYPE');
      expect(code(inGraph({ outputs: [value('y', tensorType(type, [1]))] }))).toBe('ONNX_TYPE');
    },
  );

  const sequenceOfMaps = bytes(4, bytes(1, bytes(5, join(int(1, 7), bytes(2, tensorType(1))))));
  test.for([
    { what: 'sequence of maps', type: sequenceOfMaps, says: 'zipmap=False' },
    { what: 'map', type: bytes(5, int(1, 7)), says: 'zipmap=False' },
    { what: 'optional', type: bytes(9, join()), says: 'an optional value' },
    { what: 'sparse tensor', type: bytes(8, join()), says: 'a sparse tensor' },
    { what: 'opaque', type: bytes(7, join()), says: 'an opaque value' },
  ])('refuses an output that is a $what', ({ type, says }) => {
    expect(walked(inGraph({ outputs: [value('y', type)] }))).toMatchObject({
      code: 'ONNX_TYPE',
      path: 'graph.output[0]',
      what: expect.stringContaining(says),
    });
  });

  test.for([3, 4])('leaves out inputs that have an initializer, IR %d', (ir) => {
    const weight = tensor({ name: 'w', dims: [2], data: floats(2) });
    const body = graph({
      nodes: [node({ op: 'Add', inputs: ['x', 'w'] })],
      initializers: [weight],
      inputs: [value('x'), value('w', tensorType(1, [2]))],
    });
    expect(walked(model({ ir, graph: body }))).toMatchObject({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
    });
  });

  test('keeps an output without rank apart', () => {
    const file = inGraph({ outputs: [value('y', tensorType(1))] });
    expect(walkOnnx(file)).toMatchObject({
      unranked: ['y'],
      signature: { outputs: [{ name: 'y', datatype: 'FP32', shape: [] }] },
    });
  });

  test('wants the rank of an input', () => {
    expect(code(inGraph({ inputs: [value('x', tensorType(1))] }))).toBe('ONNX_SIGNATURE');
  });
});

describe('the wire', () => {
  const y = model();

  test('every beginning of a model is refused', () => {
    const codes = Array.from({ length: y.length }, (_, end) => code(y.subarray(0, end)));
    const expected = ['ONNX_TRUNCATED', 'ONNX_MALFORMED', 'ONNX_VERSION'];
    expect(codes.filter((one) => !expected.includes(one))).toEqual([]);
  });

  test.for([
    { what: 'a varint of eleven bytes', more: Uint8Array.from([8, ...Array(11).fill(0xff)]) },
    { what: 'a varint beyond 64 bits', more: Uint8Array.from([8, ...Array(9).fill(0xff), 2]) },
    { what: 'a length of 2^63', more: join(Uint8Array.from([0x32]), w.varint(2n ** 63n)) },
    { what: 'a length of 2^53', more: join(Uint8Array.from([0x32]), w.varint(2 ** 53)) },
    { what: 'a tag of 2^35', more: w.varint(2 ** 35) },
    { what: 'a group', more: Uint8Array.from([0x33, 0x34]) },
    { what: 'a text that is not UTF-8', more: join(bytes(2, Uint8Array.from([0xc3, 0x28]))) },
  ])('$what is refused', ({ more }) => {
    expect(code(join(more, model()))).toBe('ONNX_MALFORMED');
  });

  test('a field that belongs to no model is refused before and after the graph', () => {
    expect(code(join(int(99, 1), y))).toBe('ONNX_MALFORMED');
    expect(code(join(y, int(99, 1)))).toBe('ONNX_TRAILING_BYTES');
    expect(code(join(y, Uint8Array.from([0])))).toBe('ONNX_TRAILING_BYTES');
    expect(code(join(y, Buffer.from('PK\x03\x04')))).toBe('ONNX_TRAILING_BYTES');
  });

  test.for([
    { what: 'graph', file: join(y, bytes(7, graph())) },
    { what: 'IR version', file: join(y, int(1, 8)) },
    {
      what: 'operator of a node',
      file: inGraph({ nodes: [join(node({ op: 'A' }), text(4, 'B'))] }),
    },
    {
      what: 'type of a tensor',
      file: inGraph({ initializers: [join(tensor({ dims: [1], data: floats(1) }), int(2, 7))] }),
    },
    {
      what: 'raw data',
      file: inGraph({ initializers: [tensor({ dims: [1], data: join(floats(1), floats(1)) })] }),
    },
    {
      what: 'subgraph',
      file: inGraph({
        nodes: [
          node({ op: 'If', attributes: [join(attribute.graph('a', graph()), bytes(6, graph()))] }),
        ],
      }),
    },
    { what: 'type of a value', file: inGraph({ inputs: [join(value('x'), bytes(2, join()))] }) },
  ])('a second $what is refused, since readers disagree on which counts', ({ file }) => {
    expect(walked(file)).toMatchObject({
      code: 'ONNX_MALFORMED',
      what: expect.stringContaining('twice'),
    });
  });

  test('a message cannot read past its own end', () => {
    const inner = join(text(1, 'x'), Uint8Array.from([0x12, 0x7f]));
    const result = walked(inGraph({ inputs: [inner], more: join(...Array(40).fill(int(99, 0))) }));
    expect(result).toMatchObject({ code: 'ONNX_MALFORMED', path: 'graph.input[0].type' });
  });

  test('an attribute has content of the type it says', () => {
    const of = (...fields: readonly Uint8Array[]) =>
      code(inGraph({ nodes: [node({ op: 'Relu', attributes: [join(text(1, 'a'), ...fields)] })] }));
    expect(of(int(3, 1), int(20, 2))).toBe('admitted');
    expect(of(int(20, 2))).toBe('admitted');
    expect(of(int(3, 1), int(20, 1))).toBe('ONNX_MALFORMED');
    expect(of(int(3, 1))).toBe('ONNX_MALFORMED');
    expect(of(int(3, 1), text(4, 'x'), int(20, 2))).toBe('ONNX_MALFORMED');
  });
});

describe('operators and functions', () => {
  const local = (name: string, calls: readonly string[]) =>
    fn({
      name,
      nodes: [
        ...calls.map((op, i) => node({ op, domain: 'local', outputs: [`t${i}`] })),
        node({ op: 'Relu' }),
      ],
    });
  const calling = (op: string, functions: readonly Uint8Array[]) =>
    model({ graph: graph({ nodes: [node({ op, domain: 'local' })] }), functions });

  test('functions that double each other are measured, not unfolded', () => {
    const levels = Array.from({ length: 60 }, (_, i) =>
      local(`f${i}`, i === 0 ? [] : [`f${i - 1}`, `f${i - 1}`]),
    );
    expect(code(calling('f9', levels))).toBe('admitted');
    expect(code(calling('f59', levels))).toBe('ONNX_FUNCTION');
  });

  test.for([
    {
      what: 'com.microsoft operator',
      op: 'FusedMatMul',
      domain: 'com.microsoft',
      expected: 'admitted',
    },
    {
      what: 'operator that reads files',
      op: 'EPContext',
      domain: 'com.microsoft',
      expected: 'ONNX_OPERATOR',
    },
    {
      what: 'training operator',
      op: 'Adam',
      domain: 'ai.onnx.preview.training',
      expected: 'ONNX_OPERATOR',
    },
    { what: 'prototype name', op: 'toString', domain: '__proto__', expected: 'ONNX_OPERATOR' },
  ])('$what: $expected', ({ op, domain, expected }) => {
    const file = model({
      graph: graph({ nodes: [node({ op, domain })] }),
      opsets: [opset('', 17), opset(domain, 1)],
    });
    expect(code(file)).toBe(expected);
  });

  test.for([
    { ir: 2, expected: 'ONNX_VERSION' },
    { ir: 3, expected: 'admitted' },
    { ir: 13, expected: 'admitted' },
    { ir: 14, expected: 'ONNX_VERSION' },
    { ir: 2n ** 63n, expected: 'ONNX_VERSION' },
  ])('IR version $ir: $expected', ({ ir, expected }) => {
    expect(code(model({ ir }))).toBe(expected);
  });

  test.for([
    { what: 'twice the same', opsets: [opset('', 17), opset('', 17)], expected: 'admitted' },
    { what: 'two spellings', opsets: [opset('', 17), opset('ai.onnx', 17)], expected: 'admitted' },
    { what: 'two versions', opsets: [opset('', 17), opset('', 18)], expected: 'ONNX_NAMES' },
    { what: 'none', opsets: [], expected: 'ONNX_VERSION' },
    { what: 'the first', opsets: [opset('', 1)], expected: 'admitted' },
    { what: 'before the first', opsets: [opset('', 0)], expected: 'ONNX_VERSION' },
    { what: 'the newest', opsets: [opset('', 26)], expected: 'admitted' },
    { what: 'after the newest', opsets: [opset('', 27)], expected: 'ONNX_VERSION' },
  ])('opset imports: $what: $expected', ({ opsets, expected }) => {
    expect(code(model({ opsets }))).toBe(expected);
  });

  test('names in their refusal the node as its author called it', () => {
    const custom = node({ op: 'Boom', domain: 'evil', name: 'layer 3' });
    expect(walked(inGraph({ nodes: [custom] }))).toMatchObject({
      code: 'ONNX_OPERATOR',
      path: 'graph.node[0]',
      what: 'graph.node[0]: node "layer 3" (evil.Boom) is a custom operator of the domain "evil".',
    });
  });
});
