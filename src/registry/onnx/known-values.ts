import { SMALL_MAX } from './proto.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './proto.ts';

/** Shape and element type of a value; −1 for a dimension that is not known. */
export type KnownShape = {
  readonly dims: readonly number[];
  readonly type: number;
  /** Whether the value is the same in every run. */
  readonly constant: boolean;
};

/** What can be told about the values of a graph without running it. */
export class KnownValues {
  readonly #outer: KnownValues | null;
  readonly #numbers = new Map<string, readonly number[]>();
  readonly #shapes = new Map<string, KnownShape>();

  constructor(
    graph: Pick<OnnxGraph, 'initializers' | 'inputs' | 'values' | 'nodes'>,
    outer: KnownValues | null,
  ) {
    this.#outer = outer;
    for (const { name, type } of [...graph.values, ...graph.inputs]) {
      if (type?.kind === 'tensor' && type.dims !== null) {
        this.setShape(name, { dims: type.dims, type: type.element, constant: false });
      }
    }
    for (const tensor of graph.initializers) this.#setTensor(tensor.name, tensor);
    // Constants first, so that the order of nodes, which the runtime does not mind, hides nothing.
    for (const node of graph.nodes) if (isStandard(node, 'Constant')) this.#setConstant(node);
  }

  /** The numbers of a small constant; undefined when they are not known. */
  numbers(name: string | undefined): readonly number[] | undefined {
    if (name === undefined || name === '') return undefined;
    return this.#numbers.get(name) ?? this.#outer?.numbers(name);
  }

  /** The only number of a constant. */
  scalar(name: string | undefined): number | undefined {
    const numbers = this.numbers(name);
    return numbers?.length === 1 ? numbers[0] : undefined;
  }

  /** The shape of a value; undefined when not even its rank is known. */
  shape(name: string | undefined): KnownShape | undefined {
    if (name === undefined || name === '') return undefined;
    return this.#shapes.get(name) ?? this.#outer?.shape(name);
  }

  /** Whether a value is the same in every run, as far as can be told. */
  isConstant(name: string): boolean {
    return this.shape(name)?.constant ?? false;
  }

  /** Notes a shape that was worked out. */
  setShape(name: string, shape: KnownShape): void {
    this.#shapes.set(name, shape);
  }

  /** Works out the numbers a node gives, for the operators that shapes are made with. */
  fold(node: OnnxNode): void {
    const [output] = node.outputs;
    if (node.domain !== '' || output === undefined || output === '') return;
    const numbers = this.#folded(node);
    if (numbers !== undefined && numbers.length <= SMALL_MAX) this.#numbers.set(output, numbers);
  }

  #folded(node: OnnxNode): readonly number[] | undefined {
    const { opType, inputs } = node;
    const [first, second] = inputs;
    if (opType === 'Shape') {
      if (node.attributes.length > 0) return undefined;
      const dims = this.shape(first)?.dims;
      return dims === undefined || dims.includes(-1) ? undefined : dims;
    }
    if (opType === 'Concat') {
      const parts = inputs.map((input) => this.numbers(input));
      return parts.every((numbers) => numbers !== undefined) ? parts.flat() : undefined;
    }
    if (keeping.has(opType)) return this.numbers(first);
    const combine = arithmetic.get(opType);
    if (combine === undefined || inputs.length !== 2) return undefined;
    return combined(this.numbers(first), this.numbers(second), combine);
  }

  #setTensor(name: string, { dims, type, small }: OnnxTensor): void {
    this.setShape(name, { dims, type, constant: true });
    if (small !== null) this.#numbers.set(name, small);
  }

  #setNumbers(name: string, numbers: readonly number[], type: number): void {
    this.#numbers.set(name, numbers);
    this.setShape(name, { dims: [numbers.length], type, constant: true });
  }

  #setConstant(node: OnnxNode): void {
    const [output] = node.outputs;
    if (output === undefined) return;
    for (const { name, tensors, i, f, ints } of node.attributes) {
      const [tensor] = tensors;
      if (tensor !== undefined) this.#setTensor(output, tensor);
      else if (name === 'value_int' && i !== null) this.#setNumbers(output, [i], INT64);
      else if (name === 'value_float' && f !== null) this.#setNumbers(output, [f], FLOAT);
      else if (name === 'value_ints' && ints !== null) this.#setNumbers(output, ints, INT64);
    }
  }
}

/** Numbers of two element types. */
const FLOAT = 1;
const INT64 = 7;

/** Whether a node is this operator of ONNX itself. */
export const isStandard = ({ domain, opType }: OnnxNode, op: string): boolean =>
  domain === '' && opType === op;

type Combine = (a: number, b: number) => number;

const arithmetic: ReadonlyMap<string, Combine> = new Map([
  ['Add', (a: number, b: number) => a + b],
  ['Sub', (a: number, b: number) => a - b],
  ['Mul', (a: number, b: number) => a * b],
  ['Pow', (a: number, b: number) => a ** b],
  ['Max', (a: number, b: number) => Math.max(a, b)],
  ['Min', (a: number, b: number) => Math.min(a, b)],
]);

/** Operators that keep the numbers as they are. */
const keeping: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Unsqueeze',
  'Squeeze',
  'Reshape',
  'Flatten',
]);

function combined(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
  combine: Combine,
): readonly number[] | undefined {
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined;
  if (a.length !== b.length && a.length !== 1 && b.length !== 1) return undefined;
  const length = Math.max(a.length, b.length);
  const at = (list: readonly number[], i: number): number => list[list.length === 1 ? 0 : i] ?? 0;
  return Array.from({ length }, (_, i) => combine(at(a, i), at(b, i)));
}
