import { readMetadata, readSparseTensor, readString, readTensor } from './decode-tensor.ts';
import { readType, readValue } from './decode-type.ts';
import { SMALL_MAX } from './proto.ts';
import { element, part } from './where.ts';
import { BYTES, FIXED32, tagOf, VARINT } from './wire.ts';
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './proto.ts';
import type { Where } from './where.ts';
import type { WireReader } from './wire.ts';

type MutableGraph = {
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  values: OnnxValue[];
};

/** Reads a `GraphProto` with all that is inside. */
export function readGraph(r: WireReader, where: Where): OnnxGraph {
  return r.message(where, () => {
    const graph: MutableGraph = {
      nodes: [],
      initializers: [],
      inputs: [],
      outputs: [],
      values: [],
    };
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      if (tag === tagOf(2, BYTES) || tag === tagOf(10, BYTES)) seen = r.once(seen, tag, where);
      readGraphField(r, { tag, graph, where });
    }
    return { where, ...graph };
  });
}

type GraphField = { readonly tag: number; readonly graph: MutableGraph; readonly where: Where };

function readGraphField(r: WireReader, { tag, graph, where }: GraphField): void {
  const { nodes, initializers, inputs, outputs, values } = graph;
  switch (tag) {
    case tagOf(1, BYTES):
      nodes.push(readNode(r, element(where, 'node', nodes.length)));
      return;
    case tagOf(2, BYTES):
    case tagOf(10, BYTES):
      return r.prose(where);
    case tagOf(5, BYTES):
      initializers.push(readTensor(r, element(where, 'initializer', initializers.length)));
      return;
    case tagOf(11, BYTES):
      inputs.push(readValue(r, element(where, 'input', inputs.length)));
      return;
    case tagOf(12, BYTES):
      outputs.push(readValue(r, element(where, 'output', outputs.length)));
      return;
    case tagOf(13, BYTES):
      values.push(readValue(r, element(where, 'value_info', values.length)));
      return;
    case tagOf(14, BYTES):
      return readAnnotation(r, part(where, 'quantization_annotation'));
    case tagOf(15, BYTES): {
      const place = element(where, 'sparse_initializer', initializers.length);
      initializers.push(readSparseTensor(r, place));
      return;
    }
    case tagOf(16, BYTES):
      return readMetadata(r, where);
    default:
      return r.unknown(tag, where);
  }
}

function readAnnotation(r: WireReader, where: Where): void {
  r.message(where, () => {
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      if (tag === tagOf(1, BYTES)) {
        seen = r.once(seen, tag, where);
        r.name(where);
      } else if (tag === tagOf(2, BYTES)) readMetadata(r, where);
      else r.unknown(tag, where);
    }
  });
}

/** Fields of a `NodeProto` that stand there once. */
const singularOfNode: ReadonlySet<number> = new Set([
  tagOf(3, BYTES),
  tagOf(4, BYTES),
  tagOf(6, BYTES),
  tagOf(7, BYTES),
  tagOf(8, BYTES),
]);

/** Reads a `NodeProto`. */
export function readNode(r: WireReader, where: Where): OnnxNode {
  r.count('nodes', where);
  return r.message(where, () => {
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes: OnnxAttribute[] = [];
    const names = { name: '', opType: '', domain: '', overload: '' };
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      if (singularOfNode.has(tag)) seen = r.once(seen, tag, where);
      if (tag === tagOf(1, BYTES)) inputs.push(readPort(r, where));
      else if (tag === tagOf(2, BYTES)) outputs.push(readPort(r, where));
      else if (tag === tagOf(3, BYTES)) names.name = r.name(where);
      else if (tag === tagOf(4, BYTES)) names.opType = r.name(where);
      else if (tag === tagOf(5, BYTES)) {
        attributes.push(readAttribute(r, element(where, 'attribute', attributes.length)));
      } else if (tag === tagOf(6, BYTES)) r.prose(where);
      else if (tag === tagOf(7, BYTES)) names.domain = standardDomain(r.name(where));
      else if (tag === tagOf(8, BYTES)) names.overload = r.name(where);
      else if (tag === tagOf(9, BYTES)) readMetadata(r, where);
      else if (tag === tagOf(10, BYTES)) r.prose(where);
      else r.unknown(tag, where);
    }
    return { where, ...names, inputs, outputs, attributes };
  });
}

function readPort(r: WireReader, where: Where): string {
  r.count('values', where);
  return r.name(where);
}

/** ONNX's own domain has two spellings. */
export const standardDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

/** An `AttributeProto` while it is read. */
type Draft = {
  name: string;
  type: number;
  i: number | null;
  f: number | null;
  ints: number[];
  intCount: number;
  tensors: OnnxTensor[];
  graphs: OnnxGraph[];
  reference: string;
  /** Number of the attribute type whose field was filled; 0: none. */
  filled: number;
};

/** The attribute type (`AttributeProto.AttributeType`) a content field belongs to. */
const typeOfField: ReadonlyMap<number, number> = new Map([
  [2, 1],
  [3, 2],
  [4, 3],
  [5, 4],
  [6, 5],
  [7, 6],
  [8, 7],
  [9, 8],
  [10, 9],
  [11, 10],
  [22, 11],
  [23, 12],
  [14, 13],
  [15, 14],
]);

/** Fields of an `AttributeProto` that may stand there more than once. */
const repeatedOfAttribute: ReadonlySet<number> = new Set([7, 8, 9, 10, 11, 15, 23]);

/** Reads an `AttributeProto`, whose content must be of the type it says. */
export function readAttribute(r: WireReader, where: Where): OnnxAttribute {
  r.count('attributes', where);
  return r.message(where, () => {
    const draft: Draft = {
      name: '',
      type: 0,
      i: null,
      f: null,
      ints: [],
      intCount: 0,
      tensors: [],
      graphs: [],
      reference: '',
      filled: 0,
    };
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      if (!repeatedOfAttribute.has(tag >>> 3)) seen = r.once(seen, tag, where);
      noteFilled(r, { tag, draft, where });
      readAttributeField(r, { tag, draft, where });
    }
    if (draft.filled !== 0 && draft.type !== draft.filled) {
      const name = JSON.stringify(draft.name);
      r.fail(where, `attribute ${name} says type ${draft.type}, has ${draft.filled}`);
    }
    const { name, i, f, tensors, graphs, reference, intCount } = draft;
    const ints = intCount > SMALL_MAX ? null : draft.ints;
    return { where, name, i, f, ints, tensors, graphs, reference };
  });
}

type AttributeField = { readonly tag: number; readonly draft: Draft; readonly where: Where };

function noteFilled(r: WireReader, { tag, draft, where }: AttributeField): void {
  const type = typeOfField.get(tag >>> 3);
  if (type === undefined) return;
  if (draft.filled !== 0 && draft.filled !== type) {
    r.fail(where, 'an attribute has content of two types');
  }
  draft.filled = type;
}

function readAttributeField(r: WireReader, { tag, draft, where }: AttributeField): void {
  switch (tag) {
    case tagOf(1, BYTES):
      draft.name = r.name(where);
      return;
    case tagOf(2, FIXED32):
      draft.f = readFloat(r, where);
      return;
    case tagOf(3, VARINT):
      draft.i = r.int(where);
      return;
    case tagOf(4, BYTES):
      return readString(r, where);
    case tagOf(13, BYTES):
      return r.prose(where);
    case tagOf(20, VARINT):
      draft.type = r.uint(where);
      return;
    case tagOf(21, BYTES):
      draft.reference = r.name(where);
      return;
    case tagOf(14, BYTES):
    case tagOf(15, BYTES):
      readType(r, where);
      return;
    default:
      return readParts(r, { tag, draft, where });
  }
}

/** Tensors, graphs and lists inside an attribute. */
function readParts(r: WireReader, { tag, draft, where }: AttributeField): void {
  const { tensors, graphs } = draft;
  switch (tag) {
    case tagOf(5, BYTES):
      tensors.push(readTensor(r, part(where, 't')));
      return;
    case tagOf(10, BYTES):
      tensors.push(readTensor(r, element(where, 'tensors', tensors.length)));
      return;
    case tagOf(22, BYTES):
      tensors.push(readSparseTensor(r, part(where, 'sparse_tensor')));
      return;
    case tagOf(23, BYTES):
      tensors.push(readSparseTensor(r, element(where, 'sparse_tensors', tensors.length)));
      return;
    case tagOf(6, BYTES):
      graphs.push(readGraph(r, part(where, 'g')));
      return;
    case tagOf(11, BYTES):
      graphs.push(readGraph(r, element(where, 'graphs', graphs.length)));
      return;
    default:
      return readList(r, { tag, draft, where });
  }
}

/** Lists of numbers and strings, packed or not. Decision trees have millions of entries here. */
function readList(r: WireReader, { tag, draft, where }: AttributeField): void {
  switch (tag) {
    case tagOf(7, FIXED32):
      return countAgain(r, { tag, where, read: () => r.skip(4, where) });
    case tagOf(7, BYTES): {
      const { byteLength } = r.span(where);
      if (byteLength % 4 !== 0) r.fail(where, 'floats end inside a number');
      return r.count('elements', where, byteLength / 4);
    }
    case tagOf(8, VARINT):
      return countAgain(r, { tag, where, read: () => addInt(r, draft, where) });
    case tagOf(8, BYTES):
      return r.message(where, () => {
        const before = draft.intCount;
        while (r.more) addInt(r, draft, where);
        r.count('elements', where, draft.intCount - before);
      });
    case tagOf(9, BYTES):
      return countAgain(r, { tag, where, read: () => readString(r, where) });
    default:
      return r.unknown(tag, where);
  }
}

type Again = { readonly tag: number; readonly where: Where; readonly read: () => unknown };

/** Reads an entry and all that follow it without another field between. */
function countAgain(r: WireReader, { tag, where, read }: Again): void {
  let count = 0;
  do {
    read();
    count += 1;
  } while (r.again(tag));
  r.count('elements', where, count);
}

function addInt(r: WireReader, draft: Draft, where: Where): void {
  draft.intCount += 1;
  if (draft.intCount > SMALL_MAX) r.skipVarint(where);
  else draft.ints.push(r.int(where));
}

function readFloat(r: WireReader, where: Where): number {
  const start = r.skip(4, where);
  return new DataView(r.bytes.buffer, r.bytes.byteOffset + start, 4).getFloat32(0, true);
}
