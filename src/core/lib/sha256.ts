import { utf8 } from './utf8.ts';

const BLOCK_BYTES = 64;
const ROUNDS = 64;

/** First 32 bits of the fractional part of `root(n)`: where the constants of SHA-256 come from. */
const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0;

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n += 1) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return primes;
}

/** FIPS 180-4, 5.3.3: square roots of the first 8 primes. */
const INITIAL = firstPrimes(8).map((prime) => fraction(Math.sqrt(prime)));
/** FIPS 180-4, 4.2.2: cube roots of the first 64 primes. */
const K = Int32Array.from(firstPrimes(ROUNDS), (prime) => fraction(Math.cbrt(prime)));

/** FIPS 180-4, 5.1.1: a one bit, zeros, and the length in bits as 64 bits, big-endian. */
function padded(bytes: Uint8Array): DataView {
  const size = Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES;
  const message = new Uint8Array(size);
  message.set(bytes);
  message[bytes.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setUint32(size - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(size - 4, (bytes.length << 3) >>> 0);
  return view;
}

/** FIPS 180-4, 6.2.2, step 1: the message schedule of one block. */
function schedule(w: Int32Array, message: DataView, start: number): void {
  for (let t = 0; t < 16; t += 1) w[t] = message.getInt32(start + t * 4);
  for (let t = 16; t < ROUNDS; t += 1) {
    const a = w[t - 15] ?? 0;
    const b = w[t - 2] ?? 0;
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    w[t] = ((w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1) | 0;
  }
}

/** FIPS 180-4, 6.2.2, steps 2 to 4: works one scheduled block into the state. */
function compress(state: Int32Array, w: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < ROUNDS; t += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[t] ?? 0) + (w[t] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const worked = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i += 1) state[i] = (state[i] ?? 0) + (worked[i] ?? 0);
}

/**
 * SHA-256 (FIPS 180-4) in 64 lower-case hexadecimal digits; texts are hashed as UTF-8. Synchronous
 * and without a platform, because the core checks the audit chain. Files are hashed elsewhere.
 */
export function sha256Hex(data: string | Uint8Array): string {
  const message = padded(typeof data === 'string' ? utf8(data) : data);
  const state = Int32Array.from(INITIAL);
  const w = new Int32Array(ROUNDS);
  for (let start = 0; start < message.byteLength; start += BLOCK_BYTES) {
    schedule(w, message, start);
    compress(state, w);
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
