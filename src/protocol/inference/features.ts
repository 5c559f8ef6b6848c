import type { Signature, TensorSpec } from '../../core/catalog/signature.ts';
import { Fault } from '../errors.ts';
import { elementCount } from './datatype.ts';
import { ELEMENTS_MAX, RANK_MAX } from './infer-request.ts';
import { shapeFits } from './infer-tensors.ts';
import { isObject, own, parseJson, utf8Text } from './json-body.ts';
import type { JsonObject } from './json-body.ts';
import { holdsList, nestedJson, tensorFromFlat } from './tensor-json.ts';
import type { Tensor } from './tensor.ts';

/** A request of the simple prediction API, not yet compared with a model. */
export type FeatureRequest = {
  readonly json: JsonObject;
  readonly features: unknown;
  readonly endpoint: string | null;
  /** Number or label of the version wanted. */
  readonly version: string | null;
};

/** Reads `{features, endpoint?, model_version?}`. */
export function readFeatureRequest(body: Uint8Array): FeatureRequest {
  const json = parseJson(utf8Text(body), true);
  if (!isObject(json)) throw new Fault('REQUEST_MALFORMED', 'the body is not a JSON object');
  const features = own(json, 'features');
  if (features === undefined || features === null) {
    throw new Fault('REQUEST_MALFORMED', 'features are missing', 'features');
  }
  return { json, features, endpoint: word(json, 'endpoint'), version: word(json, 'model_version') };
}

function word(json: JsonObject, name: string): string | null {
  const value = own(json, name);
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new Fault('REQUEST_MALFORMED', `${name} is not a name or a number`, name);
}

/** Input tensors made from features; `isRow`: the caller sent one row and wants one back. */
export type BoundFeatures = { readonly tensors: readonly Tensor[]; readonly isRow: boolean };

/**
 * Makes the inputs of a model from features: one row `[…]`, rows `[[…], …]`, named values
 * `{input: value}`, or rows of these `[{…}, …]`. A missing batch dimension is filled in.
 */
export function bindFeatures(features: unknown, signature: Signature): BoundFeatures {
  const { inputs } = signature;
  const [only] = inputs;
  if (isObject(features)) return fromNamed(features, inputs);
  if (Array.isArray(features) && features.length > 0 && features.every(isObject)) {
    return fromNamedRows(features, inputs);
  }
  if (only !== undefined && inputs.length === 1) {
    const { tensor, isRow } = bindValue(only, features, 'features');
    return { tensors: [tensor], isRow };
  }
  return fromColumns(features, inputs);
}

function fromNamed(features: JsonObject, inputs: readonly TensorSpec[]): BoundFeatures {
  requireKnown(features, inputs, 'features');
  const bound = inputs.map((spec) => {
    const value = own(features, spec.name);
    if (value === undefined) {
      throw new Fault('TENSOR_INVALID', `the feature ${spec.name} is missing`, 'features');
    }
    return bindValue(spec, value, `features.${spec.name}`);
  });
  return { tensors: bound.map(({ tensor }) => tensor), isRow: bound.every(({ isRow }) => isRow) };
}

function fromNamedRows(rows: readonly JsonObject[], inputs: readonly TensorSpec[]): BoundFeatures {
  rows.forEach((row, at) => requireKnown(row, inputs, `features[${at}]`));
  const tensors = inputs.map((spec) => {
    const column = rows.map((row, at) => {
      const value = own(row, spec.name);
      if (value !== undefined) return cell(spec, value);
      throw new Fault('TENSOR_INVALID', `the feature ${spec.name} is missing`, `features[${at}]`);
    });
    return bindValue(spec, column, `features.${spec.name}`).tensor;
  });
  return { tensors, isRow: false };
}

/**
 * Lists whose items belong to the inputs in order, as tables converted column by column have them.
 */
function fromColumns(features: unknown, inputs: readonly TensorSpec[]): BoundFeatures {
  const names = inputs.map(({ name }) => name).join(', ');
  if (!Array.isArray(features) || features.length === 0) {
    throw new Fault('TENSOR_INVALID', `name the features: ${names}`, 'features');
  }
  const isRow = !features.every((row) => Array.isArray(row));
  const rows: readonly (readonly unknown[])[] = isRow ? [features] : features;
  const tensors = inputs.map((spec, column) => {
    const values = rows.map((row, at) => {
      if (row.length === inputs.length) return cell(spec, row[column]);
      const what = `a row has ${row.length} values, the model takes ${names}`;
      throw new Fault('TENSOR_INVALID', what, isRow ? 'features' : `features[${at}]`);
    });
    return bindValue(spec, values, `features.${spec.name}`).tensor;
  });
  return { tensors, isRow };
}

function requireKnown(features: JsonObject, inputs: readonly TensorSpec[], path: string): void {
  const unknown = Object.keys(features).find((key) => !inputs.some(({ name }) => name === key));
  if (unknown === undefined) return;
  const names = inputs.map(({ name }) => name).join(', ');
  const shown = JSON.stringify(unknown.slice(0, 60));
  const what = `the model has no feature ${shown}; it takes ${names}`;
  throw new Fault('TENSOR_INVALID', what, path);
}

/** One value of a column: wrapped when the input has a dimension beyond the batch. */
const cell = (spec: TensorSpec, value: unknown): unknown =>
  spec.shape.length === 2 && !Array.isArray(value) ? [value] : value;

type BoundValue = { readonly tensor: Tensor; readonly isRow: boolean };

function bindValue(spec: TensorSpec, value: unknown, path: string): BoundValue {
  // One flat list is what nearly everybody sends; it is neither walked level by level nor copied.
  const isFlat = Array.isArray(value) && value.length > 0 && !holdsList(value);
  const sizes = isFlat ? [value.length] : sizesOf(value, path);
  const { shape, isRow } = fitted(sizes, spec, path);
  const head = { name: spec.name, datatype: spec.datatype, shape };
  if (isFlat) return { tensor: tensorFromFlat(head, value, path), isRow };
  const flat: readonly unknown[] = Array.isArray(value) ? value.flat(RANK_MAX) : [value];
  return { tensor: tensorFromFlat(head, flat, path), isRow };
}

/** The sizes of nested lists; refuses ragged ones. */
function sizesOf(value: unknown, path: string): readonly number[] {
  const sizes: number[] = [];
  let level: readonly unknown[] = [value];
  while (level.length > 0 && level.every((item) => Array.isArray(item))) {
    const size = (level[0] as readonly unknown[]).length;
    const isEven = (level as readonly (readonly unknown[])[]).every((item) => item.length === size);
    if (!isEven) throw new Fault('TENSOR_INVALID', 'rows have different lengths', path);
    sizes.push(size);
    if (sizes.length > RANK_MAX || level.length * size > ELEMENTS_MAX) {
      throw new Fault('TENSOR_INVALID', 'lists are nested too deep or too long', path);
    }
    level = (level as readonly (readonly unknown[])[]).flat();
  }
  if (level.some((item) => Array.isArray(item))) {
    throw new Fault('TENSOR_INVALID', 'lists are nested here and flat there', path);
  }
  return sizes;
}

function fitted(
  sizes: readonly number[],
  spec: TensorSpec,
  path: string,
): { readonly shape: readonly number[]; readonly isRow: boolean } {
  const { shape } = spec;
  // A batch dimension in front is declared open, or as one.
  const hasBatch = shape[0] === -1 || shape[0] === 1;
  if (shapeFits(sizes, shape)) return { shape: sizes, isRow: shape.length < 2 && !hasBatch };
  const row = [1, ...sizes];
  if (hasBatch && shapeFits(row, shape)) return { shape: row, isRow: true };
  const isScalar = sizes.length === 0 && shape.every((size) => size === -1 || size === 1);
  if (isScalar) return { shape: shape.map(() => 1), isRow: true };
  const what = `${spec.name} takes shape [${shape.join(', ')}], got [${sizes.join(', ')}]`;
  throw new Fault('TENSOR_INVALID', what, path);
}

/** Outputs of a prediction as the simple API shows them. */
export function predictionJson(tensor: Tensor, isRow: boolean): string {
  const shape = isRow && tensor.shape[0] === 1 ? tensor.shape.slice(1) : tensor.shape;
  const isSingle = isRow && elementCount(shape) === 1;
  return nestedJson({ ...tensor, shape: isSingle ? [] : shape });
}
