import { hash } from 'node:crypto';
import { invariant } from '../core/lib/invariant.ts';
import type { Mac } from '../protocol/inference/prediction-id.ts';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Characters of base64url that carry 128 bits. */
const CODE_CHARS = 22;
/** Longest text without another buffer. */
const SCRATCH_BYTES = 2_048;

/**
 * HMAC-SHA256 (RFC 2104) cut to 128 bits, made of two one-shot hashes: a tenth of the time of
 * `createHmac`, which sets up a stream for every prediction. `key` is up to 64 bytes.
 */
export function createMac(key: Uint8Array): Mac {
  invariant(key.byteLength <= BLOCK_BYTES, 'a key is at most one block long');
  const inner = Buffer.alloc(BLOCK_BYTES + SCRATCH_BYTES);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at += 1) {
    inner[at] = (key[at] ?? 0) ^ INNER_PAD;
    outer[at] = (key[at] ?? 0) ^ OUTER_PAD;
  }
  return (text) => {
    // Ids are ASCII: one byte a character.
    const fits = text.length <= SCRATCH_BYTES;
    const written = fits ? inner.write(text, BLOCK_BYTES, 'latin1') : 0;
    const message = fits
      ? inner.subarray(0, BLOCK_BYTES + written)
      : Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.from(text)]);
    outer.write(hash('sha256', message, 'hex'), BLOCK_BYTES, 'hex');
    return hash('sha256', outer, 'base64url').slice(0, CODE_CHARS);
  };
}
