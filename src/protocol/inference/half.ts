/**
 * IEEE 754 half precision (binary16) for languages without it: five exponent bits, ten of fraction.
 */
const scratch = new DataView(new ArrayBuffer(4));

const FRACTION_BITS = 10;
const EXPONENT_MAX = 31;
const BIAS = 15;

/** Largest finite half. */
export const HALF_MAX = 65_504;

/** The number that sixteen bits stand for; exact. */
export function fromHalf(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> FRACTION_BITS) & EXPONENT_MAX;
  const fraction = bits & 0x3ff;
  if (exponent === EXPONENT_MAX) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1_024) * 2 ** (exponent - BIAS);
}

/** The half nearest to a number, ties to even; infinite from 65 520 on. */
export function toHalf(value: number): number {
  scratch.setFloat32(0, value);
  const sign = (scratch.getUint32(0) >>> 16) & 0x8000;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  // Below the smallest normal number the spacing is constant, 2^-24.
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  const exact = size >= 2 ** (exponent + 1) ? exponent + 1 : exponent;
  const low = size < 2 ** exact ? exact - 1 : exact;
  const fraction = roundEven((size / 2 ** low - 1) * 1_024);
  // A fraction that rounds up to 1024 carries into the exponent by itself.
  return sign | (((low + BIAS) << FRACTION_BITS) + fraction);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
