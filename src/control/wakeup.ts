import type { Clock } from '../ports/clock.ts';

/** A sleep that can be cut short. Waking while nobody sleeps makes the next sleep end at once. */
export class Wakeup {
  readonly #clock: Clock;
  #early = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#early.abort();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const early = this.#early.signal;
    await this.#clock.sleep(ms, AbortSignal.any([early, signal]));
    if (early.aborted) this.#early = new AbortController();
  }
}
