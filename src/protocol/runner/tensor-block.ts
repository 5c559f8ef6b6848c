import { assertNever } from '../../core/lib/invariant.ts';
import type { Datatype, TensorSpec } from '../../core/catalog/signature.ts';
import type { Tensor, TensorData } from '../inference/tensor.ts';
import { aligned, FRAME_TENSORS_MAX, FrameError } from './frame.ts';
import type { Frame, FrameWriter, Memory } from './frame.ts';

/**
 * A tensor in a frame: four words (place of its spec in the signature, rank, bytes of data, 0), its
 * dimensions, its data. Dimensions and data are padded to 8 bytes. Strings are their lengths
 * followed by their UTF-8.
 */
const BLOCK_HEADER_BYTES = 16;
/** Dimensions a tensor may have. */
export const RANK_MAX = 32;
/** Elements a tensor may have. */
export const ELEMENTS_MAX = 2 ** 31 - 1;

const decoder = new TextDecoder();

/** Bytes of one element; 0 for strings, whose size varies. */
export function elementBytes(datatype: Datatype): number {
  switch (datatype) {
    case 'BOOL':
    case 'UINT8':
    case 'INT8':
      return 1;
    case 'UINT16':
    case 'INT16':
    case 'FP16':
      return 2;
    case 'UINT32':
    case 'INT32':
    case 'FP32':
      return 4;
    case 'UINT64':
    case 'INT64':
    case 'FP64':
      return 8;
    case 'BYTES':
      return 0;
    default:
      return assertNever(datatype, 'elementBytes');
  }
}

/** Elements of a shape; throws `FrameError` when there are too many. */
export function elementsOf(shape: readonly number[]): number {
  let count = 1;
  for (const dimension of shape) count *= dimension;
  if (count > ELEMENTS_MAX) throw new FrameError(`a tensor of ${count} elements`);
  return count;
}

/** A typed array over memory that starts at a multiple of 8. */
export function typedView(
  datatype: Exclude<Datatype, 'BYTES'>,
  memory: { readonly buffer: ArrayBufferLike; readonly at: number },
  count: number,
): Exclude<TensorData, readonly string[]> {
  const { buffer, at } = memory;
  switch (datatype) {
    case 'FP32':
      return new Float32Array(buffer, at, count);
    case 'INT64':
      return new BigInt64Array(buffer, at, count);
    case 'FP64':
      return new Float64Array(buffer, at, count);
    case 'INT32':
      return new Int32Array(buffer, at, count);
    case 'BOOL':
    case 'UINT8':
      return new Uint8Array(buffer, at, count);
    case 'UINT16':
    case 'FP16':
      return new Uint16Array(buffer, at, count);
    case 'UINT32':
      return new Uint32Array(buffer, at, count);
    case 'UINT64':
      return new BigUint64Array(buffer, at, count);
    case 'INT8':
      return new Int8Array(buffer, at, count);
    case 'INT16':
      return new Int16Array(buffer, at, count);
    default:
      return assertNever(datatype, 'typedView');
  }
}

/** A typed array of zeros. */
export function zeros(
  datatype: Exclude<Datatype, 'BYTES'>,
  count: number,
): Exclude<TensorData, readonly string[]> {
  const buffer = new ArrayBuffer(count * elementBytes(datatype));
  return typedView(datatype, { buffer, at: 0 }, count);
}

/** True when `data` is the kind of array that holds `datatype`. */
export const isText = (data: TensorData): data is readonly string[] => Array.isArray(data);

/**
 * Writes a tensor as the `index`-th of the signature. Throws `FrameError` when its data does not
 * fit its datatype and shape: what is sent must be readable on the other side.
 */
export function writeTensor(writer: FrameWriter, index: number, tensor: Tensor): void {
  const { shape, data } = tensor;
  const count = elementsOf(shape);
  if (data.length !== count || shape.length > RANK_MAX) {
    throw new FrameError(
      `tensor ${tensor.name} of shape [${shape.join(', ')}] has ${data.length} elements`,
    );
  }
  writer.word(index);
  writer.word(shape.length);
  const sizeAt = writer.used;
  writer.word(0);
  writer.word(0);
  for (const dimension of shape) writer.word(dimension);
  writer.pad();
  const dataAt = writer.used;
  if (isText(data)) writeStrings(writer, data);
  else writer.raw(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  writer.patch(sizeAt, writer.used - dataAt);
  const expected = count * elementBytes(tensor.datatype);
  if (tensor.datatype === 'BYTES' ? !isText(data) : writer.used - dataAt !== expected) {
    throw new FrameError(`the data of tensor ${tensor.name} is not ${tensor.datatype}`);
  }
  writer.pad();
}

function writeStrings(writer: FrameWriter, strings: readonly string[]): void {
  const lengthsAt = writer.used;
  for (let i = 0; i < strings.length; i += 1) writer.word(0);
  for (const [i, text] of strings.entries()) writer.patch(lengthsAt + i * 4, writer.text(text));
}

/** A tensor as found in a frame, and where the next one would begin. */
type Block = { readonly tensor: Tensor; readonly index: number; readonly next: number };

/**
 * The tensors of a frame, in its order, each viewed where it lies. Throws `FrameError` when
 * anything does not add up or is not in `specs`.
 */
export function readTensors(frame: Frame, specs: readonly TensorSpec[]): TensorsRead {
  if (frame.tensors > FRAME_TENSORS_MAX) throw new FrameError(`${frame.tensors} tensors`);
  const tensors: Tensor[] = [];
  const indexes: number[] = [];
  let at = frame.body;
  for (let i = 0; i < frame.tensors; i += 1) {
    const block = readTensor(frame, at, specs);
    tensors.push(block.tensor);
    indexes.push(block.index);
    at = block.next;
  }
  return { tensors, indexes, end: at };
}

/** What `readTensors` found; `end` is the first byte behind the tensors. */
export type TensorsRead = {
  readonly tensors: readonly Tensor[];
  readonly indexes: readonly number[];
  readonly end: number;
};

function readTensor(frame: Frame, at: number, specs: readonly TensorSpec[]): Block {
  const { words, bytes } = frame.memory;
  const word = at >>> 2;
  const index = words[word] ?? 0;
  const rank = words[word + 1] ?? 0;
  const size = words[word + 2] ?? 0;
  const dataAt = at + BLOCK_HEADER_BYTES + aligned(rank * 4);
  const spec = specs[index];
  if (spec === undefined || rank > RANK_MAX || dataAt + size > frame.end) {
    throw new FrameError('a tensor leaves its frame or is not in the signature');
  }
  const shape: number[] = [];
  for (let i = 0; i < rank; i += 1) shape.push(words[word + 4 + i] ?? 0);
  const count = elementsOf(shape);
  const { name, datatype } = spec;
  const place: Place = { memory: frame.memory, at: dataAt, size };
  if (datatype === 'BYTES') {
    const tensor = { name, datatype, shape, data: readStrings(place, count) };
    return { tensor, index, next: dataAt + aligned(size) };
  }
  if (count * elementBytes(datatype) !== size) {
    throw new FrameError(`${size} bytes for ${count} elements of ${datatype}`);
  }
  const memory = { buffer: bytes.buffer, at: bytes.byteOffset + dataAt };
  const data = typedView(datatype, memory, count);
  return { tensor: { name, datatype, shape, data }, index, next: dataAt + aligned(size) };
}

type Place = { readonly memory: Memory; readonly at: number; readonly size: number };

function readStrings({ memory, at, size }: Place, count: number): readonly string[] {
  if (count * 4 > size) throw new FrameError(`${size} bytes for ${count} strings`);
  const strings: string[] = [];
  let textAt = at + count * 4;
  for (let i = 0; i < count; i += 1) {
    const end = textAt + (memory.words[(at >>> 2) + i] ?? 0);
    if (end > at + size) throw new FrameError('a string leaves its tensor');
    strings.push(decoder.decode(memory.bytes.subarray(textAt, end)));
    textAt = end;
  }
  if (textAt !== at + size) throw new FrameError('bytes behind the last string');
  return strings;
}
