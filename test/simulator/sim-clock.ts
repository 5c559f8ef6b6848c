import { instant } from '../../src/core/lib/units.ts';
import type { Instant } from '../../src/core/lib/units.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Timeline } from './timeline.ts';

/** Where wall clocks stand when a world begins. */
export const EPOCH_MS = 1_790_000_000_000;

/**
 * The clock of one process. Its monotonic time is the world's; its wall time may jump. When the
 * process is killed its sleeps never end, so that nothing of it goes on.
 */
export class SimClock implements Clock {
  readonly #timeline: Timeline;
  readonly #bornMs: number;
  #aheadMs: number;
  #isDead = false;

  constructor(timeline: Timeline, aheadMs = 0) {
    this.#timeline = timeline;
    this.#bornMs = timeline.nowMs;
    this.#aheadMs = aheadMs;
  }

  /** How far wall time is ahead of where it would be without jumps. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  now(): Instant {
    return instant(Math.floor(EPOCH_MS + this.#timeline.nowMs + this.#aheadMs));
  }

  monotonicMs(): number {
    return this.#timeline.nowMs - this.#bornMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isDead) return;
      if (signal.aborted) {
        resolve();
        return;
      }
      const wake = (): void => {
        signal.removeEventListener('abort', early);
        if (!this.#isDead) resolve();
      };
      const early = (): void => {
        cancel();
        wake();
      };
      const cancel = this.#timeline.in(ms, wake);
      signal.addEventListener('abort', early, { once: true });
    });
  }

  /** Wall time jumps by this much; monotonic time and sleeps do not notice. */
  jump(byMs: number): void {
    this.#aheadMs += byMs;
  }

  /** The process is gone. */
  kill(): void {
    this.#isDead = true;
  }
}
