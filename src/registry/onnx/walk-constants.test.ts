import { describe, expect, test } from 'vitest';
import * as w from '../../../test/fuzz/onnx-writer.ts';
import { code, floats, inGraph, walked } from '../../../test/onnx/walked.ts';

const { attribute, bytes, graph, int, int64s, join, node, tensor, text, value } = w;

const constant = (output: string, content: Uint8Array): Uint8Array =>
  node({
    op: 'Constant',
    inputs: [],
    outputs: [output],
    attributes: [attribute.tensor('value', content)],
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
