/** So much may be used at once after a quiet time, as time of the budget. */
const BURST_MS = 1_000;
/** What the first copies are taken to cost. */
const FIRST_MS = 10;
/** What a copy weighs in what copies usually take. */
const NEWEST = 1 / 8;

/**
 * Processor time that all copies of a gateway may take together: what computes beside users slows
 * them even where it gives way to them, because caches and memory are shared. A copy is charged
 * what copies usually take when it is made, and what it took when that is known: the budget may so
 * be overdrawn by one that takes long, and pauses until that is made good. Time is an argument.
 */
export class CopyTime {
  readonly #processors: number;
  #leftMs: number;
  #filledMs: number;
  #usualMs = FIRST_MS;

  /** `processors`: how many copies may keep busy on average; a part of one will do. */
  constructor(processors: number, nowMs: number) {
    this.#processors = processors;
    this.#leftMs = processors * BURST_MS;
    this.#filledMs = nowMs;
  }

  /** Whether all of it is used up for now. */
  isSpent(nowMs: number): boolean {
    const more = (nowMs - this.#filledMs) * this.#processors;
    this.#leftMs = Math.min(this.#processors * BURST_MS, this.#leftMs + more);
    this.#filledMs = nowMs;
    return this.#leftMs <= 0;
  }

  /** A copy is made: charges what copies usually take, and says how much that is. */
  begin(): number {
    this.#leftMs -= this.#usualMs;
    return this.#usualMs;
  }

  /** A copy that was charged so much took so long; null: it was not begun. */
  end(chargedMs: number, tookMs: number | null): void {
    this.#leftMs += chargedMs - (tookMs ?? 0);
    if (tookMs !== null) this.#usualMs += (tookMs - this.#usualMs) * NEWEST;
  }
}
