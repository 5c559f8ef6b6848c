import type { Entropy } from '../../../ports/entropy.ts';

/** Deaths within `DEATHS_WINDOW_MS` after which a version counts as failed. */
export const DEATHS_MAX = 3;
export const DEATHS_WINDOW_MS = 60_000;

const FIRST_DELAY_MS = 20;
const DELAY_FACTOR = 5;
const FAILED_DELAY_MS = 30_000;
const FAILED_DELAY_MS_MAX = 10 * 60_000;

/** What to do after a death. */
export type AfterDeath = { readonly hasFailed: boolean; readonly delayMs: number };

/**
 * Decides how long to wait before a runner is started again: a moment after the first death within
 * a minute, longer after the second, and after the third the version has failed and is tried
 * again at growing intervals.
 */
export class Restarts {
  readonly #entropy: Entropy;
  #deaths: readonly number[] = [];
  #failures = 0;
  #count = 0;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  /** Deaths ever. */
  get count(): number {
    return this.#count;
  }

  /** Notes a death of a runner that had been ready for `livedMs`. */
  died(nowMs: number, livedMs: number): AfterDeath {
    this.#count += 1;
    this.#deaths = [...this.#deaths, nowMs].filter((at) => nowMs - at < DEATHS_WINDOW_MS);
    if (livedMs >= DEATHS_WINDOW_MS) this.#failures = 0;
    const recent = this.#deaths.length;
    if (recent < DEATHS_MAX && this.#failures === 0) {
      const delayMs = this.#jitter(FIRST_DELAY_MS * DELAY_FACTOR ** (recent - 1));
      return { hasFailed: false, delayMs };
    }
    const longMs = Math.min(FAILED_DELAY_MS * 2 ** this.#failures, FAILED_DELAY_MS_MAX);
    this.#failures += 1;
    return { hasFailed: true, delayMs: this.#jitter(longMs) };
  }

  /** Half of the time to all of it: gateways that failed together do not return together. */
  #jitter(ms: number): number {
    const [byte = 0] = this.#entropy.bytes(1);
    return ms * (0.5 + byte / 512);
  }
}
