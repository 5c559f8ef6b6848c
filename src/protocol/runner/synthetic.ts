import type { Datatype, Signature, TensorSpec } from '../../core/catalog/signature.ts';
import { uniform } from '../../core/lib/prng.ts';
import type { Prng } from '../../core/lib/prng.ts';
import type { Tensor, TensorData } from '../inference/tensor.ts';
import { ELEMENTS_MAX, zeros } from './tensor-block.ts';

/** What made-up inputs are filled with. */
export type Fill = 'zeros' | 'ones' | 'max' | 'nan' | 'minus_one' | 'random';

/** How to make inputs up from a signature. */
export type SyntheticShape = {
  /** Size of a free first dimension. */
  readonly rows: number;
  /** Size of any other free dimension. */
  readonly free: number;
};

/** Elements a made-up tensor may have: beyond this, testing the model would be a test of memory. */
export const SYNTHETIC_ELEMENTS_MAX = 16 * 1024 * 1024;

/** The concrete shape of a spec; null when it would be too large to make up. */
export function concreteShape(
  spec: TensorSpec,
  { rows, free }: SyntheticShape,
): readonly number[] | null {
  const shape = spec.shape.map((size, i) => (size >= 0 ? size : i === 0 ? rows : free));
  const count = shape.reduce((product, size) => product * size, 1);
  return count > Math.min(SYNTHETIC_ELEMENTS_MAX, ELEMENTS_MAX) ? null : shape;
}

/** Inputs for a model, made up; null when they would be too large. `random` wants a generator. */
export function syntheticInputs(
  signature: Signature,
  shape: SyntheticShape,
  fill: FillFunction,
): readonly Tensor[] | null {
  const tensors: Tensor[] = [];
  for (const spec of signature.inputs) {
    const concrete = concreteShape(spec, shape);
    if (concrete === null) return null;
    const count = concrete.reduce((product, size) => product * size, 1);
    const { name, datatype } = spec;
    tensors.push({ name, datatype, shape: concrete, data: fill(datatype, count) });
  }
  return tensors;
}

/** Makes the elements of one tensor. */
export type FillFunction = (datatype: Datatype, count: number) => TensorData;

/** The same value everywhere. */
export function constantFill(fill: Exclude<Fill, 'random'>): FillFunction {
  return (datatype, count) => {
    if (datatype === 'BYTES') return Array.from({ length: count }, () => TEXTS[fill]);
    const data = zeros(datatype, count);
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      data.fill(bigValue(fill, datatype));
    } else {
      data.fill(numberValue(fill, datatype));
    }
    return data;
  };
}

const TEXTS: Readonly<Record<Exclude<Fill, 'random'>, string>> = {
  zeros: '',
  ones: '1',
  max: 'x'.repeat(1_024),
  nan: 'NaN',
  minus_one: '-1',
};

type Constants = Readonly<Record<Exclude<Fill, 'random'>, number>>;

const FLOAT32_MAX = 3.402_823_466_385_288_6e38;

const unsigned = (max: number): Constants => ({ zeros: 0, ones: 1, max, nan: 0, minus_one: max });
const signed = (max: number): Constants => ({ zeros: 0, ones: 1, max, nan: 0, minus_one: -1 });

/** What each fill means in each datatype; whole numbers have no NaN, unsigned ones no −1. */
const CONSTANTS: Readonly<Partial<Record<Datatype, Constants>>> = {
  BOOL: { zeros: 0, ones: 1, max: 1, nan: 0, minus_one: 1 },
  UINT8: unsigned(2 ** 8 - 1),
  UINT16: unsigned(2 ** 16 - 1),
  UINT32: unsigned(2 ** 32 - 1),
  INT8: signed(2 ** 7 - 1),
  INT16: signed(2 ** 15 - 1),
  INT32: signed(2 ** 31 - 1),
  // Bits of IEEE 754 halves.
  FP16: { zeros: 0, ones: 0x3c00, max: 0x7bff, nan: 0x7e00, minus_one: 0xbc00 },
  FP32: { zeros: 0, ones: 1, max: FLOAT32_MAX, nan: Number.NaN, minus_one: -1 },
  FP64: { zeros: 0, ones: 1, max: Number.MAX_VALUE, nan: Number.NaN, minus_one: -1 },
};

function numberValue(fill: Exclude<Fill, 'random'>, datatype: Datatype): number {
  return CONSTANTS[datatype]?.[fill] ?? 0;
}

function bigValue(fill: Exclude<Fill, 'random'>, datatype: Datatype): bigint {
  const max = datatype === 'INT64' ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  const values = { zeros: 0n, ones: 1n, max, nan: 0n } as const;
  if (fill === 'minus_one') return datatype === 'INT64' ? -1n : max;
  return values[fill];
}

/**
 * Values that differ from element to element: reals in [−2, 2) times `scale`, whole numbers from 0
 * to 3 (many models read them as categories), and the same as text.
 */
export function randomFill(rng: Prng, scale = 1): FillFunction {
  return (datatype, count) => {
    if (datatype === 'BYTES') return Array.from({ length: count }, () => '0123'.charAt(small(rng)));
    const data = zeros(datatype, count);
    for (let i = 0; i < count; i += 1) {
      if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
        data[i] = BigInt(small(rng));
      } else {
        data[i] = randomNumber(datatype, rng, scale);
      }
    }
    return data;
  };
}

const small = (rng: Prng): number => Math.floor(uniform(rng) * 4);

function randomNumber(datatype: Datatype, rng: Prng, scale: number): number {
  if (datatype === 'FP32' || datatype === 'FP64') return (uniform(rng) * 4 - 2) * scale;
  if (datatype === 'BOOL') return uniform(rng) < 0.5 ? 0 : 1;
  // A half between 1 and 2 of either sign: sign bit, exponent of 1, ten random bits.
  if (datatype === 'FP16') {
    return (uniform(rng) < 0.5 ? 0 : 0x8000) | 0x3c00 | Math.floor(uniform(rng) * 1024);
  }
  return small(rng);
}
