import { createHmac, createSecretKey } from 'node:crypto';

/** Characters of 128 bits in hexadecimal. */
const DIGEST_CHARS = 32;

/**
 * Digests for pseudonyms, by the key of an installation, 64 hexadecimal digits: HMAC-SHA256 (RFC
 * 2104) cut to 128 bits. Its own use of the key, so that no digest is part of a prediction id.
 */
export function createKeyedDigest(secret: string): (text: string) => string {
  const root = createHmac('sha256', Buffer.from(secret, 'hex')).update('prediction log').digest();
  const key = createSecretKey(root);
  return (text) => createHmac('sha256', key).update(text).digest('hex').slice(0, DIGEST_CHARS);
}
