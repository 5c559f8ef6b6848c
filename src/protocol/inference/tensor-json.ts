import type { Datatype } from '../../core/catalog/signature.ts';
import { assertNever } from '../../core/lib/invariant.ts';
import { Fault } from '../errors.ts';
import { datatypeFacts, elementCount, numericData } from './datatype.ts';
import type { NumericType } from './datatype.ts';
import { fromHalf, toHalf } from './half.ts';
import type { Tensor, TensorData } from './tensor.ts';

/** What is known of a tensor before its elements are read. */
export type TensorHead = {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
};

/**
 * Reads the elements of a tensor from JSON: one flat list, or lists nested exactly as the shape
 * says. `path` leads to the list, for faults.
 */
export function tensorFromJson(head: TensorHead, value: unknown, path: string): Tensor {
  if (!Array.isArray(value)) throw new Fault('TENSOR_INVALID', 'data is not a list', path);
  const items: readonly unknown[] = value;
  return tensorFromFlat(head, holdsList(items) ? flatten(items, head, path) : items, path);
}

/** Whether any item is a list itself. */
export function holdsList(items: readonly unknown[]): boolean {
  for (let at = 0; at < items.length; at += 1) if (Array.isArray(items[at])) return true;
  return false;
}

/** Reads the elements of a tensor from one flat list. */
export function tensorFromFlat(head: TensorHead, flat: readonly unknown[], path: string): Tensor {
  const count = elementCount(head.shape);
  if (flat.length !== count) {
    const shape = `[${head.shape.join(', ')}]`;
    const what = `shape ${shape} has ${count} elements, data has ${flat.length}`;
    throw new Fault('TENSOR_INVALID', what, path);
  }
  return { ...head, data: elements(head.datatype, flat, path) };
}

function flatten(items: readonly unknown[], head: TensorHead, path: string): readonly unknown[] {
  const flat: unknown[] = [];
  const room = elementCount(head.shape);
  const walk = (list: readonly unknown[], level: number): void => {
    if (list.length !== head.shape[level]) {
      const what = `a list at depth ${level + 1} has ${list.length} items, shape says ${
        head.shape[level] ?? 'no such depth'
      }`;
      throw new Fault('TENSOR_INVALID', what, path);
    }
    for (const item of list) {
      if (level === head.shape.length - 1) flat.push(item);
      else if (Array.isArray(item)) walk(item, level + 1);
      else throw new Fault('TENSOR_INVALID', 'data is nested here and flat there', path);
    }
    if (flat.length > room) throw new Fault('TENSOR_INVALID', 'data has too many elements', path);
  };
  walk(items, 0);
  return flat;
}

function elements(type: Datatype, items: readonly unknown[], path: string): TensorData {
  if (type === 'BYTES') return texts(items, path);
  const facts = datatypeFacts[type];
  const buffer = new ArrayBuffer(items.length * facts.bytes);
  switch (facts.kind) {
    case 'bool':
      return bools(items, new Uint8Array(buffer), path);
    case 'bigint':
      return bigints({ type, items, path }, buffer);
    case 'int':
    case 'half':
    case 'float':
      return numbers({ type, items, path }, buffer);
    case 'bytes':
      throw new Fault('TENSOR_INVALID', 'BYTES holds text', path);
    default:
      return assertNever(facts.kind, 'elements');
  }
}

type Source = {
  readonly type: NumericType;
  readonly items: readonly unknown[];
  readonly path: string;
};

function refuse({ type, items, path }: Source, at: number): never {
  const item = items[at];
  const shown = typeof item === 'bigint' ? `${item}` : JSON.stringify(item);
  const what = `${shown.slice(0, 40)} is no ${type}`;
  throw new Fault('TENSOR_INVALID', what, `${path}[${at}]`);
}

function numbers(source: Source, buffer: ArrayBuffer): TensorData {
  const { type, items } = source;
  const { kind, min, max } = datatypeFacts[type];
  const data = numericData(type, buffer) as Float64Array;
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at];
    const value = typeof item === 'bigint' && kind === 'float' ? Number(item) : item;
    if (typeof value !== 'number' || !(value >= min && value <= max)) return refuse(source, at);
    if (kind === 'int' && !Number.isInteger(value)) return refuse(source, at);
    data[at] = kind === 'half' ? toHalf(value) : value;
  }
  return data;
}

function bigints(source: Source, buffer: ArrayBuffer): TensorData {
  const { type, items } = source;
  const { min, max } = datatypeFacts[type];
  const data = numericData(type, buffer) as BigInt64Array;
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at];
    const value = typeof item === 'number' && Number.isSafeInteger(item) ? BigInt(item) : item;
    if (typeof value !== 'bigint' || value < min || value > max) return refuse(source, at);
    data[at] = value;
  }
  return data;
}

function bools(items: readonly unknown[], data: Uint8Array, path: string): TensorData {
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at];
    if (item === true || item === 1) data[at] = 1;
    else if (item !== false && item !== 0) return refuse({ type: 'BOOL', items, path }, at);
  }
  return data;
}

function texts(items: readonly unknown[], path: string): readonly string[] {
  return items.map((item, at) => {
    // A lone surrogate has no UTF-8 form: the model would see another text than was sent.
    if (typeof item === 'string' && item.isWellFormed()) return item;
    throw new Fault('TENSOR_INVALID', 'BYTES holds text', `${path}[${at}]`);
  });
}

/** The elements as a flat JSON list. Numbers must be finite; 64-bit integers keep all digits. */
export function dataJson({ datatype, data }: Tensor): string {
  return listText({ data, textOf: textOf(datatype) }, 0, data.length);
}

/** The elements as lists nested by the shape; a bare element for a tensor without dimensions. */
export const nestedJson = ({ datatype, shape, data }: Tensor): string =>
  nested({ data, textOf: textOf(datatype) }, shape);

/** The same of elements that are JSON already. */
export const nestedTexts = (texts: readonly string[], shape: readonly number[]): string =>
  nested({ data: texts, textOf: String }, shape);

/** The elements, each as JSON. */
export function elementTexts({ datatype, data }: Pick<Tensor, 'datatype' | 'data'>): string[] {
  const text = textOf(datatype);
  return Array.from<unknown, string>(data, (item) => text(item));
}

function nested(elements: Elements, shape: readonly number[]): string {
  const { data } = elements;
  const width = shape.at(-1);
  if (width === undefined) return data.length === 0 ? '[]' : elements.textOf(data[0]);
  let level: string[] = [];
  const count = elementCount(shape.slice(0, -1));
  for (let at = 0; at < count; at += 1) level.push(listText(elements, at * width, width));
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    level = grouped(level, shape[axis] ?? 0, elementCount(shape.slice(0, axis)));
  }
  return level[0] ?? '[]';
}

/** Elements and how one is written. */
type Elements = { readonly data: TensorData; readonly textOf: (item: unknown) => string };

function listText({ data, textOf: text }: Elements, from: number, count: number): string {
  if (count === 0) return '[]';
  let list = `[${text(data[from])}`;
  for (let at = from + 1; at < from + count; at += 1) list += `,${text(data[at])}`;
  return `${list}]`;
}

function grouped(items: readonly string[], size: number, count: number): string[] {
  return Array.from(
    { length: count },
    (_none, at) => `[${items.slice(at * size, (at + 1) * size).join(',')}]`,
  );
}

const boolText = (item: unknown): string => (item === 0 ? 'false' : 'true');
const halfText = (item: unknown): string => String(fromHalf(Number(item)));

function textOf(datatype: Datatype): (item: unknown) => string {
  if (datatype === 'BOOL') return boolText;
  if (datatype === 'FP16') return halfText;
  return datatype === 'BYTES' ? JSON.stringify : String;
}
