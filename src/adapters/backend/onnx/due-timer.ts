/** One timer for many deadlines: it is set for the earliest and asks again when that has passed. */
export class DueTimer {
  readonly #nowMs: () => number;
  readonly #look: () => number | null;
  #timer: NodeJS.Timeout | null = null;
  #at = Number.POSITIVE_INFINITY;

  /** `look` deals with what is due and answers when it wants to be asked again; null: never. */
  constructor(nowMs: () => number, look: () => number | null) {
    this.#nowMs = nowMs;
    this.#look = look;
  }

  /** Makes sure that `look` is called at `at` or before. */
  notLaterThan(at: number): void {
    if (at >= this.#at) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#at = at;
    this.#timer = setTimeout(
      () => {
        // If this process itself was held up, answers may lie unread: they are read first.
        setImmediate(() => this.#fire());
      },
      Math.max(0, at - this.#nowMs()),
    );
    this.#timer.unref();
  }

  /** Calls nothing any more until it is set again. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#at = Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    this.stop();
    const next = this.#look();
    if (next !== null) this.notLaterThan(next);
  }
}
