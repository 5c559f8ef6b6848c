import type { Clock } from '../ports/clock.ts';
import type { Pair, PairSink } from '../ports/pair-sink.ts';
import { bytesIn } from './tensor-bytes.ts';
import type { Log } from './deps.ts';

const PAIRS_WAITING_MAX = 2_000;
const BYTES_WAITING_MAX = 16 * 1_048_576;
const PAIRS_PER_APPEND_MAX = 200;
const FLUSH_MS = 500;
/** After the sink has failed. */
const RETRY_MS = 5_000;

/**
 * Pairs on their way to the sink, off the path of every request: a bounded queue that one loop
 * empties. What finds no room is dropped, and counted.
 */
export class PairLog {
  readonly #parts: { readonly sink: PairSink | null; readonly clock: Clock; readonly log: Log };
  #waiting: Pair[] = [];
  #bytes = 0;
  #kept = 0;
  #dropped = 0;

  constructor(parts: { readonly sink: PairSink | null; readonly clock: Clock; readonly log: Log }) {
    this.#parts = parts;
  }

  /** Pairs the sink has taken. */
  get kept(): number {
    return this.#kept;
  }

  /** Pairs for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a pair if there is room. Costs no more than that. */
  push(pair: Pair): void {
    if (this.#parts.sink === null) return;
    const bytes = bytesOf(pair);
    const isFull =
      this.#waiting.length >= PAIRS_WAITING_MAX || this.#bytes + bytes > BYTES_WAITING_MAX;
    if (isFull) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(pair);
    this.#bytes += bytes;
  }

  /** Empties the queue from time to time until `signal` is aborted; then once more. */
  async run(signal: AbortSignal): Promise<void> {
    const { sink, clock } = this.#parts;
    if (sink === null) return;
    while (!signal.aborted) {
      await clock.sleep(FLUSH_MS, signal);
      const isWell = await this.#flush(sink, signal);
      if (!isWell) await clock.sleep(RETRY_MS, signal);
    }
    await this.#flush(sink, new AbortController().signal);
    await sink.close();
  }

  async #flush(sink: PairSink, signal: AbortSignal): Promise<boolean> {
    try {
      while (this.#waiting.length > 0) {
        const some = this.#waiting.slice(0, PAIRS_PER_APPEND_MAX);
        await sink.append(some, signal);
        this.#waiting = this.#waiting.slice(some.length);
        this.#bytes -= some.reduce((sum, pair) => sum + bytesOf(pair), 0);
        this.#kept += some.length;
      }
      return true;
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'pairs of answers could not be kept');
      return false;
    }
  }
}

const bytesOf = ({ user, copy }: Pair): number => bytesIn(user.outputs) + bytesIn(copy.outputs);
