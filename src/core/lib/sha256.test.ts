import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from './sha256.ts';

describe('published values (NIST, FIPS 180-4 examples and SHAVS)', () => {
  test.each([
    {
      name: 'nothing',
      data: '',
      hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    {
      name: 'one block',
      data: 'abc',
      hash: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    },
    {
      name: 'two blocks',
      data: 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      hash: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    },
    {
      name: 'a million letters',
      data: 'a'.repeat(1_000_000),
      hash: 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
    },
    {
      name: 'bytes',
      data: Uint8Array.of(0xbd),
      hash: '68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b',
    },
  ])('$name', ({ data, hash }) => {
    expect(sha256Hex(data)).toBe(hash);
  });
});

test('agrees with OpenSSL on bytes of every length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }),
  );
});

test('agrees with OpenSSL on texts, half surrogate pairs included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.nat(100), (text, cut) => {
      const halved = text.slice(cut);
      const bytes = new TextEncoder().encode(halved);
      expect(sha256Hex(halved)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }),
  );
});
