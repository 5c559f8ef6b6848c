/**
 * The hash functions by which flag and experiment systems put units into buckets. None of them is
 * used here to assign (that is SipHash with a secret salt): they tell what another system did, with
 * arithmetic of 32 bits and no more, so that every language gives the same.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * FNV-1a of 32 bits over UTF-16 code units, as JavaScript clients compute it (Fowler, Noll & Vo).
 */
export function fnv1a32(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  }
  return hash >>> 0;
}

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

const mixed = (block: number): number =>
  Math.imul(rotated(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);

/** MurmurHash3, x86, 32 bits, of the UTF-8 bytes (Appleby, public domain). */
export function murmur3(text: string, seed = 0): number {
  const bytes = utf8(text);
  const blocks = bytes.length >> 2;
  let hash = seed;
  for (let i = 0; i < blocks; i += 1) {
    const at = 4 * i;
    const block = [0, 1, 2, 3].reduce((sum, k) => sum | ((bytes[at + k] ?? 0) << (8 * k)), 0);
    hash = (Math.imul(rotated(hash ^ mixed(block), 13), 5) + 0xe6546b64) | 0;
  }
  const tail = bytes.slice(4 * blocks).reduce((sum, byte, k) => sum | (byte << (8 * k)), 0);
  hash ^= mixed(tail) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const SHA1_START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] as const;
type State = readonly [number, number, number, number, number];

/** SHA-1 of the UTF-8 bytes as hexadecimal digits (FIPS 180-4). Not for security. */
export function sha1(text: string): string {
  const bytes = [...utf8(text)];
  const bits = 8 * bytes.length;
  bytes.push(0x80);
  while (bytes.length % 64 !== 56) bytes.push(0);
  for (let k = 7; k >= 0; k -= 1) bytes.push(Math.floor(bits / 256 ** k) % 256);
  let state: State = SHA1_START;
  for (let at = 0; at < bytes.length; at += 64) state = sha1Block(state, bytes.slice(at, at + 64));
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

function sha1Block(state: State, block: readonly number[]): State {
  const words = Array.from({ length: 16 }, (_, i) =>
    [0, 1, 2, 3].reduce((sum, k) => (sum << 8) | (block[4 * i + k] ?? 0), 0),
  );
  for (let i = 16; i < 80; i += 1) {
    const back = (by: number): number => words[i - by] ?? 0;
    words.push(rotated(back(3) ^ back(8) ^ back(14) ^ back(16), 1));
  }
  let [a, b, c, d, e] = state;
  for (const [i, word] of words.entries()) {
    const { f, k } = sha1Round(i, [b, c, d]);
    const next = (rotated(a, 5) + f + e + k + word) | 0;
    [a, b, c, d, e] = [next, a, rotated(b, 30), c, d];
  }
  const [v, w, x, y, z] = state;
  return [(v + a) | 0, (w + b) | 0, (x + c) | 0, (y + d) | 0, (z + e) | 0];
}

function sha1Round(
  i: number,
  [b, c, d]: readonly [number, number, number],
): { readonly f: number; readonly k: number } {
  if (i < 20) return { f: (b & c) | (~b & d), k: 0x5a827999 };
  if (i < 40) return { f: b ^ c ^ d, k: 0x6ed9eba1 };
  if (i < 60) return { f: (b & c) | (b & d) | (c & d), k: 0x8f1bbcdc };
  return { f: b ^ c ^ d, k: 0xca62c1d6 };
}

/** UTF-8 bytes; a lone half of a surrogate pair becomes U+FFFD, as encoders have it. */
function utf8(text: string): readonly number[] {
  return Array.from(text).flatMap((char) => {
    const point = char.codePointAt(0) ?? 0;
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    const more = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
    if (code < 0x80) return [code];
    if (code < 0x800) return [0xc0 | (code >> 6), more(0)];
    if (code < 0x10000) return [0xe0 | (code >> 12), more(6), more(0)];
    return [0xf0 | (code >> 18), more(12), more(6), more(0)];
  });
}
