import { part } from './where.ts';
import { BYTES, tagOf, VARINT } from './wire.ts';
import { readMetadata } from './decode-tensor.ts';
import type { OnnxType, OnnxValue } from './proto.ts';
import type { Where } from './where.ts';
import type { WireReader } from './wire.ts';

/** Reads a `ValueInfoProto`. */
export function readValue(r: WireReader, where: Where): OnnxValue {
  r.count('values', where);
  return r.message(where, () => {
    let name = '';
    let type: OnnxType | null = null;
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      if (tag !== tagOf(4, BYTES)) seen = r.once(seen, tag, where);
      if (tag === tagOf(1, BYTES)) name = r.name(where);
      else if (tag === tagOf(2, BYTES)) type = readType(r, part(where, 'type'));
      else if (tag === tagOf(3, BYTES)) r.prose(where);
      else if (tag === tagOf(4, BYTES)) readMetadata(r, where);
      else r.unknown(tag, where);
    }
    return { where, name, type };
  });
}

/** What stands at a field of a `TypeProto` that is no tensor, and which of its fields are types. */
const containers = new Map<number, { kind: Exclude<OnnxType['kind'], 'tensor'>; types: number[] }>([
  [tagOf(4, BYTES), { kind: 'sequence', types: [1] }],
  [tagOf(5, BYTES), { kind: 'map', types: [2] }],
  [tagOf(7, BYTES), { kind: 'opaque', types: [] }],
  [tagOf(8, BYTES), { kind: 'sparse tensor', types: [] }],
  [tagOf(9, BYTES), { kind: 'optional', types: [1] }],
]);

/** Reads a `TypeProto`; null when it says nothing. */
export function readType(r: WireReader, where: Where): OnnxType | null {
  return r.message(where, () => {
    let type: OnnxType | null = null;
    while (r.more) {
      const tag = r.tag(where);
      if (tag === tagOf(6, BYTES)) {
        r.prose(where);
        continue;
      }
      if (type !== null) r.fail(where, 'a type is two types at once');
      const container = containers.get(tag);
      if (tag === tagOf(1, BYTES)) type = readTensorType(r, where);
      else if (container === undefined) r.unknown(tag, where);
      else {
        readContainer(r, container.types, where);
        type = { kind: container.kind };
      }
    }
    return type;
  });
}

/** Looks through a type that is refused at the edge of a model but may stand inside of it. */
function readContainer(r: WireReader, types: readonly number[], where: Where): void {
  r.message(where, () => {
    while (r.more) {
      const tag = r.tag(where);
      if ((tag & 7) === VARINT) r.skipVarint(where);
      else if ((tag & 7) !== BYTES) r.unknown(tag, where);
      else if (types.includes(tag >>> 3)) readType(r, where);
      else r.span(where);
    }
  });
}

function readTensorType(r: WireReader, where: Where): OnnxType {
  return r.message(where, () => {
    let elementNumber = 0;
    let dims: readonly number[] | null = null;
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      seen = r.once(seen, tag, where);
      if (tag === tagOf(1, VARINT)) elementNumber = r.uint(where);
      else if (tag === tagOf(2, BYTES)) dims = readShape(r, part(where, 'shape'));
      else r.unknown(tag, where);
    }
    return { kind: 'tensor', element: elementNumber, dims };
  });
}

function readShape(r: WireReader, where: Where): readonly number[] {
  return r.message(where, () => {
    const dims: number[] = [];
    while (r.more) {
      const tag = r.tag(where);
      if (tag !== tagOf(1, BYTES)) r.unknown(tag, where);
      if (dims.length >= r.caps.rankMax) {
        r.fail(where, `the shape has more than ${r.caps.rankMax} dimensions`, 'ONNX_LIMIT');
      }
      dims.push(readDim(r, where));
    }
    return dims;
  });
}

/** Largest declared dimension. */
const DIM_MAX = 2 ** 31 - 1;

/** A dimension; −1 when it has a name, no size, or the −1 that some exporters write instead. */
function readDim(r: WireReader, where: Where): number {
  return r.message(where, () => {
    let dim: number | null = null;
    let named = false;
    let seen = 0;
    while (r.more) {
      const tag = r.tag(where);
      seen = r.once(seen, tag, where);
      if (tag === tagOf(1, VARINT)) dim = r.int(where);
      else if (tag === tagOf(2, BYTES)) named = r.name(where) !== '';
      else if (tag === tagOf(3, BYTES)) r.prose(where);
      else r.unknown(tag, where);
    }
    if (dim === null) return -1;
    if (named) r.fail(where, 'a dimension has both a size and a name');
    if (dim < -1 || dim > DIM_MAX) r.fail(where, `a dimension is ${dim}`);
    return dim;
  });
}
