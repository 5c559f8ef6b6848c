import { Fault } from '../errors.ts';
import { datatypeFacts, elementCount, holdsType, numericData } from './datatype.ts';
import type { Tensor } from './tensor.ts';
import type { TensorHead } from './tensor-json.ts';

/**
 * Tensors as bytes, as the binary tensor extension of the Open Inference Protocol has them:
 * little-endian elements in row-major order; each BYTES element after its length in four bytes.
 * Every machine Node runs on here is little-endian, so numbers are copied as they lie.
 */
const LENGTH_BYTES = 4;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Reads a tensor from exactly its bytes. `path` names the tensor in faults. */
export function tensorFromBytes(head: TensorHead, bytes: Uint8Array, path: string): Tensor {
  const count = elementCount(head.shape);
  if (head.datatype === 'BYTES') return { ...head, data: textsFrom(bytes, count, path) };
  const size = count * datatypeFacts[head.datatype].bytes;
  if (bytes.byteLength !== size) {
    const what = `${head.datatype} [${head.shape.join(', ')}] takes ${size} bytes, not ${
      bytes.byteLength
    }`;
    throw new Fault('TENSOR_INVALID', what, path);
  }
  // A copy: the part of the body need not lie on a boundary of the element size.
  const copy = new ArrayBuffer(size);
  new Uint8Array(copy).set(bytes);
  const data = numericData(head.datatype, copy);
  if (head.datatype === 'BOOL') requireBits(data as Uint8Array, path);
  return { ...head, data };
}

function requireBits(data: Uint8Array, path: string): void {
  if (data.some((item) => item > 1)) throw new Fault('TENSOR_INVALID', 'a BOOL is 0 or 1', path);
}

function textsFrom(bytes: Uint8Array, count: number, path: string): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: string[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const start = at + LENGTH_BYTES;
    if (start > bytes.byteLength) throw cut(items.length, path);
    const end = start + view.getUint32(at, true);
    if (end > bytes.byteLength) throw cut(items.length, path);
    items.push(textFrom(bytes.subarray(start, end), path));
    at = end;
  }
  if (items.length === count) return items;
  const what = `the shape has ${count} elements, the bytes have ${items.length}`;
  throw new Fault('TENSOR_INVALID', what, path);
}

const cut = (element: number, path: string): Fault =>
  new Fault('TENSOR_INVALID', `element ${element} is longer than the bytes that are left`, path);

function textFrom(bytes: Uint8Array, path: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Fault('TENSOR_INVALID', 'an element of BYTES is not UTF-8', path);
  }
}

/**
 * A tensor from the whole body of a raw binary request: BYTES is one element without its length.
 */
export function tensorFromRaw(head: TensorHead, bytes: Uint8Array): Tensor {
  if (head.datatype !== 'BYTES') return tensorFromBytes(head, bytes, 'body');
  return { ...head, data: [textFrom(bytes, 'body')] };
}

/** The bytes of a tensor; a view of the same memory for numbers. */
export function bytesOfTensor({ datatype, data }: Tensor): Uint8Array {
  if (datatype !== 'BYTES' && holdsType(datatype, data) && ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const parts = Array.from(data as readonly unknown[], (item) => encoder.encode(String(item)));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + LENGTH_BYTES + part.length, 0));
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    whole.set(part, at + LENGTH_BYTES);
    at += LENGTH_BYTES + part.length;
  }
  return whole;
}
