import type { Clock } from '../ports/clock.ts';
import type { Feed } from '../ports/feed.ts';
import { EXPOSURES_PER_BATCH_MAX } from '../protocol/feed/feedback.ts';
import { Bell } from './bell.ts';
import type { Log } from './deps.ts';
import type { CopiedAnswers } from './copied-answers.ts';
import type { Exposures } from './exposures.ts';
import type { FeedbackBuffer } from './feedback-buffer.ts';

/** What sending needs. */
export type FeedbackLoopParts = {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: string;
  readonly instance: string;
  readonly buffer: FeedbackBuffer;
  readonly exposures: Exposures;
  readonly copied: CopiedAnswers;
  /** Newly seen units wait this long for company; feedback does not wait. */
  readonly reportMs: number;
};

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 2_000;
/** A batch that takes longer is given up and sent again. */
const SEND_TIMEOUT_MS = 10_000;

/** Hands feedback, newly seen units and answers of copies to control, at least once each. */
export class FeedbackLoop {
  readonly #parts: FeedbackLoopParts;
  readonly #bell = new Bell();
  #sequence = 0;
  #sending: Promise<boolean> | null = null;
  #isFailing = false;

  constructor(parts: FeedbackLoopParts) {
    this.#parts = parts;
  }

  /** Something waits: send it now. */
  hurry(): void {
    this.#bell.ring();
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, buffer, reportMs } = this.#parts;
    let backoffMs = BACKOFF_FIRST_MS;
    while (!signal.aborted) {
      if (await this.#send(signal)) {
        backoffMs = BACKOFF_FIRST_MS;
        if (buffer.waiting === 0) await this.#bell.sleep(clock, reportMs, signal);
      } else {
        await clock.sleep(backoffMs, signal);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
      }
    }
  }

  /** Sends all that waits; ends early when control cannot take it. True when nothing is left. */
  async flush(signal: AbortSignal): Promise<boolean> {
    while (this.#waiting > 0) {
      if (signal.aborted || !(await this.#send(signal))) return false;
    }
    return true;
  }

  get #waiting(): number {
    const { buffer, exposures, copied } = this.#parts;
    return buffer.waiting + exposures.waiting + copied.waiting;
  }

  /** Sends one batch, if there is anything to send; false when control does not have it. */
  #send(signal: AbortSignal): Promise<boolean> {
    // One at a time: what is under way would be sent again, and let go of twice.
    this.#sending ??= (
      this.#waiting === 0 ? Promise.resolve(true) : this.#sendNext(signal)
    ).finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #sendNext(signal: AbortSignal): Promise<boolean> {
    const { feed, clock, log, gateway, instance, buffer, exposures, copied } = this.#parts;
    const packed = buffer.next();
    const seen = exposures.next(EXPOSURES_PER_BATCH_MAX);
    const copies = copied.next();
    this.#sequence += 1;
    const enough = new AbortController();
    const done = new AbortController();
    void clock.sleep(SEND_TIMEOUT_MS, done.signal).then(() => enough.abort());
    const stop = (): void => enough.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const sent = { schema: 1, gateway, instance, sequence: this.#sequence } as const;
      const exposuresDropped = exposures.dropped;
      const told = { ...packed, exposures: seen, exposuresDropped };
      const also = copies.length === 0 ? {} : { copies: [...copies] };
      await feed.feedback({ ...sent, ...told, ...also }, enough.signal);
      buffer.confirm(packed.feedback.length);
      exposures.confirm(seen);
      copied.confirm(copies.length);
      this.#isFailing = false;
      return true;
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      if (!this.#isFailing) log.warn({ fault }, 'control does not take feedback; later again');
      this.#isFailing = true;
      return false;
    } finally {
      signal.removeEventListener('abort', stop);
      done.abort();
    }
  }
}
