import { invariant } from './invariant.ts';
import { utf8 } from './utf8.ts';

/** A 128-bit key as four 32-bit words. Secret: who has it can choose his arm. */
export type SipKey = {
  readonly k0lo: number;
  readonly k0hi: number;
  readonly k1lo: number;
  readonly k1hi: number;
};

/** Reads a key of 32 hexadecimal digits: 16 bytes, each half little-endian as SipHash has it. */
export function sipKey(hex32: string): SipKey {
  invariant(/^[0-9a-f]{32}$/i.test(hex32), 'a SipHash key is 32 hexadecimal digits');
  const word = (at: number): number => {
    const bytes = [3, 2, 1, 0].map((i) => hex32.slice((at + i) * 2, (at + i) * 2 + 2));
    return Number.parseInt(bytes.join(''), 16) | 0;
  };
  return { k0lo: word(0), k0hi: word(4), k1lo: word(8), k1hi: word(12) };
}

/** Texts of up to this many bytes are packed without allocating. */
const SCRATCH_BYTES = 1_024;
const scratch = wordsFor(SCRATCH_BYTES);

/** Room for `byteCount` bytes, the padding and the length. */
function wordsFor(byteCount: number): Int32Array {
  return new Int32Array((byteCount >> 2) + 2);
}

/** Writes ASCII `data` into `words`, little-endian; false when it is not ASCII. */
function packAscii(words: Int32Array, data: string): boolean {
  const length = data.length;
  let seen = 0;
  let word = 0;
  for (let i = 0; i < length; i += 1) {
    const code = data.charCodeAt(i);
    seen |= code;
    word |= code << ((i & 3) << 3);
    if ((i & 3) === 3) {
      words[i >> 2] = word;
      word = 0;
    }
  }
  words[length >> 2] = word;
  return seen < 0x80;
}

function packBytes(words: Int32Array, bytes: Uint8Array): void {
  words.fill(0, 0, (bytes.length >> 2) + 1);
  for (let i = 0; i < bytes.length; i += 1) {
    words[i >> 2] = (words[i >> 2] ?? 0) | ((bytes[i] ?? 0) << ((i & 3) << 3));
  }
}

/** SipHash pads with zeros and puts the length, modulo 256, into the last byte of the last word. */
function finish(words: Int32Array, byteCount: number): void {
  const at = byteCount >> 2;
  const lengthByte = byteCount << 24;
  if ((at & 1) === 1) {
    words[at] = (words[at] ?? 0) | lengthByte;
  } else {
    words[at + 1] = lengthByte;
  }
}

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of the UTF-8 bytes of `data`, as two unsigned 32-bit
 * halves. Keyed: without the key nobody can find texts that hash to a chosen value.
 */
export function sipHash64(key: SipKey, data: string): readonly [hi: number, lo: number] {
  let words = data.length <= SCRATCH_BYTES ? scratch : wordsFor(data.length);
  let byteCount = data.length;
  if (!packAscii(words, data)) {
    const bytes = utf8(data);
    byteCount = bytes.length;
    if (byteCount > SCRATCH_BYTES) words = wordsFor(byteCount);
    packBytes(words, bytes);
  }
  finish(words, byteCount);
  return rounds(key, words, (byteCount >> 3) + 1);
}

/** Works `count` 64-bit words into the state: 2 rounds for each, 4 at the end. */
function rounds(key: SipKey, words: Int32Array, count: number): readonly [number, number] {
  let v0l = key.k0lo ^ 0x70736575;
  let v0h = key.k0hi ^ 0x736f6d65;
  let v1l = key.k1lo ^ 0x6e646f6d;
  let v1h = key.k1hi ^ 0x646f7261;
  let v2l = key.k0lo ^ 0x6e657261;
  let v2h = key.k0hi ^ 0x6c796765;
  let v3l = key.k1lo ^ 0x79746573;
  let v3h = key.k1hi ^ 0x74656462;
  for (let at = 0; at <= count; at += 1) {
    const last = at === count;
    const ml = last ? 0 : (words[at * 2] ?? 0);
    const mh = last ? 0 : (words[at * 2 + 1] ?? 0);
    v3l ^= ml;
    v3h ^= mh;
    if (last) v2l ^= 0xff;
    for (let round = last ? 4 : 2; round > 0; round -= 1) {
      // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
      let low = (v0l + v1l) | 0;
      let high = (v0h + v1h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0;
      let turned = (v1l << 13) | (v1h >>> 19);
      v1h = ((v1h << 13) | (v1l >>> 19)) ^ high;
      v1l = turned ^ low;
      v0l = high;
      v0h = low;
      // v2 += v3; v3 <<<= 16; v3 ^= v2
      low = (v2l + v3l) | 0;
      v2h = (v2h + v3h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0;
      v2l = low;
      turned = (v3l << 16) | (v3h >>> 16);
      v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
      v3l = turned ^ v2l;
      // v0 += v3; v3 <<<= 21; v3 ^= v0
      low = (v0l + v3l) | 0;
      v0h = (v0h + v3h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0;
      v0l = low;
      turned = (v3l << 21) | (v3h >>> 11);
      v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
      v3l = turned ^ v0l;
      // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
      low = (v2l + v1l) | 0;
      high = (v2h + v1h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0;
      turned = (v1l << 17) | (v1h >>> 15);
      v1h = ((v1h << 17) | (v1l >>> 15)) ^ high;
      v1l = turned ^ low;
      v2l = high;
      v2h = low;
    }
    v0l ^= ml;
    v0h ^= mh;
  }
  return [(v0h ^ v1h ^ v2h ^ v3h) >>> 0, (v0l ^ v1l ^ v2l ^ v3l) >>> 0];
}
