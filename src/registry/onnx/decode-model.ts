import { readAttribute, readGraph, readNode, standardDomain } from './decode-graph.ts';
import { readMetadata } from './decode-tensor.ts';
import { readValue } from './decode-type.ts';
import { element, part, wholeFile } from './where.ts';
import { BYTES, refuse, tagOf, VARINT } from './wire.ts';
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OpsetImport } from './proto.ts';
import type { Where } from './where.ts';
import type { WireReader } from './wire.ts';

/** A `ModelProto` while it is read. */
type Draft = {
  irVersion: number;
  producer: string[];
  imports: OpsetImport[];
  graph: OnnxGraph | null;
  functions: OnnxFunction[];
};

/** Fields of a `ModelProto` that may stand there more than once. */
const repeated: ReadonlySet<number> = new Set([8, 14, 20, 25, 26]);

/** Reads the whole file as a `ModelProto`. */
export function readModel(r: WireReader): OnnxModel {
  const draft: Draft = { irVersion: 0, producer: [], imports: [], graph: null, functions: [] };
  let seen = 0;
  while (r.more) {
    const code = draft.graph === null ? 'ONNX_MALFORMED' : 'ONNX_TRAILING_BYTES';
    const tag = r.tag(wholeFile, code);
    if (!known.has(tag)) r.unknown(tag, wholeFile, code);
    if (!repeated.has(tag >>> 3)) seen = r.once(seen, tag, wholeFile);
    readModelField(r, tag, draft);
  }
  const { irVersion, producer, imports, graph, functions } = draft;
  if (graph === null) return r.fail(wholeFile, 'the model has no graph');
  return { irVersion, producer: producer.join(' '), imports, graph, functions };
}

const known: ReadonlySet<number> = new Set([
  tagOf(1, VARINT),
  tagOf(2, BYTES),
  tagOf(3, BYTES),
  tagOf(4, BYTES),
  tagOf(5, VARINT),
  tagOf(6, BYTES),
  tagOf(7, BYTES),
  tagOf(8, BYTES),
  tagOf(14, BYTES),
  tagOf(20, BYTES),
  tagOf(25, BYTES),
  tagOf(26, BYTES),
]);

function readModelField(r: WireReader, tag: number, draft: Draft): void {
  const { imports, functions } = draft;
  switch (tag) {
    case tagOf(1, VARINT):
      draft.irVersion = r.int(wholeFile);
      return;
    case tagOf(2, BYTES):
    case tagOf(3, BYTES):
      draft.producer.push(r.name(wholeFile));
      return;
    case tagOf(5, VARINT):
      return r.skipVarint(wholeFile);
    case tagOf(7, BYTES):
      draft.graph = readGraph(r, part(wholeFile, 'graph'));
      return;
    case tagOf(8, BYTES):
      imports.push(readImport(r, element(wholeFile, 'opset_import', imports.length)));
      return;
    case tagOf(14, BYTES):
      return readMetadata(r, part(wholeFile, 'metadata_props'));
    case tagOf(20, BYTES):
      return refuse(
        'ONNX_TRAINING',
        'the model carries graphs for training',
        part(wholeFile, 'training_info'),
      );
    case tagOf(25, BYTES):
      functions.push(readFunction(r, element(wholeFile, 'functions', functions.length)));
      return;
    default:
      return r.prose(wholeFile);
  }
}

function readImport(r: WireReader, where: Where): OpsetImport {
  return r.message(where, () => {
    let domain = '';
    let version = 0;
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      seen = r.once(seen, tag, where);
      if (tag === tagOf(1, BYTES)) domain = standardDomain(r.name(where));
      else if (tag === tagOf(2, VARINT)) version = r.int(where);
      else r.unknown(tag, where);
    }
    return { where, domain, version };
  });
}

type MutableFunction = {
  name: string;
  domain: string;
  overload: string;
  inputs: string[];
  outputs: string[];
  parameters: string[];
  imports: OpsetImport[];
  nodes: OnnxNode[];
};

/** Fields of a `FunctionProto` that stand there once. */
const singularOfFunction: ReadonlySet<number> = new Set([
  tagOf(1, BYTES),
  tagOf(8, BYTES),
  tagOf(10, BYTES),
  tagOf(13, BYTES),
]);

function readFunction(r: WireReader, where: Where): OnnxFunction {
  r.count('functions', where);
  return r.message(where, () => {
    const draft: MutableFunction = {
      name: '',
      domain: '',
      overload: '',
      inputs: [],
      outputs: [],
      parameters: [],
      imports: [],
      nodes: [],
    };
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      if (singularOfFunction.has(tag)) seen = r.once(seen, tag, where);
      readFunctionField(r, { tag, draft, where });
    }
    return { where, ...draft };
  });
}

type FunctionField = {
  readonly tag: number;
  readonly draft: MutableFunction;
  readonly where: Where;
};

function readFunctionField(r: WireReader, { tag, draft, where }: FunctionField): void {
  const { inputs, outputs, parameters, imports, nodes } = draft;
  switch (tag) {
    case tagOf(1, BYTES):
      draft.name = r.name(where);
      return;
    case tagOf(10, BYTES):
      draft.domain = standardDomain(r.name(where));
      return;
    case tagOf(13, BYTES):
      draft.overload = r.name(where);
      return;
    case tagOf(4, BYTES):
    case tagOf(5, BYTES):
    case tagOf(6, BYTES): {
      r.count('values', where);
      const list = { 4: inputs, 5: outputs, 6: parameters }[tag >>> 3];
      list?.push(r.name(where));
      return;
    }
    case tagOf(7, BYTES):
      nodes.push(readNode(r, element(where, 'node', nodes.length)));
      return;
    case tagOf(8, BYTES):
      return r.prose(where);
    case tagOf(9, BYTES):
      imports.push(readImport(r, element(where, 'opset_import', imports.length)));
      return;
    case tagOf(11, BYTES):
      parameters.push(readAttribute(r, part(where, 'attribute_proto')).name);
      return;
    case tagOf(12, BYTES):
      readValue(r, part(where, 'value_info'));
      return;
    case tagOf(14, BYTES):
      return readMetadata(r, where);
    default:
      return r.unknown(tag, where);
  }
}
