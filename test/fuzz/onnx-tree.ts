import { join, varint } from './onnx-writer.ts';

/** A protobuf field whose parts can be changed: a number, bytes, or a message. */
export type Field = {
  readonly number: number;
  readonly wire: 0 | 1 | 2 | 5;
  value: bigint | Uint8Array | Message;
};

/** A message of a known kind, with its fields in order. */
export type Message = { readonly kind: Kind; readonly fields: Field[] };

/** The messages of ONNX. */
export type Kind = keyof typeof messages;

/** Which fields of a message are messages. */
const messages = {
  model: { 7: 'graph', 8: 'opset', 14: 'entry', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 11: 'value', 12: 'value', 13: 'value', 15: 'sparse' },
  node: { 5: 'attribute', 9: 'entry' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 14: 'type', 22: 'sparse' },
  tensor: { 13: 'entry' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  value: { 2: 'type' },
  type: { 1: 'tensorType', 4: 'sequence', 9: 'sequence' },
  sequence: { 1: 'type' },
  tensorType: { 2: 'shape' },
  shape: { 1: 'dim' },
  dim: {},
  function: { 7: 'node', 9: 'opset', 11: 'attribute' },
  opset: {},
  entry: {},
} as const satisfies Record<string, Readonly<Record<number, string>>>;

const childKind = (kind: Kind, field: number): Kind | undefined => {
  const children: Readonly<Record<number, Kind>> = messages[kind];
  return children[field];
};

/** Reads a good model into a tree. */
export function treeOf(bytes: Uint8Array, kind: Kind = 'model'): Message {
  const fields: Field[] = [];
  let at = 0;
  const number = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (count: number): Uint8Array => {
    at += count;
    return bytes.subarray(at - count, at);
  };
  while (at < bytes.length) {
    const tag = Number(number());
    const field = tag >>> 3;
    const wire = tag & 7;
    if (wire === 0) fields.push({ number: field, wire, value: number() });
    else if (wire === 1) fields.push({ number: field, wire, value: take(8) });
    else if (wire === 5) fields.push({ number: field, wire, value: take(4) });
    else if (wire === 2) {
      const content = take(Number(number()));
      const child = childKind(kind, field);
      fields.push({ number: field, wire, value: child ? treeOf(content, child) : content });
    } else throw new Error(`a seed has wire type ${wire}`);
  }
  return { kind, fields };
}

/** Writes a tree. */
export function bytesOf({ fields }: Message): Uint8Array {
  const parts = fields.flatMap(({ number, wire, value }) => {
    const tag = varint(number * 8 + wire);
    if (typeof value === 'bigint') return [tag, varint(value)];
    const content = value instanceof Uint8Array ? value : bytesOf(value);
    return wire === 2 ? [tag, varint(content.length), content] : [tag, content];
  });
  return join(...parts);
}

/** A copy that shares nothing that can be changed. */
export const copyOf = ({ kind, fields }: Message): Message => ({
  kind,
  fields: fields.map((field) => ({ ...field, value: copyOfValue(field.value) })),
});

const copyOfValue = (value: Field['value']): Field['value'] =>
  typeof value === 'bigint' || value instanceof Uint8Array ? value : copyOf(value);

/** A field and the message it stands in. */
export type Place = { readonly parent: Message; readonly field: Field };

/** Every field of a tree. */
export function placesOf(parent: Message): Place[] {
  return parent.fields.flatMap((field) => {
    const { value } = field;
    const here = [{ parent, field }];
    if (typeof value === 'bigint' || value instanceof Uint8Array) return here;
    return [...here, ...placesOf(value)];
  });
}
