import type { Datatype } from '../../core/catalog/signature.ts';
import type { TensorData } from './tensor.ts';

/** How the elements of a type are kept, and what may be one. */
export type DatatypeFacts = {
  /** Bytes of one element on the wire; 0 for BYTES, whose elements have their own lengths. */
  readonly bytes: number;
  readonly kind: 'bool' | 'int' | 'bigint' | 'half' | 'float' | 'bytes';
  readonly min: bigint | number;
  readonly max: bigint | number;
};

const int = (bytes: number, min: number, max: number): DatatypeFacts => ({
  bytes,
  kind: 'int',
  min,
  max,
});

const FLOAT32_MAX = 3.402_823_466_385_288_6e38;

/** The facts of every type. */
export const datatypeFacts: Readonly<Record<Datatype, DatatypeFacts>> = {
  BOOL: { bytes: 1, kind: 'bool', min: 0, max: 1 },
  UINT8: int(1, 0, 255),
  UINT16: int(2, 0, 65_535),
  UINT32: int(4, 0, 4_294_967_295),
  UINT64: { bytes: 8, kind: 'bigint', min: 0n, max: 18_446_744_073_709_551_615n },
  INT8: int(1, -128, 127),
  INT16: int(2, -32_768, 32_767),
  INT32: int(4, -2_147_483_648, 2_147_483_647),
  INT64: {
    bytes: 8,
    kind: 'bigint',
    min: -9_223_372_036_854_775_808n,
    max: 9_223_372_036_854_775_807n,
  },
  FP16: { bytes: 2, kind: 'half', min: -65_519, max: 65_519 },
  FP32: { bytes: 4, kind: 'float', min: -FLOAT32_MAX, max: FLOAT32_MAX },
  FP64: { bytes: 8, kind: 'float', min: -Number.MAX_VALUE, max: Number.MAX_VALUE },
  BYTES: { bytes: 0, kind: 'bytes', min: 0, max: 0 },
};

/** Elements that are numbers. */
export type NumericData = Exclude<TensorData, readonly string[]>;

/** The numeric types, by how their elements are kept. */
export type NumericType = Exclude<Datatype, 'BYTES'>;

/** Room for `count` elements of a numeric type over existing or new memory. */
export function numericData(type: NumericType, buffer: ArrayBuffer): NumericData {
  switch (type) {
    case 'BOOL':
    case 'UINT8':
      return new Uint8Array(buffer);
    case 'FP16':
    case 'UINT16':
      return new Uint16Array(buffer);
    case 'UINT32':
      return new Uint32Array(buffer);
    case 'UINT64':
      return new BigUint64Array(buffer);
    case 'INT8':
      return new Int8Array(buffer);
    case 'INT16':
      return new Int16Array(buffer);
    case 'INT32':
      return new Int32Array(buffer);
    case 'INT64':
      return new BigInt64Array(buffer);
    case 'FP32':
      return new Float32Array(buffer);
    case 'FP64':
      return new Float64Array(buffer);
  }
}

/** Whether elements are kept as they must be for their type. */
export function holdsType(type: Datatype, data: TensorData): boolean {
  switch (type) {
    case 'BOOL':
    case 'UINT8':
      return data instanceof Uint8Array;
    case 'FP16':
    case 'UINT16':
      return data instanceof Uint16Array;
    case 'UINT32':
      return data instanceof Uint32Array;
    case 'UINT64':
      return data instanceof BigUint64Array;
    case 'INT8':
      return data instanceof Int8Array;
    case 'INT16':
      return data instanceof Int16Array;
    case 'INT32':
      return data instanceof Int32Array;
    case 'INT64':
      return data instanceof BigInt64Array;
    case 'FP32':
      return data instanceof Float32Array;
    case 'FP64':
      return data instanceof Float64Array;
    case 'BYTES':
      return Array.isArray(data);
  }
}

/** Number of elements of a shape; not safe for dimensions that were not checked. */
export const elementCount = (shape: readonly number[]): number => {
  let count = 1;
  for (const dimension of shape) count *= dimension;
  return count;
};
