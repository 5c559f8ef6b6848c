import type { Signature, TensorSpec } from '../../core/catalog/signature.ts';
import { assertNever } from '../../core/lib/invariant.ts';
import { Fault } from '../errors.ts';
import { datatypeFacts, elementCount } from './datatype.ts';
import type { SentTensor } from './infer-request.ts';
import { tensorFromBytes, tensorFromRaw } from './tensor-binary.ts';
import { tensorFromJson } from './tensor-json.ts';
import type { TensorHead } from './tensor-json.ts';
import type { Tensor } from './tensor.ts';

/**
 * The tensors a model takes, in the order of its signature, from those that were sent. Refuses
 * missing, doubled and unknown names, other types, and shapes that do not fit.
 */
export function inputTensors(sent: readonly SentTensor[], signature: Signature): readonly Tensor[] {
  const [first] = sent;
  if (first?.type === 'raw') return [rawTensor(first.bytes, signature)];
  const named = new Map<string, Exclude<SentTensor, { type: 'raw' }>>();
  for (const tensor of sent) {
    if (tensor.type === 'raw') continue;
    if (named.has(tensor.head.name)) {
      throw new Fault('TENSOR_INVALID', 'the input is sent twice', tensor.path);
    }
    named.set(tensor.head.name, tensor);
  }
  const tensors = signature.inputs.map((spec) => {
    const tensor = named.get(spec.name);
    if (tensor === undefined) {
      throw new Fault('TENSOR_INVALID', `the input ${spec.name} is missing`, 'inputs');
    }
    requireFit(tensor.head, spec, tensor.path);
    named.delete(spec.name);
    return read(tensor);
  });
  const [unknown] = named.values();
  if (unknown === undefined) return tensors;
  const names = signature.inputs.map(({ name }) => name).join(', ');
  throw new Fault('TENSOR_INVALID', `the model takes ${names}`, unknown.path);
}

function read(tensor: Exclude<SentTensor, { type: 'raw' }>): Tensor {
  switch (tensor.type) {
    case 'json':
      return tensorFromJson(tensor.head, tensor.data, tensor.path);
    case 'bytes':
      return tensorFromBytes(tensor.head, tensor.bytes, tensor.path);
    default:
      return assertNever(tensor, 'read');
  }
}

function requireFit(head: TensorHead, spec: TensorSpec, path: string): void {
  if (head.datatype !== spec.datatype) {
    const what = `${spec.name} is ${spec.datatype}, not ${head.datatype}`;
    throw new Fault('TENSOR_INVALID', what, path);
  }
  if (shapeFits(head.shape, spec.shape)) return;
  const shapes = `[${spec.shape.join(', ')}], not [${head.shape.join(', ')}]`;
  throw new Fault('TENSOR_INVALID', `${spec.name} has shape ${shapes}`, path);
}

/** Whether a concrete shape is one of those a declared shape allows; −1 allows any size. */
export function shapeFits(shape: readonly number[], declared: readonly number[]): boolean {
  if (shape.length !== declared.length) return false;
  for (let axis = 0; axis < shape.length; axis += 1) {
    const size = declared[axis] ?? 0;
    if (size >= 0 && size !== shape[axis]) return false;
  }
  return true;
}

/**
 * A raw binary request says nothing of its tensor: the signature must leave one size open at most.
 */
function rawTensor(bytes: Uint8Array, signature: Signature): Tensor {
  const [spec] = signature.inputs;
  if (spec === undefined || signature.inputs.length !== 1) {
    throw new Fault('TENSOR_INVALID', 'a raw binary request needs a model with one input');
  }
  const declared = oneBatch(spec.shape);
  const open = declared.filter((size) => size < 0).length;
  if (open > 1) {
    throw new Fault('TENSOR_INVALID', `${spec.name} leaves ${open} sizes open, at most one may be`);
  }
  const fixed = elementCount(declared.map((size) => Math.max(size, 1)));
  const isText = spec.datatype === 'BYTES';
  if (isText && fixed !== 1) {
    throw new Fault('TENSOR_INVALID', `${spec.name} takes more than the one text a raw body is`);
  }
  const count = isText ? 1 : bytes.byteLength / datatypeFacts[spec.datatype].bytes;
  const size = Math.max(0, Math.floor(count / fixed));
  const shape = declared.map((one) => (one < 0 ? size : one));
  return tensorFromRaw({ name: spec.name, datatype: spec.datatype, shape }, bytes);
}

/** With two sizes open, the first is that of the batch, and the body is one. */
const oneBatch = (shape: readonly number[]): readonly number[] =>
  shape[0] === -1 && shape.filter((size) => size < 0).length === 2 ? [1, ...shape.slice(1)] : shape;
