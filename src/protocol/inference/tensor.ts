import type { Datatype } from '../../core/catalog/signature.ts';

/**
 * Elements of a tensor in row-major order. BOOL: 0 or 1 in a Uint8Array. FP16: IEEE 754 half bits
 * in a Uint16Array. BYTES: strings (UTF-8 on the wire).
 */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly string[];

/** A named tensor with concrete shape; `data.length` is the product of `shape`. */
export type Tensor = {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TensorData;
};
