import type { Clock } from '../ports/clock.ts';
import type { Sink } from '../ports/sink.ts';
import { Bell } from './bell.ts';
import type { Log } from './deps.ts';

/** What a queue is made of; `sink`: null where nothing is to be kept. */
export type SinkQueueParts<E, R> = {
  readonly sink: Sink<R> | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Memory an entry holds, about. */
  readonly bytesOf: (entry: E) => number;
  /** What is written of an entry; made when it is written. */
  readonly recordOf: (entry: E) => R;
  /** What is logged when the sink fails. */
  readonly complaint: string;
};

const ENTRIES_WAITING_MAX = 2_000;
const BYTES_WAITING_MAX = 16 * 1_048_576;
/** So full, the queue is emptied at once. */
const HURRY_PART = 0.25;
/** As many as are written down without keeping a request waiting for long. */
const ENTRIES_PER_APPEND_MAX = 64;
const FLUSH_MS = 500;
/** After the sink has failed. */
const RETRY_MS = 5_000;
/** What a sink does not take by then, at the end of the process, is lost. */
const FAREWELL_MS = 2_000;

/**
 * Entries on their way to a sink, off the path of every request: a bounded queue that one loop
 * empties. What finds no room is dropped, and counted.
 */
export class SinkQueue<E, R> {
  readonly #parts: SinkQueueParts<E, R>;
  readonly #bell = new Bell();
  #waiting: E[] = [];
  #bytes = 0;
  #kept = 0;
  #dropped = 0;
  /** The bell is rung once: that costs more than an entry does. */
  #isHurried = false;

  constructor(parts: SinkQueueParts<E, R>) {
    this.#parts = parts;
  }

  /** Entries the sink has taken. */
  get kept(): number {
    return this.#kept;
  }

  /** Entries for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes an entry if there is room. Costs no more than that. */
  push(entry: E): void {
    if (this.#parts.sink === null) return;
    const bytes = this.#parts.bytesOf(entry);
    const isFull =
      this.#waiting.length >= ENTRIES_WAITING_MAX || this.#bytes + bytes > BYTES_WAITING_MAX;
    if (isFull) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(entry);
    this.#bytes += bytes;
    const isFilling =
      this.#waiting.length >= ENTRIES_WAITING_MAX * HURRY_PART ||
      this.#bytes >= BYTES_WAITING_MAX * HURRY_PART;
    if (isFilling && !this.#isHurried) this.#bell.ring();
    this.#isHurried = isFilling;
  }

  /** Empties the queue from time to time until `signal` is aborted; then once more. */
  async run(signal: AbortSignal): Promise<void> {
    const { sink, clock } = this.#parts;
    if (sink === null) return;
    const loop = this.#loop(sink, signal);
    await aborted(signal);
    // A sink that is stuck must not keep the process from ending.
    const done = new AbortController();
    const late = clock.sleep(FAREWELL_MS, done.signal);
    const last = loop.then(() => this.#flush(sink, done.signal)).then(() => sink.close());
    const complain = (error: unknown): void => this.#complain(error);
    await Promise.race([last.catch(complain), late]);
    done.abort();
  }

  async #loop(sink: Sink<R>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      await this.#bell.sleep(clock, FLUSH_MS, signal);
      const isWell = await this.#flush(sink, signal);
      this.#isHurried = false;
      if (!isWell) await clock.sleep(RETRY_MS, signal);
    }
  }

  async #flush(sink: Sink<R>, signal: AbortSignal): Promise<boolean> {
    const { bytesOf, recordOf } = this.#parts;
    try {
      if (this.#waiting.length === 0) await sink.append([], signal);
      while (this.#waiting.length > 0) {
        const some = this.#waiting.slice(0, ENTRIES_PER_APPEND_MAX);
        await sink.append(some.map(recordOf), signal);
        this.#waiting = this.#waiting.slice(some.length);
        this.#bytes -= some.reduce((sum, entry) => sum + bytesOf(entry), 0);
        this.#kept += some.length;
      }
      return true;
    } catch (error) {
      // Whoever ends the loop takes up what is left.
      if (!signal.aborted) this.#complain(error);
      return false;
    }
  }

  #complain(error: unknown): void {
    this.#parts.log.warn({ err: error }, this.#parts.complaint);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
