import { elementType } from './element-type.ts';
import { SMALL_MAX } from './proto.ts';
import { part } from './where.ts';
import { BYTES, FIXED32, FIXED64, tagOf, VARINT } from './wire.ts';
import type { ElementField, ElementType } from './element-type.ts';
import type { OnnxTensor } from './proto.ts';
import type { Where } from './where.ts';
import type { WireReader } from './wire.ts';

/** A `TensorProto` while it is read. */
type Draft = {
  type: number;
  name: string;
  readonly dims: number[];
  /** Entries counted per field of typed data. */
  readonly entries: Map<ElementField, number>;
  /** The first entries of integer and float data, as numbers. */
  readonly head: number[];
  raw: Uint8Array | null;
};

/** Reads a `TensorProto` and proves that it has the data its shape and type call for. */
export function readTensor(r: WireReader, where: Where): OnnxTensor {
  return r.message(where, () => {
    r.count('tensors', where);
    const draft: Draft = {
      type: 0,
      name: '',
      dims: [],
      entries: new Map(),
      head: [],
      raw: null,
    };
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      if (singular.has(tag)) seen = r.once(seen, tag, where);
      readTensorField(r, { tag, draft, where });
    }
    return proved(r, draft, where);
  });
}

const singular: ReadonlySet<number> = new Set([
  tagOf(2, VARINT),
  tagOf(8, BYTES),
  tagOf(9, BYTES),
  tagOf(12, BYTES),
  tagOf(14, VARINT),
]);

type FieldOf<T> = { readonly tag: number; readonly draft: T; readonly where: Where };

function readTensorField(r: WireReader, { tag, draft, where }: FieldOf<Draft>): void {
  switch (tag) {
    case tagOf(1, VARINT):
      return addDim(r, draft, where);
    case tagOf(1, BYTES):
      return r.message(where, () => {
        while (r.more) addDim(r, draft, where);
      });
    case tagOf(2, VARINT):
      draft.type = r.uint(where);
      return;
    case tagOf(8, BYTES):
      draft.name = r.name(where);
      return;
    case tagOf(9, BYTES):
      draft.raw = r.span(where);
      return;
    case tagOf(12, BYTES):
      return r.prose(where);
    case tagOf(13, BYTES):
      return refuseExternal(r, where);
    case tagOf(14, VARINT):
      if (r.uint(where) !== 0) refuseExternal(r, where);
      return;
    case tagOf(16, BYTES):
      return readMetadata(r, where);
    default:
      return readEntries(r, { tag, draft, where });
  }
}

function refuseExternal(r: WireReader, where: Where): never {
  const what = 'the tensor keeps its data outside the file (external_data)';
  return r.fail(where, what, 'ONNX_EXTERNAL_DATA');
}

/** Typed data, packed or not: counted, and the first few kept. */
function readEntries(r: WireReader, { tag, draft, where }: FieldOf<Draft>): void {
  const add = (field: ElementField, by: number): void => {
    draft.entries.set(field, (draft.entries.get(field) ?? 0) + by);
  };
  switch (tag) {
    case tagOf(4, FIXED32):
      addFloats(draft, r.bytes.subarray(r.skip(4, where), r.at));
      return add('float', 1);
    case tagOf(4, BYTES): {
      const span = r.span(where);
      if (span.byteLength % 4 !== 0) r.fail(where, 'float_data ends inside a number');
      addFloats(draft, span);
      return add('float', span.byteLength / 4);
    }
    case tagOf(10, FIXED64):
      r.skip(8, where);
      return add('double', 1);
    case tagOf(10, BYTES): {
      const { byteLength } = r.span(where);
      if (byteLength % 8 !== 0) r.fail(where, 'double_data ends inside a number');
      return add('double', byteLength / 8);
    }
    case tagOf(6, BYTES):
      readString(r, where);
      return add('string', 1);
    default: {
      const field = varintFields.get(tag >>> 3);
      if (field === undefined) return r.unknown(tag, where);
      if ((tag & 7) === VARINT) return add(field, readVarints(r, draft, { where, max: 1 }));
      if ((tag & 7) !== BYTES) return r.unknown(tag, where);
      return r.message(where, () => add(field, readVarints(r, draft, { where, max: Infinity })));
    }
  }
}

const varintFields: ReadonlyMap<number, ElementField> = new Map([
  [5, 'int32'],
  [7, 'int64'],
  [11, 'uint64'],
]);

type Varints = { readonly where: Where; readonly max: number };

function readVarints(r: WireReader, { head }: Draft, { where, max }: Varints): number {
  let count = 0;
  while (count < max && r.more) {
    if (head.length < SMALL_MAX) head.push(r.int(where));
    else r.skipVarint(where);
    count += 1;
  }
  return count;
}

/** Largest dimension of a constant; its bytes would not fit into a file otherwise. */
const DIM_MAX = 2 ** 31 - 1;

function addDim(r: WireReader, { dims }: Draft, where: Where): void {
  const dim = r.int(where);
  if (dim < 0 || dim > DIM_MAX) {
    r.fail(where, `dimension ${dims.length} is ${dim}`, 'ONNX_TENSOR');
  }
  if (dims.length >= r.caps.rankMax) {
    r.fail(where, `the tensor has more than ${r.caps.rankMax} dimensions`, 'ONNX_LIMIT');
  }
  dims.push(dim);
}

/** Moves past a string that is data; such strings need not be UTF-8. */
export function readString(r: WireReader, where: Where): void {
  const { byteLength } = r.span(where);
  if (byteLength <= r.caps.stringBytesMax) return;
  const what = `a string has ${byteLength} bytes, more than ${r.caps.stringBytesMax}`;
  r.fail(where, what, 'ONNX_LIMIT');
}

/** Moves past a `StringStringEntryProto` that is remarks. */
export function readMetadata(r: WireReader, where: Where): void {
  r.count('metadata', where);
  r.message(where, () => {
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      if (tag !== tagOf(1, BYTES) && tag !== tagOf(2, BYTES)) r.unknown(tag, where);
      seen = r.once(seen, tag, where);
      r.prose(where);
    }
  });
}

/** Number of elements of a shape; beyond 2^53 it is inexact, but never too small by much. */
export const productOf = (dims: readonly number[]): number =>
  dims.includes(0) ? 0 : dims.reduce((product, dim) => product * dim, 1);

function proved(r: WireReader, draft: Draft, where: Where): OnnxTensor {
  const { type, name, dims, raw, head } = draft;
  const kind = elementType(type);
  if (kind === undefined) {
    return r.fail(where, `ONNX has no element type ${type}`, 'ONNX_TENSOR');
  }
  const elements = productOf(dims);
  refuseOtherSize(r, { draft, kind, elements, where });
  r.count('elements', where, elements);
  const read = elements > SMALL_MAX ? undefined : readers[kind.name];
  if (read === undefined) return { where, name, type, dims, elements, small: null };
  const small = raw === null || raw.length === 0 ? head : smallOf(raw, { read, bits: kind.bits });
  return { where, name, type, dims, elements, small };
}

type SizeCheck = {
  readonly draft: Draft;
  readonly kind: ElementType;
  readonly elements: number;
  readonly where: Where;
};

function refuseOtherSize(r: WireReader, { draft, kind, elements, where }: SizeCheck): void {
  const { raw, entries, dims } = draft;
  const given = [...entries].filter(([, count]) => count > 0);
  const stray = given.find(([field]) => field !== kind.field || (raw !== null && raw.length > 0));
  if (stray !== undefined) {
    const beside = raw === null ? '' : ' beside raw_data';
    r.fail(where, `a ${kind.name} tensor has ${stray[0]}_data${beside}`, 'ONNX_TENSOR');
  }
  const shape = `shape [${dims.join(', ')}] of ${kind.name}`;
  if (raw !== null && raw.length > 0) {
    if (kind.bits === 0) r.fail(where, 'a STRING tensor has raw_data', 'ONNX_TENSOR');
    const needed = Math.ceil((elements * kind.bits) / 8);
    if (raw.length === needed) return;
    r.fail(where, `${shape} takes ${needed} bytes, not ${raw.length}`, 'ONNX_TENSOR');
  }
  const needed = Math.ceil(elements * kind.perElement);
  const count = entries.get(kind.field) ?? 0;
  if (count === needed) return;
  r.fail(where, `${shape} takes ${needed} values, not ${count}`, 'ONNX_TENSOR');
}

/** Keeps floats, as many as may be kept. */
function addFloats({ head }: Draft, span: Uint8Array): void {
  const view = new DataView(span.buffer, span.byteOffset, span.byteLength);
  for (let at = 0; at < span.byteLength && head.length < SMALL_MAX; at += 4) {
    head.push(view.getFloat32(at, true));
  }
}

type ReadAt = (view: DataView, at: number) => number;

function smallOf(raw: Uint8Array, how: { read: ReadAt; bits: number }): readonly number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const size = how.bits / 8;
  return Array.from({ length: raw.byteLength / size }, (_, i) => how.read(view, i * size));
}

/** Element types whose values may be kept. */
const readers: Readonly<Record<string, ReadAt>> = {
  FLOAT: (view, at) => view.getFloat32(at, true),
  UINT8: (view, at) => view.getUint8(at),
  INT8: (view, at) => view.getInt8(at),
  UINT16: (view, at) => view.getUint16(at, true),
  INT16: (view, at) => view.getInt16(at, true),
  INT32: (view, at) => view.getInt32(at, true),
  INT64: (view, at) => Number(view.getBigInt64(at, true)),
  BOOL: (view, at) => view.getUint8(at),
  UINT32: (view, at) => view.getUint32(at, true),
  UINT64: (view, at) => Number(view.getBigUint64(at, true)),
};

/**
 * Reads a `SparseTensorProto`. ONNX Runtime makes it dense when it loads it, so the dense size is
 * held against the maximum for constants. Answers with its values, which carry the name.
 */
export function readSparseTensor(r: WireReader, where: Where): OnnxTensor {
  return r.message(where, () => {
    let values: OnnxTensor | null = null;
    const dense: Draft = { type: 0, name: '', dims: [], entries: new Map(), head: [], raw: null };
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      if (tag === tagOf(1, BYTES)) {
        seen = r.once(seen, tag, where);
        values = readTensor(r, part(where, 'values'));
      } else if (tag === tagOf(2, BYTES)) {
        seen = r.once(seen, tag, where);
        readTensor(r, part(where, 'indices'));
      } else if (tag === tagOf(3, VARINT)) addDim(r, dense, where);
      else if (tag === tagOf(3, BYTES)) r.message(where, () => readDims(r, dense, where));
      else r.unknown(tag, where);
    }
    if (values === null) return r.fail(where, 'a sparse tensor has no values', 'ONNX_TENSOR');
    return denseOf(r, { values, dims: dense.dims, where });
  });
}

function readDims(r: WireReader, draft: Draft, where: Where): void {
  while (r.more) addDim(r, draft, where);
}

type Sparse = {
  readonly values: OnnxTensor;
  readonly dims: readonly number[];
  readonly where: Where;
};

function denseOf(r: WireReader, { values, dims, where }: Sparse): OnnxTensor {
  const elements = productOf(dims);
  const bytes = elements * ((elementType(values.type)?.bits ?? 8) / 8);
  const max = r.caps.expansionBytesMax;
  if (bytes > max) {
    const what = `the sparse tensor unfolds to ${bytes} bytes, more than ${max}`;
    r.fail(where, what, 'ONNX_EXPANSION');
  }
  r.count('expansionBytes', where, bytes);
  return { where, name: values.name, type: values.type, dims, elements, small: null };
}
