/** The counters kept for each unit; the index is the place within the unit's row. */
export const COUNTER = {
  /** Attempts that are evidence. */
  all: 0,
  error: 1,
  /** Attempts that gave an answer: `ok` or `null_prediction`. */
  answered: 2,
  null: 3,
  /** Attempts that say something of latency. */
  timed: 4,
  slow: 5,
  tail: 6,
  late: 7,
  /** Rows of answers that were compared with the user's. */
  compared: 8,
  disagree: 9,
  /** Whether what it asked and was answered has been counted. */
  described: 10,
} as const;

/** One counter's place. */
export type Counter = (typeof COUNTER)[keyof typeof COUNTER];

const ROW = 11;
const CAPACITY_AT_FIRST = 64;
const NOBODY = -1;

/**
 * Counters per unit in an open-addressed table of flat arrays: 52 bytes for a unit at the most half
 * full, no object per unit. Units are keyed hashes, so callers cannot make them collide.
 */
export class UnitCounts {
  readonly #unitsMax: number;
  #units: Float64Array;
  #counts: Uint32Array;
  #size = 0;

  /** A table for at most `unitsMax` units; it grows as they come. */
  constructor(unitsMax: number) {
    this.#unitsMax = unitsMax;
    this.#units = new Float64Array(CAPACITY_AT_FIRST).fill(NOBODY);
    this.#counts = new Uint32Array(CAPACITY_AT_FIRST * ROW);
  }

  /** The row of a unit, made if need be; −1 when there is no room for another unit. */
  row(unit: number): number {
    let slot = this.#slot(unit);
    if (this.#units[slot] === unit) return slot * ROW;
    if (this.#size >= this.#unitsMax) return NOBODY;
    if (this.#size * 2 >= this.#units.length) {
      this.#grow();
      slot = this.#slot(unit);
    }
    this.#units[slot] = unit;
    this.#size += 1;
    return slot * ROW;
  }

  /** Adds to a counter of a row that `row` gave. */
  count(row: number, counter: Counter, more = 1): void {
    const at = row + counter;
    this.#counts[at] = (this.#counts[at] ?? 0) + more;
  }

  /** Whether a counter of a row was 0; it is 1 or more from then on. */
  first(row: number, counter: Counter): boolean {
    const at = row + counter;
    if (this.#counts[at] !== 0) return false;
    this.#counts[at] = 1;
    return true;
  }

  /** Calls `visit` with the two counters of every unit for which the second is above 0. */
  each(part: Counter, whole: Counter, visit: (part: number, whole: number) => void): void {
    for (let row = 0; row < this.#counts.length; row += ROW) {
      const total = this.#counts[row + whole] ?? 0;
      if (total > 0) visit(this.#counts[row + part] ?? 0, total);
    }
  }

  /** Where the unit is, or the free place where it belongs. */
  #slot(unit: number): number {
    const mask = this.#units.length - 1;
    let slot = unit & mask;
    while (this.#units[slot] !== unit && this.#units[slot] !== NOBODY) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const units = this.#units;
    const counts = this.#counts;
    this.#units = new Float64Array(units.length * 2).fill(NOBODY);
    this.#counts = new Uint32Array(counts.length * 2);
    for (const [slot, unit] of units.entries()) {
      if (unit === NOBODY) continue;
      const to = this.#slot(unit);
      this.#units[to] = unit;
      this.#counts.set(counts.subarray(slot * ROW, (slot + 1) * ROW), to * ROW);
    }
  }
}
