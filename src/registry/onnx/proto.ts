import type { Where } from './where.ts';

/** What is kept of a decoded model: structure and sizes, never the bulk of the data. */
export type OnnxModel = {
  readonly irVersion: number;
  readonly producer: string;
  readonly imports: readonly OpsetImport[];
  readonly graph: OnnxGraph;
  readonly functions: readonly OnnxFunction[];
};

/** Which version of a domain's operators is meant. `domain` is '' for ONNX's own. */
export type OpsetImport = {
  readonly where: Where;
  readonly domain: string;
  readonly version: number;
};

/** A graph: the model's, or one inside an attribute. */
export type OnnxGraph = {
  readonly where: Where;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Hints about what is between inputs and outputs. */
  readonly values: readonly OnnxValue[];
};

/** One operation. Absent optional inputs and outputs are ''. */
export type OnnxNode = {
  readonly where: Where;
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
};

/** A setting of a node. Only small integers are kept; of the rest, what is inside is checked. */
export type OnnxAttribute = {
  readonly where: Where;
  readonly name: string;
  readonly i: number | null;
  readonly f: number | null;
  /** Null when there are more than `SMALL_MAX`. */
  readonly ints: readonly number[] | null;
  readonly tensors: readonly OnnxTensor[];
  readonly graphs: readonly OnnxGraph[];
  /** Name of the function's attribute that gives the value; '' when the value is here. */
  readonly reference: string;
};

/** A constant tensor whose data has been proved to be all there. */
export type OnnxTensor = {
  readonly where: Where;
  readonly name: string;
  /** Number of the element type. */
  readonly type: number;
  readonly dims: readonly number[];
  readonly elements: number;
  /** Values of an integer, boolean or float tensor with at most `SMALL_MAX` elements. */
  readonly small: readonly number[] | null;
};

/** Most elements of a tensor or list whose values are kept: enough for shapes. */
export const SMALL_MAX = 64;

/** A declared input, output or value. */
export type OnnxValue = {
  readonly where: Where;
  readonly name: string;
  readonly type: OnnxType | null;
};

/** Its type; `dims` is null for an unknown rank, −1 in it stands for an unknown size. */
export type OnnxType =
  | { readonly kind: 'tensor'; readonly element: number; readonly dims: readonly number[] | null }
  | { readonly kind: 'sequence' | 'map' | 'optional' | 'opaque' | 'sparse tensor' };

/** Operations under a name, called like an operator. */
export type OnnxFunction = {
  readonly where: Where;
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Names of the settings it takes. */
  readonly parameters: readonly string[];
  readonly imports: readonly OpsetImport[];
  readonly nodes: readonly OnnxNode[];
};

/** A node for a sentence, e.g. `node "scale" (Mul)`. */
export function nodeText({ name, opType, domain }: OnnxNode): string {
  const op = domain === '' ? opType : `${domain}.${opType}`;
  return name === '' ? `node (${op})` : `node ${JSON.stringify(name)} (${op})`;
}
