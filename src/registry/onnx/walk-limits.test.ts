import { describe, expect, test } from 'vitest';
import * as w from '../../../test/fuzz/onnx-writer.ts';
import { code, floats, inGraph } from '../../../test/onnx/walked.ts';

const { attribute, bytes, fn, graph, int, join, model, node, tensor, tensorType, text, value } = w;

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
