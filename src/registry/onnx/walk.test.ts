import { describe, expect, test } from 'vitest';
import { Fault } from '../../protocol/errors.ts';
import * as w from '../../../test/fuzz/onnx-writer.ts';
import { defaultWalkCaps } from './caps.ts';
import { walkOnnx } from './walk.ts';
import type { WalkCaps } from './caps.ts';

const { attribute, bytes, fn, graph, int, int64s, join, model, node } = w;
const { opset, tensor, tensorType, text, value } = w;

/** The walk's signature, or the code and the place of its refusal. */
function walked(file: Uint8Array, caps: Partial<WalkCaps> = {}) {
  try {
    return walkOnnx(file, { ...defaultWalkCaps, ...caps }).signature;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { code: error.code, path: error.path, what: error.message };
  }
}

const code = (file: Uint8Array, caps: Partial<WalkCaps> = {}): string => {
  const result = walked(file, caps);
  return 'code' in result ? result.code : 'admitted';
};

const inGraph = (parts: w.GraphParts): Uint8Array => model({ graph: graph(parts) });

const floats = (count: number): Uint8Array => bytes(9, new Uint8Array(count * 4));
const constant = (output: string, content: Uint8Array): Uint8Array =>
  node({
    op: 'Constant',
    inputs: [],
    outputs: [output],
    attributes: [attribute.tensor('value', content)],
  });

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

describe('limits', () => {
  const relus = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      node({
        op: 'Relu',
        inputs: [i === 0 ? 'x' : `v${i}`],
        outputs: [i === count - 1 ? 'y' : `v${i + 1}`],
      }),
    );
  const weights = (count: number) =>
    Array.from({ length: count }, (_, i) => tensor({ name: `w${i}`, dims: [1], data: floats(1) }));
  const nested = (depth: number): Uint8Array => {
    let body = graph({ inputs: [], nodes: [node({ op: 'Relu' })] });
    for (let level = 1; level < depth; level += 1) {
      const branch = attribute.graph('then_branch', body);
      body = graph({ inputs: [], nodes: [node({ op: 'If', attributes: [branch] })] });
    }
    return inGraph({
      nodes: [node({ op: 'If', attributes: [attribute.graph('then_branch', body)] })],
    });
  };
  const list = inGraph({
    nodes: [node({ op: 'Relu', attributes: [attribute.ints('a', [1, 2, 3])] })],
  });
  const sized = model();

  test.for([
    {
      what: 'bytes',
      caps: { fileBytesMax: sized.length },
      fits: sized,
      over: join(sized, int(5, 1)),
    },
    {
      what: 'nodes',
      caps: { nodesMax: 3 },
      fits: inGraph({ nodes: relus(3) }),
      over: inGraph({ nodes: relus(4) }),
    },
    {
      what: 'tensors',
      caps: { tensorsMax: 2 },
      fits: inGraph({ initializers: weights(2) }),
      over: inGraph({ initializers: weights(3) }),
    },
    {
      what: 'elements',
      caps: { elementsMax: 2 },
      fits: inGraph({ initializers: weights(2) }),
      over: list,
    },
    { what: 'attributes', caps: { attributesMax: 0 }, fits: sized, over: list },
    {
      what: 'inputs',
      caps: { portsMax: 1 },
      fits: sized,
      over: inGraph({ inputs: [value('x'), value('z')] }),
    },
    {
      what: 'dimensions',
      caps: { rankMax: 1 },
      fits: sized,
      over: inGraph({ inputs: [value('x', tensorType(1, [1, 1]))] }),
    },
    {
      what: 'bytes of a name',
      caps: { nameBytesMax: 4 },
      fits: sized,
      over: inGraph({ nodes: [node({ op: 'Relu', name: 'abcde' })] }),
    },
    {
      what: 'bytes of a text',
      caps: { textBytesMax: 4 },
      fits: model({ more: text(6, 'abcd') }),
      over: model({ more: text(6, 'abcde') }),
    },
    {
      what: 'metadata',
      caps: { metadataMax: 1 },
      fits: model({ more: bytes(14, text(1, 'a')) }),
      over: model({ more: join(bytes(14, text(1, 'a')), bytes(14, text(1, 'b'))) }),
    },
    {
      what: 'functions',
      caps: { functionsMax: 0 },
      fits: sized,
      over: model({ functions: [fn({ name: 'f', nodes: [node({ op: 'Relu' })] })] }),
    },
    { what: 'values', caps: { valuesMax: 4 }, fits: sized, over: inGraph({ nodes: relus(2) }) },
    { what: 'nested messages', caps: {}, fits: nested(31), over: nested(40) },
  ])('hold for $what', ({ caps, fits, over }) => {
    expect(code(fits, caps)).toBe('admitted');
    expect(code(over, caps)).toBe('ONNX_LIMIT');
  });

  test('4 000 messages inside each other do not reach the end of the stack', () => {
    let type = Buffer.alloc(0);
    for (let depth = 0; depth < 2_000; depth += 1) type = Buffer.from(bytes(4, bytes(1, type)));
    expect(code(inGraph({ inputs: [value('x', type)] }))).toBe('ONNX_LIMIT');
  });
});

describe('constants', () => {
  const weight = (type: number, dims: readonly number[], data: Uint8Array) =>
    inGraph({ initializers: [tensor({ type, dims, data })] });

  test.for([
    { what: 'raw FLOAT', file: weight(1, [2, 3], floats(6)) },
    { what: 'packed FLOAT', file: weight(1, [2], bytes(4, new Uint8Array(8))) },
    { what: 'FLOAT one by one', file: weight(1, [2], join(w.float(4, 1), w.float(4, 2))) },
    { what: 'raw INT4', file: weight(22, [5], bytes(9, new Uint8Array(3))) },
    { what: 'INT2 in int32_data', file: weight(26, [5], bytes(5, new Uint8Array(2))) },
    { what: 'COMPLEX64', file: weight(14, [2], bytes(4, new Uint8Array(16))) },
    { what: 'STRING', file: weight(8, [2], join(text(6, 'a'), text(6, ''))) },
    { what: 'BOOL in int32_data', file: weight(9, [2], bytes(5, Uint8Array.from([0, 1]))) },
    { what: 'a scalar', file: weight(1, [], floats(1)) },
    { what: 'nothing', file: weight(1, [0, 5], join()) },
  ])('of $what are counted right', ({ file }) => {
    expect(code(file)).toBe('admitted');
  });

  test.for([
    { what: 'too few bytes', file: weight(1, [2, 3], floats(5)) },
    { what: 'too many bytes', file: weight(1, [2, 3], floats(7)) },
    { what: 'no data', file: weight(1, [1], join()) },
    { what: 'data of nothing', file: weight(1, [0], floats(1)) },
    { what: 'data of another type', file: weight(1, [2], bytes(7, Uint8Array.from([1, 2]))) },
    { what: 'data twice', file: weight(1, [1], join(floats(1), w.float(4, 1))) },
    { what: 'raw text', file: weight(8, [1], bytes(9, Uint8Array.from([65]))) },
    { what: 'no element type', file: weight(0, [1], floats(1)) },
    { what: 'an unknown element type', file: weight(27, [1], floats(1)) },
  ])('with $what are refused', ({ file }) => {
    expect(walked(file)).toMatchObject({ code: 'ONNX_TENSOR', path: 'graph.initializer[0]' });
  });
});

describe('what constants unfold to', () => {
  const big = 2 ** 28;
  const shape = int64s('s', [big]);
  const one = tensor({ name: 'one', dims: [1], data: floats(1) });
  const of = (op: string, inputs: readonly string[], ...initializers: readonly Uint8Array[]) =>
    inGraph({ nodes: [node({ op, inputs, outputs: ['t'] }), node({ op: 'Relu' })], initializers });

  const sparse = join(
    bytes(1, tensor({ name: 'w', dims: [1], data: floats(1) })),
    bytes(2, int64s('', [0])),
    int(3, 2 ** 20),
    int(3, 2 ** 20),
  );
  const shapeMaker = (...nodes: readonly Uint8Array[]) =>
    inGraph({
      nodes: [
        ...nodes,
        node({ op: 'ConstantOfShape', inputs: ['s'], outputs: ['t'] }),
        node({ op: 'Relu' }),
      ],
      initializers: [int64s('a', [2 ** 14]), int64s('b', [2 ** 14])],
    });

  test.for([
    { what: 'ConstantOfShape', file: of('ConstantOfShape', ['s'], shape) },
    { what: 'Expand', file: of('Expand', ['one', 's'], one, shape) },
    { what: 'Expand of what is not known', file: of('Expand', ['x', 's'], shape) },
    { what: 'Tile', file: of('Tile', ['one', 's'], one, shape) },
    {
      what: 'a shape that is multiplied',
      file: shapeMaker(node({ op: 'Mul', inputs: ['a', 'b'], outputs: ['s'] })),
    },
    {
      what: 'a shape that is joined',
      file: shapeMaker(node({ op: 'Concat', inputs: ['a', 'b'], outputs: ['s'] })),
    },
    {
      what: 'a shape given after its use',
      file: inGraph({
        nodes: [
          node({ op: 'ConstantOfShape', inputs: ['c'], outputs: ['t'] }),
          constant('c', int64s('', [big])),
          node({ op: 'Relu' }),
        ],
      }),
    },
    {
      what: 'a broadcast of two constants',
      file: of(
        'Add',
        ['p', 'q'],
        tensor({ name: 'p', dims: [20_000, 1], data: floats(20_000) }),
        tensor({ name: 'q', dims: [1, 20_000], data: floats(20_000) }),
      ),
    },
    { what: 'a sparse constant', file: inGraph({ more: bytes(15, sparse) }) },
    {
      what: 'a shape inside a branch',
      file: inGraph({
        nodes: [
          node({
            op: 'If',
            attributes: [
              attribute.graph(
                'then_branch',
                graph({
                  inputs: [],
                  outputs: [value('t')],
                  nodes: [node({ op: 'ConstantOfShape', inputs: ['s'], outputs: ['t'] })],
                }),
              ),
            ],
          }),
        ],
        initializers: [shape],
      }),
    },
  ])('by $what is refused with its size', ({ file }) => {
    expect(walked(file)).toMatchObject({
      code: 'ONNX_EXPANSION',
      what: expect.stringMatching(/\b(1073741824|1600000000|4398046511104)\b/),
    });
  });

  test('adds up over constants', () => {
    const nodes = ['a', 'b', 'c'].map((output) =>
      node({ op: 'ConstantOfShape', inputs: ['s'], outputs: [output] }),
    );
    const file = (count: number) =>
      inGraph({
        nodes: [...nodes.slice(0, count), node({ op: 'Relu' })],
        initializers: [int64s('s', [50_000_000])],
      });
    expect(code(file(2))).toBe('admitted');
    expect(code(file(3))).toBe('ONNX_EXPANSION');
  });

  test('does not count what passes through', () => {
    const tiles = Array.from({ length: 8 }, (_, i) =>
      node({ op: 'Tile', inputs: ['x', 's'], outputs: [i === 7 ? 'y' : `t${i}`] }),
    );
    expect(code(inGraph({ nodes: tiles, initializers: [int64s('s', [100_000_000])] }))).toBe(
      'admitted',
    );
  });
});

describe('loops', () => {
  const yes = tensor({ name: 'yes', type: 9, dims: [], data: bytes(9, Uint8Array.from([1])) });
  const rounds = (name: string, count: number | bigint) =>
    tensor({ name, type: 7, dims: [], data: bytes(7, w.varint(count)) });
  const handsOn = graph({
    nodes: [
      node({ op: 'Identity', inputs: ['go'], outputs: ['on'] }),
      node({ op: 'Relu', inputs: ['v'], outputs: ['u'] }),
    ],
    inputs: [value('i'), value('go'), value('v')],
    outputs: [value('on'), value('u')],
  });
  const decides = graph({
    nodes: [
      node({ op: 'Less', inputs: ['v', 'v'], outputs: ['on'] }),
      node({ op: 'Relu', inputs: ['v'], outputs: ['u'] }),
    ],
    inputs: [value('i'), value('go'), value('v')],
    outputs: [value('on'), value('u')],
  });
  const loop = (body: Uint8Array, inputs: readonly string[]) =>
    node({ op: 'Loop', inputs, attributes: [attribute.graph('body', body)] });
  const inner = graph({
    nodes: [
      node({ op: 'Identity', inputs: ['go'], outputs: ['on'] }),
      node({
        op: 'Loop',
        inputs: ['m', '', 'v'],
        outputs: ['u'],
        attributes: [attribute.graph('body', handsOn)],
      }),
    ],
    inputs: [value('i2'), value('go'), value('v')],
    outputs: [value('on'), value('u')],
  });
  const initializers = [yes, rounds('m', 10_000), rounds('max', 2n ** 63n - 1n)];
  const file = (one: Uint8Array) => inGraph({ nodes: [one], initializers });

  test.for([
    { what: 'of few rounds', one: loop(handsOn, ['m', 'yes', 'x']), expected: 'admitted' },
    { what: 'that data end', one: loop(decides, ['max', 'yes', 'x']), expected: 'admitted' },
    { what: 'of 2^63 rounds', one: loop(handsOn, ['max', 'yes', 'x']), expected: 'ONNX_ENDLESS' },
    { what: 'without a count', one: loop(handsOn, ['', 'yes', 'x']), expected: 'ONNX_ENDLESS' },
    { what: 'inside each other', one: loop(inner, ['m', '', 'x']), expected: 'ONNX_ENDLESS' },
  ])('$what: $expected', ({ one, expected }) => {
    expect(code(file(one))).toBe(expected);
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
