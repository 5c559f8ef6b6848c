import { Fault } from '../errors.ts';
import { datatypeFacts } from './datatype.ts';
import { fromHalf, toHalf } from './half.ts';
import { tensorFromJson } from './tensor-json.ts';
import { shapeFits } from './infer-tensors.ts';
import type { Datatype, Signature, TensorSpec } from '../../core/catalog/signature.ts';
import type { Golden, Nested } from '../admin/golden.ts';
import type { Tensor } from './tensor.ts';

/**
 * The inputs of a golden file as tensors of the model, in the order of its signature.
 * Faults: `GOLDEN_INVALID` for missing, unknown and unfitting tensors, also among the outputs.
 */
export function goldenInputs(golden: Golden, signature: Signature): readonly Tensor[] {
  refuseUnknown(Object.keys(golden.inputs), signature.inputs, 'inputs');
  refuseUnknown(Object.keys(golden.outputs), signature.outputs, 'outputs');
  return signature.inputs.map((spec) => {
    const path = `golden.inputs.${spec.name}`;
    const nested = valueOf(golden.inputs, spec.name);
    if (nested === undefined) throw new Fault('GOLDEN_INVALID', 'The input is missing.', path);
    return tensorOf(spec, nested, path);
  });
}

function refuseUnknown(
  names: readonly string[],
  specs: readonly TensorSpec[],
  side: 'inputs' | 'outputs',
): void {
  const unknown = names.find((name) => specs.every((spec) => spec.name !== name));
  if (unknown === undefined) return;
  const known = specs.map(({ name }) => name).join(', ');
  const what = `There is no ${JSON.stringify(unknown.slice(0, 80))}; the ${side} are ${known}.`;
  throw new Fault('GOLDEN_INVALID', what, `golden.${side}`);
}

/** A value by name; names come from model files and may be `constructor`. */
const valueOf = (record: Readonly<Record<string, Nested>>, name: string): Nested | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

function tensorOf(spec: TensorSpec, nested: Nested, path: string): Tensor {
  const shape = shapeOf(nested);
  if (!shapeFits(shape, spec.shape)) {
    const what = `The shape is [${shape.join(', ')}], but [${spec.shape.join(', ')}] is taken.`;
    throw new Fault('GOLDEN_INVALID', what, path);
  }
  const { name, datatype } = spec;
  const given = flat(nested);
  const specials = isFloat(datatype) ? specialsOf(given) : [];
  const plain = given.map((value, i) => (specials[i] === undefined ? jsonOf(datatype, value) : 0));
  try {
    const tensor = tensorFromJson({ name, datatype, shape }, plain, path);
    putSpecials(tensor, specials);
    return tensor;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault('GOLDEN_INVALID', `${error.message}.`, error.path);
  }
}

/** Sizes along the first elements; lists of other lengths show when elements are counted. */
function shapeOf(nested: Nested): readonly number[] {
  const shape: number[] = [];
  for (let at: Nested | undefined = nested; isList(at); at = at[0]) shape.push(at.length);
  return shape;
}

const isList = (nested: Nested | undefined): nested is readonly Nested[] => Array.isArray(nested);

/** Leaves in row-major order; nesting has been bounded by the parser. */
const flat = (nested: Nested): readonly Nested[] =>
  isList(nested) ? nested.flatMap(flat) : [nested];

const isFloat = (datatype: Datatype): boolean =>
  ['float', 'half'].includes(datatypeFacts[datatype].kind);

const specialNumbers: ReadonlyMap<Nested, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

const specialsOf = (given: readonly Nested[]): readonly (number | undefined)[] =>
  given.map((value) => specialNumbers.get(value));

function putSpecials({ datatype, data }: Tensor, specials: readonly (number | undefined)[]): void {
  for (const [i, special] of specials.entries()) {
    if (special === undefined) continue;
    if (data instanceof Uint16Array && datatype === 'FP16') data[i] = toHalf(special);
    else if (data instanceof Float32Array || data instanceof Float64Array) data[i] = special;
  }
}

/** 64-bit integers may be written as strings of digits, since JSON readers round them. */
function jsonOf(datatype: Datatype, value: Nested): unknown {
  const isDigits = typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value);
  return isDigits && datatypeFacts[datatype].kind === 'bigint' ? BigInt(value) : value;
}

/** How the answers compare with the expected ones. */
export type Comparison = {
  /** The first difference as a sentence, with how many there are; null when there is none. */
  readonly difference: string | null;
  /** Values compared. */
  readonly values: number;
};

/**
 * Compares what the model answered with the outputs of the golden file: integers, booleans and text
 * exactly, other numbers within its tolerance, NaN with NaN.
 */
export function compareGolden(golden: Golden, answered: readonly Tensor[]): Comparison {
  let values = 0;
  for (const [name, expected] of Object.entries(golden.outputs)) {
    const tensor = answered.find((one) => one.name === name);
    if (tensor === undefined) return { difference: `The output ${name} is missing.`, values };
    const wanted = flat(expected);
    const shape = shapeOf(expected);
    if (!shapeFits(tensor.shape, shape) || wanted.length !== tensor.data.length) {
      const got = `[${tensor.shape.join(', ')}]`;
      const what = `The output ${name} has shape ${got}, expected [${shape.join(', ')}].`;
      return { difference: what, values };
    }
    const difference = firstDifference(tensor, wanted, golden.tolerance);
    if (difference !== null) return { difference, values };
    values += wanted.length;
  }
  return { difference: null, values };
}

function firstDifference(
  tensor: Tensor,
  wanted: readonly Nested[],
  tolerance: number,
): string | null {
  const differing = wanted.flatMap((expected, i) =>
    isClose(elementOf(tensor, i), expected, tolerance) ? [] : [i],
  );
  const [first] = differing;
  if (first === undefined) return null;
  const got = String(elementOf(tensor, first));
  const count = `${differing.length} of ${wanted.length} values of ${tensor.name} differ`;
  return `${count}; number ${first} is ${got}, expected ${String(wanted[first])} ± ${tolerance}.`;
}

type Element = number | bigint | string | boolean | undefined;

function elementOf({ datatype, data }: Tensor, i: number): Element {
  const value = data[i];
  if (datatype === 'BOOL') return value === 1;
  return datatype === 'FP16' ? fromHalf(Number(value)) : value;
}

function isClose(got: Element, expected: Nested, tolerance: number): boolean {
  switch (typeof got) {
    case 'bigint':
      return String(got) === String(expected);
    case 'string':
      return got === expected;
    case 'boolean':
      return got === expected || Number(got) === expected;
    case 'number':
      return isNear(got, specialNumbers.get(expected) ?? expected, tolerance);
    default:
      return false;
  }
}

function isNear(got: number, expected: unknown, tolerance: number): boolean {
  if (typeof expected !== 'number') return false;
  if (Object.is(got, expected) || got === expected) return true;
  if (!Number.isFinite(got) || !Number.isFinite(expected)) return false;
  return Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected));
}

/** How many elements of float tensors are NaN or infinite. */
export function notFinite(tensors: readonly Tensor[]): number {
  let count = 0;
  for (const tensor of tensors) {
    if (!isFloat(tensor.datatype)) continue;
    for (let i = 0; i < tensor.data.length; i += 1) {
      if (!Number.isFinite(elementOf(tensor, i))) count += 1;
    }
  }
  return count;
}
