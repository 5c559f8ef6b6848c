/** So much may be used at once after a quiet time, as time of the budget. */
const BURST_MS = 1_000;
/** What the first copies are taken to cost. */
const FIRST_MS = 10;
/** What a copy weighs in what copies usually take. */
const NEWEST = 1 / 8;
/** One that is under way for longer is taken to be computed, and not to wait for its turn. */
const WAITING_MS = 100;

/** A copy under way: what it was charged, and when. */
export type Charge = { readonly chargedMs: number; readonly atMs: number };

/**
 * Processor time that all copies of a gateway may take together: what computes beside users slows
 * them even where it gives way to them, because caches and memory are shared. A copy is charged
 * what copies usually take when it is made, more while it goes on, and what it took when that is
 * known: the budget may so be overdrawn by one that takes long, and pauses until that is made good.
 * Time is an argument.
 */
export class CopyTime {
  readonly #processors: number;
  #leftMs: number;
  #filledMs: number;
  #usualMs = FIRST_MS;
  /** The oldest first. */
  readonly #underWay = new Set<Charge>();

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
    return this.#leftMs <= this.#goingOnMs(nowMs);
  }

  /** A copy is made: charges what copies usually take. */
  begin(nowMs: number): Charge {
    const charge = { chargedMs: this.#usualMs, atMs: nowMs };
    this.#underWay.add(charge);
    this.#leftMs -= charge.chargedMs;
    return charge;
  }

  /** A copy took so long; null: it was not begun. */
  end(charge: Charge, tookMs: number | null): void {
    this.#underWay.delete(charge);
    this.#leftMs += charge.chargedMs - (tookMs ?? 0);
    if (tookMs !== null) this.#usualMs += (tookMs - this.#usualMs) * NEWEST;
  }

  /** A runner computes one copy after the other: what counts is how long the first goes on. */
  #goingOnMs(nowMs: number): number {
    for (const { atMs, chargedMs } of this.#underWay) {
      return Math.max(0, nowMs - atMs - WAITING_MS - chargedMs);
    }
    return 0;
  }
}
