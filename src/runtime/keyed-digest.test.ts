import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyedDigest } from './keyed-digest.ts';

const secret = '0123456789abcdef'.repeat(4);

test('a digest is HMAC-SHA256 under a key of its own, as node:crypto makes it', () => {
  const digest = createKeyedDigest(secret);
  const key = createHmac('sha256', Buffer.from(secret, 'hex')).update('prediction log').digest();
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(digest(text)).toBe(createHmac('sha256', key).update(text).digest('hex').slice(0, 32));
    }),
  );
});

test('another secret gives other digests', () => {
  expect(createKeyedDigest(secret)('ada')).not.toBe(createKeyedDigest('00'.repeat(32))('ada'));
});
