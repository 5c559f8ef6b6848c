/**
 * Writes ONNX models byte by byte, so that tests can make what no exporter would. Every function
 * gives the bytes of what its name says; fields stand in the order they are given in.
 */

/** Bytes of a message or of fields of one. */
export type Bytes = Uint8Array;

/** One after the other. */
export const join = (...parts: readonly Bytes[]): Bytes => Buffer.concat(parts);

/** A protobuf varint; negative numbers as 64-bit two's complement. */
export function varint(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

/** A field that is a number. */
export const int = (field: number, value: number | bigint): Bytes =>
  join(varint(field * 8), varint(value));

/** A field that is bytes: a message, a text, packed numbers. */
export const bytes = (field: number, content: Bytes): Bytes =>
  join(varint(field * 8 + 2), varint(content.length), content);

/** A field that is a text. */
export const text = (field: number, content: string): Bytes =>
  bytes(field, Buffer.from(content, 'utf8'));

/** A field that is a 32-bit float. */
export function float(field: number, value: number): Bytes {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return join(varint(field * 8 + 5), content);
}

/** A dimension: a size, a name, or nothing. */
export type Dim = number | string | null;

const dimension = (dim: Dim): Bytes => {
  if (dim === null) return bytes(1, join());
  return bytes(1, typeof dim === 'number' ? int(1, dim) : text(2, dim));
};

/** A `TypeProto` of a tensor; without `dims` its rank is unknown. */
export const tensorType = (element: number, dims?: readonly Dim[]): Bytes =>
  bytes(
    1,
    join(int(1, element), ...(dims === undefined ? [] : [bytes(2, join(...dims.map(dimension)))])),
  );

/** A `ValueInfoProto`: FLOAT [n] unless told otherwise. */
export const value = (name: string, type: Bytes = tensorType(1, ['n'])): Bytes =>
  join(text(1, name), bytes(2, type));

/** What a tensor is made of. */
export type TensorParts = {
  readonly name?: string;
  readonly type?: number;
  readonly dims: readonly (number | bigint)[];
  /** Fields with the data, and whatever else. */
  readonly data?: Bytes;
};

/** A `TensorProto`: FLOAT unless told otherwise. */
export const tensor = ({ name = 'w', type = 1, dims, data = join() }: TensorParts): Bytes =>
  join(...dims.map((dim) => int(1, dim)), int(2, type), text(8, name), data);

/** A tensor of INT64 in `int64_data`. */
export const int64s = (name: string, values: readonly (number | bigint)[]): Bytes =>
  tensor({
    name,
    type: 7,
    dims: [values.length],
    data: bytes(7, join(...values.map((one) => varint(one)))),
  });

/** An `AttributeProto` that is an integer, integers, a graph or a tensor. */
export const attribute = {
  int: (name: string, content: number | bigint): Bytes =>
    join(text(1, name), int(3, content), int(20, 2)),
  ints: (name: string, content: readonly (number | bigint)[]): Bytes =>
    join(text(1, name), ...content.map((one) => int(8, one)), int(20, 7)),
  graph: (name: string, content: Bytes): Bytes =>
    join(text(1, name), bytes(6, content), int(20, 5)),
  tensor: (name: string, content: Bytes): Bytes =>
    join(text(1, name), bytes(5, content), int(20, 4)),
};

/** What a node is made of. */
export type NodeParts = {
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly attributes?: readonly Bytes[];
  readonly name?: string;
  readonly domain?: string;
};

/** A `NodeProto`. */
export const node = ({ op, inputs = ['x'], outputs = ['y'], ...rest }: NodeParts): Bytes =>
  join(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    ...(rest.name === undefined ? [] : [text(3, rest.name)]),
    text(4, op),
    ...(rest.attributes ?? []).map((content) => bytes(5, content)),
    ...(rest.domain === undefined ? [] : [text(7, rest.domain)]),
  );

/** What a graph is made of. */
export type GraphParts = {
  readonly nodes?: readonly Bytes[];
  readonly initializers?: readonly Bytes[];
  readonly inputs?: readonly Bytes[];
  readonly outputs?: readonly Bytes[];
  /** Further fields. */
  readonly more?: Bytes;
};

/** A `GraphProto`: y = relu(x) unless told otherwise. */
export const graph = (parts: GraphParts = {}): Bytes =>
  join(
    ...(parts.nodes ?? [node({ op: 'Relu' })]).map((content) => bytes(1, content)),
    text(2, 'g'),
    ...(parts.initializers ?? []).map((content) => bytes(5, content)),
    ...(parts.inputs ?? [value('x')]).map((content) => bytes(11, content)),
    ...(parts.outputs ?? [value('y')]).map((content) => bytes(12, content)),
    parts.more ?? join(),
  );

/** What a function is made of. */
export type FunctionParts = {
  readonly name: string;
  readonly domain?: string;
  readonly nodes: readonly Bytes[];
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
};

/** A `FunctionProto` of the domain `local`, from x to y. */
export const fn = ({ name, domain = 'local', nodes, ...rest }: FunctionParts): Bytes =>
  join(
    text(1, name),
    ...(rest.inputs ?? ['x']).map((input) => text(4, input)),
    ...(rest.outputs ?? ['y']).map((output) => text(5, output)),
    ...nodes.map((content) => bytes(7, content)),
    bytes(9, opset('', 17)),
    text(10, domain),
  );

/** An `OperatorSetIdProto`. */
export const opset = (domain: string, version: number | bigint): Bytes =>
  join(text(1, domain), int(2, version));

/** What a model is made of. */
export type ModelParts = {
  readonly ir?: number | bigint;
  readonly graph?: Bytes;
  readonly opsets?: readonly Bytes[];
  readonly functions?: readonly Bytes[];
  /** Further fields, or anything else, at the end. */
  readonly more?: Bytes;
};

/** A `ModelProto`: y = relu(x), IR 8, opset 17, unless told otherwise. */
export const model = (parts: ModelParts = {}): Bytes =>
  join(
    int(1, parts.ir ?? 8),
    bytes(7, parts.graph ?? graph()),
    ...(parts.opsets ?? [opset('', 17)]).map((content) => bytes(8, content)),
    ...(parts.functions ?? []).map((content) => bytes(25, content)),
    parts.more ?? join(),
  );
