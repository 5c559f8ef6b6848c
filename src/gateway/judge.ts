import type { Signature, TensorSpec } from '../core/catalog/signature.ts';
import { elementCount, holdsType } from '../protocol/inference/datatype.ts';
import { shapeFits } from '../protocol/inference/infer-tensors.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';

const HALF_EXPONENT = 0x7c00;

/** What was asked of a model, and what came back. */
export type Judged = {
  readonly signature: Signature;
  /** Wanted outputs in order; null: all. */
  readonly wanted: readonly string[] | null;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
};

/**
 * Says why outputs are no prediction, or null when they are one: each wanted output is there, in
 * order, of its type and shape, with at least one element, all of them finite. HTTP would be fine
 * with any of it; the user would not.
 */
export function badOutput({ signature, wanted, inputs, outputs }: Judged): string | null {
  const count = wanted === null ? signature.outputs.length : wanted.length;
  if (outputs.length !== count) return `${count} outputs were wanted, ${outputs.length} came`;
  for (let at = 0; at < outputs.length; at += 1) {
    const tensor = outputs[at];
    const spec =
      wanted === null
        ? signature.outputs[at]
        : signature.outputs.find(({ name }) => name === wanted[at]);
    if (tensor === undefined || spec === undefined) return 'an output is missing';
    const fault = faultOf(tensor, spec);
    if (fault !== null) return `${spec.name}: ${fault}`;
    if (tensor.data.length === 0 && inputs.every(({ data }) => data.length > 0)) {
      return `${spec.name}: it is empty`;
    }
  }
  return null;
}

function faultOf(tensor: Tensor, spec: TensorSpec): string | null {
  if (tensor.name !== spec.name) return `${tensor.name} came in its place`;
  if (tensor.datatype !== spec.datatype || !holdsType(spec.datatype, tensor.data)) {
    return `${tensor.datatype} came for ${spec.datatype}`;
  }
  if (!shapeFits(tensor.shape, spec.shape)) {
    return `shape [${tensor.shape.join(', ')}] came for [${spec.shape.join(', ')}]`;
  }
  if (tensor.data.length !== elementCount(tensor.shape)) {
    return `${tensor.data.length} elements came in shape [${tensor.shape.join(', ')}]`;
  }
  return isFinite(tensor) ? null : 'it has NaN or an infinite number';
}

function isFinite({ datatype, data }: Tensor): boolean {
  if (data instanceof Float32Array || data instanceof Float64Array) {
    for (let at = 0; at < data.length; at += 1) {
      if (!Number.isFinite(data[at])) return false;
    }
    return true;
  }
  if (datatype !== 'FP16' || !(data instanceof Uint16Array)) return true;
  return data.every((bits) => (bits & HALF_EXPONENT) !== HALF_EXPONENT);
}
