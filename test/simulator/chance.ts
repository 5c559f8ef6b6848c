import { fork, prng, uniform, uniformInt, type Prng } from '../../src/core/lib/prng.ts';
import type { Entropy } from '../../src/ports/entropy.ts';

/** Chance drawn from a seed, with the questions that worlds ask of it. */
export class Chance implements Entropy {
  readonly #rng: Prng;

  constructor(seed: number | string | Prng) {
    this.#rng = typeof seed === 'object' ? seed : prng(seed);
  }

  /** A source of its own: what is drawn from it moves nothing here. */
  fork(label: string): Chance {
    return new Chance(fork(this.#rng, label));
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#rng.nextUint32() & 0xff);
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return probability > 0 && uniform(this.#rng) < probability;
  }

  /** A number in [from, to). */
  between(from: number, to: number): number {
    return from + uniform(this.#rng) * (to - from);
  }

  /** An integer in [from, to]. */
  whole(from: number, to: number): number {
    return from + uniformInt(this.#rng, to - from + 1);
  }

  /** One of these. */
  pick<const T>(from: readonly [T, ...(readonly T[])]): T {
    return from[uniformInt(this.#rng, from.length)] ?? from[0];
  }

  /** A time until the next of events that come once in `meanMs`. */
  waitMs(meanMs: number): number {
    return -Math.log(1 - uniform(this.#rng)) * meanMs;
  }
}
