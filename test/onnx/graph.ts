/**
 * Writes small ONNX files, so that a test can say what its model does. Follows the fields of
 * `onnx.proto`: only those needed for nodes of standard operators.
 */

/** One operation. */
export type GraphNode = {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Lists of whole numbers, e.g. `axes`. */
  readonly ints?: Readonly<Record<string, readonly number[]>>;
  /** Whole numbers, e.g. `axis`. */
  readonly int?: Readonly<Record<string, number>>;
};

/** An input or output of type float32; a name in `shape` is a free dimension. */
export type GraphValue = { readonly name: string; readonly shape: readonly (number | string)[] };

/** A model. */
export type Graph = {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
};

const IR_VERSION = 8;
const OPSET = 17;
const FLOAT = 1;
const INT = 2;
const INTS = 7;

/** The bytes of the file. */
export function onnxBytes({ inputs, outputs, nodes }: Graph): Uint8Array {
  const graph = [
    ...nodes.flatMap((node) => field(1, nodeBytes(node))),
    ...field(2, text('test')),
    ...inputs.flatMap((value) => field(11, valueBytes(value))),
    ...outputs.flatMap((value) => field(12, valueBytes(value))),
  ];
  const opset = [...field(1, text('')), ...number(2, OPSET)];
  return Uint8Array.from([...number(1, IR_VERSION), ...field(7, graph), ...field(8, opset)]);
}

function nodeBytes({ op, inputs, outputs, ints = {}, int = {} }: GraphNode): readonly number[] {
  return [
    ...inputs.flatMap((name) => field(1, text(name))),
    ...outputs.flatMap((name) => field(2, text(name))),
    ...field(4, text(op)),
    ...Object.entries(ints).flatMap(([name, values]) =>
      field(5, [
        ...field(1, text(name)),
        ...values.flatMap((value) => number(8, value)),
        ...number(20, INTS),
      ]),
    ),
    ...Object.entries(int).flatMap(([name, value]) =>
      field(5, [...field(1, text(name)), ...number(3, value), ...number(20, INT)]),
    ),
  ];
}

function valueBytes({ name, shape }: GraphValue): readonly number[] {
  const dims = shape.flatMap((size) =>
    field(1, typeof size === 'number' ? number(1, size) : field(2, text(size))),
  );
  const type = field(1, [...number(1, FLOAT), ...field(2, dims)]);
  return [...field(1, text(name)), ...field(2, type)];
}

const text = (value: string): readonly number[] => [...new TextEncoder().encode(value)];

const field = (id: number, bytes: readonly number[]): readonly number[] => [
  ...varint(id * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];

const number = (id: number, value: number): readonly number[] => [
  ...varint(id * 8),
  ...varint(value),
];

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
