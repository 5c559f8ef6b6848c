/**
 * Seeded pseudo-random numbers. Simulations, bandit draws and calibration suites must give the same
 * result on every machine, so nothing in the core may use `Math.random`.
 */

/** A stream of independent 32-bit words. The only source of randomness the core accepts. */
export type Prng = {
  /** Next word, an integer in [0, 2^32). */
  readonly nextUint32: () => number;
};

const GOLDEN = 0x9e3779b9;
const TWO_POW_MINUS_53 = 2 ** -53;
const WARM_UP_ROUNDS = 15;

/** FNV-1a over UTF-16 code units, 32 bits: turns a textual seed into a number. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * A generator of the sfc32 family (Chris Doty-Humphrey, PractRand): 128 bits of state, chaotic with
 * a counter, so its period is at least 2^32 from any seed. `seed` may be a number (its integer part
 * and its sign count) or a text.
 */
export function prng(seed: number | string): Prng {
  const whole = typeof seed === 'string' ? hashText(seed) : Math.trunc(seed);
  let a = whole >>> 0;
  let b = Math.trunc(whole / 2 ** 32) >>> 0;
  let c = GOLDEN;
  let counter = 1;
  const nextUint32 = (): number => {
    const out = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) nextUint32();
  return { nextUint32 };
}

/** Uniform on [0, 1) with 53 random bits. */
export function uniform(rng: Prng): number {
  const high = rng.nextUint32() >>> 5;
  const low = rng.nextUint32() >>> 6;
  return (high * 2 ** 26 + low) * TWO_POW_MINUS_53;
}

/** Uniform on (0, 1): never 0, so its logarithm is always finite. */
export function uniformOpen(rng: Prng): number {
  return uniform(rng) + TWO_POW_MINUS_53 / 2;
}

/**
 * Uniform integer in [0, `count`); `count` at most 2^32. Rejection keeps it free of modulo bias.
 */
export function uniformInt(rng: Prng, count: number): number {
  const limit = 2 ** 32 - (2 ** 32 % count);
  let word = rng.nextUint32();
  while (word >= limit) word = rng.nextUint32();
  return word % count;
}

/**
 * An independent stream named `label`, so that adding one consumer never shifts the numbers of
 * another.
 */
export function fork(rng: Prng, label: string): Prng {
  return prng(`${rng.nextUint32()}:${rng.nextUint32()}:${label}`);
}
