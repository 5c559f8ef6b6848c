import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMac } from './mac.ts';

test('is HMAC-SHA256, cut to 128 bits', () => {
  const key = fc.uint8Array({ maxLength: 64 });
  const text = fc.oneof(
    fc.stringMatching(/^[\w.-]{0,300}$/),
    fc.stringMatching(/^[\w.-]{2000,2200}$/),
  );
  fc.assert(
    fc.property(key, text, (secret, message) => {
      const whole = createHmac('sha256', secret).update(message).digest('base64url');
      expect(createMac(secret)(message)).toBe(whole.slice(0, 22));
    }),
  );
});
