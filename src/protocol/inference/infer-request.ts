import { DATATYPES } from '../../core/catalog/signature.ts';
import type { Datatype } from '../../core/catalog/signature.ts';
import { Fault } from '../errors.ts';
import { isObject, own, parseJson, utf8Text } from './json-body.ts';
import type { JsonObject } from './json-body.ts';
import type { TensorHead } from './tensor-json.ts';

/** An infer request of the Open Inference Protocol, not yet compared with a model. */
export type InferRequest = {
  readonly id: string | null;
  /** The JSON part; null for a raw binary request, which has none. */
  readonly json: JsonObject | null;
  readonly inputs: readonly SentTensor[];
  /** Wanted outputs in the order wanted; null: all. */
  readonly outputs: readonly WantedOutput[] | null;
  /** Whether outputs come as bytes unless they say otherwise. */
  readonly binaryOutputs: boolean;
};

/**
 * A tensor as sent: a value parsed from JSON, or bytes. Raw: the whole body, described by nobody.
 */
export type SentTensor =
  | {
      readonly type: 'json';
      readonly head: TensorHead;
      readonly data: unknown;
      readonly path: string;
    }
  | {
      readonly type: 'bytes';
      readonly head: TensorHead;
      readonly bytes: Uint8Array;
      readonly path: string;
    }
  | { readonly type: 'raw'; readonly bytes: Uint8Array };

/** An output the caller named. */
export type WantedOutput = { readonly name: string; readonly binary: boolean };

/** Most elements a tensor may have; larger shapes are refused before anything is multiplied out. */
export const ELEMENTS_MAX = 2 ** 28;
/** Most dimensions of a tensor. */
export const RANK_MAX = 16;
/** Most tensors of a request. */
export const TENSORS_MAX = 1_024;
/** Longest id of the caller's that is echoed. */
export const REQUEST_ID_CHARS_MAX = 256;

const known: ReadonlySet<unknown> = new Set(DATATYPES);

const malformed = (what: string, path: string | null = null): Fault =>
  new Fault('REQUEST_MALFORMED', what, path);

/**
 * Reads a body. `headerLength` is the value of `Inference-Header-Content-Length`: the bytes of JSON
 * before the tensors, 0 for a raw binary request, null when the header is absent.
 */
export function readInferRequest(body: Uint8Array, headerLength: number | null): InferRequest {
  if (headerLength === 0) {
    const inputs = [{ type: 'raw', bytes: body }] as const;
    return { id: null, json: null, inputs, outputs: null, binaryOutputs: true };
  }
  if (headerLength !== null && headerLength > body.byteLength) {
    throw malformed(
      `inference-header-content-length is ${headerLength}, the body has ${body.byteLength} bytes`,
    );
  }
  const text = utf8Text(headerLength === null ? body : body.subarray(0, headerLength));
  const json = parseJson(text, text.includes('INT64'));
  if (!isObject(json)) throw malformed('the body is not a JSON object');
  const parameters = readParameters(json, 'parameters');
  const binaryOutputs = flag(parameters, 'binary_data_output', 'parameters') ?? false;
  const rest = headerLength === null ? null : body.subarray(headerLength);
  return {
    id: readId(json),
    json,
    inputs: readInputs(json, rest),
    outputs: readOutputs(json, binaryOutputs),
    binaryOutputs,
  };
}

function readId(json: JsonObject): string | null {
  const id = own(json, 'id');
  if (id === undefined || id === null) return null;
  if (typeof id !== 'string') throw malformed('id is not a string', 'id');
  if (id.length <= REQUEST_ID_CHARS_MAX) return id;
  throw malformed(`id is longer than ${REQUEST_ID_CHARS_MAX} characters`, 'id');
}

function readParameters(json: JsonObject, path: string): JsonObject | null {
  const parameters = own(json, 'parameters');
  if (parameters === undefined || parameters === null) return null;
  if (!isObject(parameters)) throw malformed('parameters is not an object', path);
  return parameters;
}

function flag(parameters: JsonObject | null, name: string, path: string): boolean | undefined {
  const value = parameters === null ? undefined : own(parameters, name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw malformed(`${name} is not true or false`, `${path}.${name}`);
}

function list(json: JsonObject, name: string): readonly unknown[] | undefined {
  const value = own(json, name);
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw malformed(`${name} is not a list`, name);
  if (value.length <= TENSORS_MAX) return value;
  throw malformed(`${name} has more than ${TENSORS_MAX} items`, name);
}

function readInputs(json: JsonObject, rest: Uint8Array | null): readonly SentTensor[] {
  const items = list(json, 'inputs');
  if (items === undefined || items.length === 0) throw malformed('inputs are missing', 'inputs');
  let at = 0;
  const inputs = items.map((item, index): SentTensor => {
    const path = `inputs[${index}]`;
    if (!isObject(item)) throw malformed('an input is not an object', path);
    const head = readHead(item, path);
    const parameters = readParameters(item, `${path}.parameters`);
    refuseExtensions(parameters, path);
    const size = binarySize(parameters, path);
    if (size === undefined) {
      return { type: 'json', head, data: own(item, 'data'), path: `${path}.data` };
    }
    if (rest === null || at + size > rest.byteLength) {
      throw malformed(`binary_data_size is ${size}, the body has no so many bytes left`, path);
    }
    if (own(item, 'data') !== undefined) throw malformed('data and binary data at once', path);
    at += size;
    return { type: 'bytes', head, bytes: rest.subarray(at - size, at), path };
  });
  if (rest !== null && at !== rest.byteLength) {
    throw malformed(`${rest.byteLength - at} bytes after the tensors belong to no input`);
  }
  return inputs;
}

function binarySize(parameters: JsonObject | null, path: string): number | undefined {
  const size = parameters === null ? undefined : own(parameters, 'binary_data_size');
  if (size === undefined) return undefined;
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  throw malformed('binary_data_size is not a count of bytes', `${path}.parameters`);
}

function readHead(item: JsonObject, path: string): TensorHead {
  const name = own(item, 'name');
  const datatype = own(item, 'datatype');
  if (typeof name !== 'string' || name === '') throw malformed('name is missing', `${path}.name`);
  if (!known.has(datatype)) {
    throw malformed(`datatype is none of ${DATATYPES.join(', ')}`, `${path}.datatype`);
  }
  return { name, datatype: datatype as Datatype, shape: readShape(own(item, 'shape'), path) };
}

function readShape(shape: unknown, path: string): readonly number[] {
  if (!Array.isArray(shape) || shape.length > RANK_MAX) {
    throw malformed(`shape is not a list of at most ${RANK_MAX} dimensions`, `${path}.shape`);
  }
  let count = 1;
  for (const size of shape as readonly unknown[]) {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > ELEMENTS_MAX) {
      throw malformed('a dimension is not a count of elements', `${path}.shape`);
    }
    count *= size;
    if (count > ELEMENTS_MAX) throw malformed('the shape is too large', `${path}.shape`);
  }
  return shape as readonly number[];
}

/** What would change the meaning of the answer must not be ignored silently. */
const REFUSED_EXTENSIONS = ['shared_memory_region', 'classification'] as const;

function refuseExtensions(parameters: JsonObject | null, path: string): void {
  if (parameters === null) return;
  for (const name of REFUSED_EXTENSIONS) {
    if (own(parameters, name) === undefined) continue;
    throw malformed(`${name} is not supported; send and take tensors`, `${path}.parameters`);
  }
}

function readOutputs(json: JsonObject, binaryDefault: boolean): readonly WantedOutput[] | null {
  const items = list(json, 'outputs');
  if (items === undefined || items.length === 0) return null;
  const seen = new Set<string>();
  return items.map((item, index) => {
    const path = `outputs[${index}]`;
    if (!isObject(item)) throw malformed('an output is not an object', path);
    const name = own(item, 'name');
    if (typeof name !== 'string') throw malformed('name is missing', `${path}.name`);
    if (seen.has(name)) throw malformed('the output is named twice', `${path}.name`);
    seen.add(name);
    const parameters = readParameters(item, `${path}.parameters`);
    refuseExtensions(parameters, path);
    return { name, binary: flag(parameters, 'binary_data', path) ?? binaryDefault };
  });
}
