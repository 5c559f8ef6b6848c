import type { Tensor } from '../protocol/inference/tensor.ts';

/** Bytes of a string beside its characters, about. */
const STRING_BYTES = 32;

/** Memory that tensors hold, about; strings at two bytes a character. */
export function bytesIn(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { data }) => sum + bytesOfData(data), 0);
}

function bytesOfData(data: Tensor['data']): number {
  if ('byteLength' in data) return data.byteLength;
  return data.reduce((sum, text) => sum + STRING_BYTES + text.length * 2, 0);
}
