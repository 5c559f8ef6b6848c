/** Element types of the Open Inference Protocol v2 (tensor data types), BF16 excepted. */
export const DATATYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;

/** One element type. */
export type Datatype = (typeof DATATYPES)[number];

/** A named tensor a model takes or gives; −1 in `shape` stands for a free dimension. */
export type TensorSpec = {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
};

/** What a model takes and gives, as declared by its file. */
export type Signature = {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
};
