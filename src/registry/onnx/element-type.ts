import type { Datatype } from '../../core/catalog/signature.ts';

/** Which field of a `TensorProto`, beside `raw_data`, holds elements of a type. */
export type ElementField = 'float' | 'int32' | 'int64' | 'double' | 'uint64' | 'string';

/** An element type of ONNX. */
export type ElementType = {
  readonly name: string;
  /** Bits of one element; 0 for strings, which have no fixed size. */
  readonly bits: number;
  readonly field: ElementField;
  /** How many entries of `field` make one element; below 1 where several elements share one. */
  readonly perElement: number;
  /** What the prediction API calls it; null where it has no such type. */
  readonly datatype: Datatype | null;
};

type Row = readonly [number, string, number, ElementField, number, Datatype | null];

/** `TensorProto.DataType` of the ONNX specification, IR 13. */
const rows: readonly Row[] = [
  [1, 'FLOAT', 32, 'float', 1, 'FP32'],
  [2, 'UINT8', 8, 'int32', 1, 'UINT8'],
  [3, 'INT8', 8, 'int32', 1, 'INT8'],
  [4, 'UINT16', 16, 'int32', 1, 'UINT16'],
  [5, 'INT16', 16, 'int32', 1, 'INT16'],
  [6, 'INT32', 32, 'int32', 1, 'INT32'],
  [7, 'INT64', 64, 'int64', 1, 'INT64'],
  [8, 'STRING', 0, 'string', 1, 'BYTES'],
  [9, 'BOOL', 8, 'int32', 1, 'BOOL'],
  [10, 'FLOAT16', 16, 'int32', 1, 'FP16'],
  [11, 'DOUBLE', 64, 'double', 1, 'FP64'],
  [12, 'UINT32', 32, 'uint64', 1, 'UINT32'],
  [13, 'UINT64', 64, 'uint64', 1, 'UINT64'],
  [14, 'COMPLEX64', 64, 'float', 2, null],
  [15, 'COMPLEX128', 128, 'double', 2, null],
  [16, 'BFLOAT16', 16, 'int32', 1, null],
  [17, 'FLOAT8E4M3FN', 8, 'int32', 1, null],
  [18, 'FLOAT8E4M3FNUZ', 8, 'int32', 1, null],
  [19, 'FLOAT8E5M2', 8, 'int32', 1, null],
  [20, 'FLOAT8E5M2FNUZ', 8, 'int32', 1, null],
  [21, 'UINT4', 4, 'int32', 1 / 2, null],
  [22, 'INT4', 4, 'int32', 1 / 2, null],
  [23, 'FLOAT4E2M1', 4, 'int32', 1 / 2, null],
  [24, 'FLOAT8E8M0', 8, 'int32', 1, null],
  [25, 'UINT2', 2, 'int32', 1 / 4, null],
  [26, 'INT2', 2, 'int32', 1 / 4, null],
];

const types: ReadonlyMap<number, ElementType> = new Map(
  rows.map(([id, name, bits, field, perElement, datatype]) => [
    id,
    { name, bits, field, perElement, datatype },
  ]),
);

/** The element type of a number in the file; undefined for one that ONNX does not have. */
export const elementType = (id: number): ElementType | undefined => types.get(id);

/** Its name for a sentence. */
export const elementTypeName = (id: number): string => types.get(id)?.name ?? `type ${id}`;
