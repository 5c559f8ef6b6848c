import { COPIES_PER_BATCH_MAX } from '../protocol/feed/feedback.ts';
import type { ToldCopy } from '../protocol/feed/feedback.ts';

/** Copies that wait for control; what comes beyond is dropped, and counted. */
const WAITING_MAX = 20_000;

/** Classes that copies were answered with, on their way to control: it waits for what was true. */
export class CopiedAnswers {
  readonly #max: number;
  #waiting: ToldCopy[] = [];
  #dropped = 0;

  constructor(waitingMax = WAITING_MAX) {
    this.#max = waitingMax;
  }

  /** Copies that control has not been told of yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Copies for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one if there is room. */
  push(copy: ToldCopy): void {
    if (this.#waiting.length < this.#max) this.#waiting.push(copy);
    else this.#dropped += 1;
  }

  /** What to tell next, the oldest first. */
  next(): readonly ToldCopy[] {
    return this.#waiting.slice(0, COPIES_PER_BATCH_MAX);
  }

  /** Control has stored the first so many. */
  confirm(copies: number): void {
    this.#waiting = this.#waiting.slice(copies);
  }
}
