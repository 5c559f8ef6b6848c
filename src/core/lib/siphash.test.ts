import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantViolation } from './invariant.ts';
import { sipHash64, sipKey, type SipKey } from './siphash.ts';

type Vectors = { readonly key: string; readonly outputs: readonly string[] };

const vectors = JSON.parse(
  readFileSync(new URL('../../../test/vectors/siphash/siphash-2-4.json', import.meta.url), 'utf8'),
) as Vectors;

const asHex = ([hi, lo]: readonly [number, number]): string =>
  [hi, lo].map((half) => half.toString(16).padStart(8, '0')).join('');

/** The algorithm as its paper states it, in 64-bit integers. */
function reference(key: SipKey, bytes: Uint8Array): string {
  const mask = (1n << 64n) - 1n;
  const join = (hi: number, lo: number): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  const turn = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask;
  const k0 = join(key.k0hi, key.k0lo);
  const k1 = join(key.k1hi, key.k1lo);
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const round = (): void => {
    v0 = (v0 + v1) & mask;
    v2 = (v2 + v3) & mask;
    v1 = turn(v1, 13n) ^ v0;
    v3 = turn(v3, 16n) ^ v2;
    v0 = turn(v0, 32n);
    v2 = (v2 + v1) & mask;
    v0 = (v0 + v3) & mask;
    v1 = turn(v1, 17n) ^ v2;
    v3 = turn(v3, 21n) ^ v0;
    v2 = turn(v2, 32n);
  };
  const padded = new Uint8Array((Math.floor(bytes.length / 8) + 1) * 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length;
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 8) {
    const word = view.getBigUint64(at, true);
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 4; i += 1) round();
  return (v0 ^ v1 ^ v2 ^ v3).toString(16).padStart(16, '0');
}

describe('official vectors: bytes 00 01 02 … of every length to 63', () => {
  const key = sipKey(vectors.key);

  test('there are 64', () => {
    expect(vectors.outputs).toHaveLength(64);
  });

  test.each(vectors.outputs.map((output, length) => ({ length, output })))(
    '$length bytes',
    ({ length, output }) => {
      const data = String.fromCharCode(...Array.from({ length }, (_, i) => i));
      expect(asHex(sipHash64(key, data))).toBe(output);
    },
  );
});

test('agrees with the 64-bit algorithm for every key and text', () => {
  const keys = fc.stringMatching(/^[0-9a-f]{32}$/);
  fc.assert(
    fc.property(keys, fc.string({ unit: 'binary', maxLength: 80 }), (hex, text) => {
      const key = sipKey(hex);
      expect(asHex(sipHash64(key, text))).toBe(reference(key, new TextEncoder().encode(text)));
    }),
  );
});

test.each([
  { name: 'ASCII at the edge of the scratch room', text: 'x'.repeat(1_024) },
  { name: 'ASCII beyond it', text: 'x'.repeat(1_025) },
  { name: 'long ASCII', text: 'x'.repeat(70_001) },
  { name: 'short in letters, long in bytes', text: '\u20ac'.repeat(1_000) },
])('$name', ({ text }) => {
  const key = sipKey('00112233445566778899aabbccddeeff');
  const bytes = new TextEncoder().encode(text);
  expect(asHex(sipHash64(key, text))).toBe(reference(key, bytes));
  expect(asHex(sipHash64(key, 'short'))).toBe(reference(key, new TextEncoder().encode('short')));
});

test('a key that is not 32 hexadecimal digits breaks the invariant', () => {
  expect(() => sipKey('abc')).toThrow(InvariantViolation);
});
