import { expect, test } from 'vitest';
import { fromHalf, toHalf } from './half.ts';

test.for([
  { bits: 0x0000, value: 0 },
  { bits: 0x8000, value: -0 },
  { bits: 0x3c00, value: 1 },
  { bits: 0xc000, value: -2 },
  { bits: 0x3555, value: 0.333251953125 },
  { bits: 0x7bff, value: 65_504 },
  { bits: 0x0400, value: 2 ** -14 },
  { bits: 0x03ff, value: 1_023 * 2 ** -24 },
  { bits: 0x0001, value: 2 ** -24 },
  { bits: 0x7c00, value: Infinity },
  { bits: 0xfc00, value: -Infinity },
])('$bits stands for $value', ({ bits, value }) => {
  expect(fromHalf(bits)).toBe(value);
  expect(toHalf(value)).toBe(bits);
});

test('every pattern but NaN survives the way there and back', () => {
  const patterns = Array.from({ length: 0x10000 }, (_none, bits) => bits);
  const numbers = patterns.filter((bits) => !Number.isNaN(fromHalf(bits)));
  expect(numbers.map((bits) => toHalf(fromHalf(bits)))).toEqual(numbers);
});

test.for([
  { name: 'halfway rounds to even, down', value: 1 + 2 ** -11, bits: 0x3c00 },
  { name: 'halfway rounds to even, up', value: 1 + 3 * 2 ** -11, bits: 0x3c02 },
  { name: 'carries into the exponent', value: 2 - 2 ** -12, bits: 0x4000 },
  { name: 'below half of the smallest is zero', value: 2 ** -26, bits: 0 },
  { name: 'beyond the largest is infinite', value: 65_520, bits: 0x7c00 },
  { name: 'just below rounds to the largest', value: 65_519, bits: 0x7bff },
])('$name', ({ value, bits }) => {
  expect(toHalf(value)).toBe(bits);
});

test('NaN stays NaN', () => {
  expect(fromHalf(toHalf(Number.NaN))).toBeNaN();
});
