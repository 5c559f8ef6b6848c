import type { Clock } from '../ports/clock.ts';

/** Wakes one sleeper early. */
export class Bell {
  #current = new AbortController();

  /** Ends the sleep under way, or else the next one. */
  ring(): void {
    this.#current.abort();
  }

  /** Sleeps until the time is over, the bell rings or `signal` is aborted. */
  async sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const current = this.#current;
    const stop = (): void => current.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await clock.sleep(ms, current.signal);
    signal.removeEventListener('abort', stop);
    this.#current = new AbortController();
  }
}
