import { invariant } from './invariant.ts';

/** A log histogram on the wire: bucket index and count, by rising index, no zero counts. */
export type SketchCounts = readonly (readonly [index: number, count: number])[];

/** Every value given back is within this fraction of a value put in. */
export const SKETCH_RELATIVE_ERROR = 0.01;

const GAMMA = (1 + SKETCH_RELATIVE_ERROR) / (1 - SKETCH_RELATIVE_ERROR);
const PER_LOG = 1 / Math.log(GAMMA);

/** Values below γ^min, 0 among them, share the first bucket (in milliseconds: 0.3 µs). */
const INDEX_MIN = -400;
/** Values above γ^max share the last bucket (in milliseconds: 18 hours). */
const INDEX_MAX = 900;
/** Room is made for this many buckets more than needed, so that it is seldom made. */
const ROOM_BUCKETS = 48;

/**
 * The bucket a value falls into, ⌈ln x ∕ ln γ⌉: it holds γ^(i−1) < x ≤ γ^i (DDSketch, Masson et
 * al. 2019). Zero and less fall into the first bucket.
 */
export function sketchIndex(value: number): number {
  if (!(value > 0)) return INDEX_MIN;
  const index = Math.ceil(Math.log(value) * PER_LOG);
  return index < INDEX_MIN ? INDEX_MIN : index > INDEX_MAX ? INDEX_MAX : index;
}

/** The value that stands for a bucket: within the relative error of all it holds. */
export function sketchValue(index: number): number {
  return (2 * GAMMA ** index) / (GAMMA + 1);
}

/**
 * A histogram of non-negative values with logarithmic buckets: quantiles within 1 % of a value that
 * was put in, and merging is addition, so any number of gateways and buckets of time give one
 * answer in any order. Memory is bounded by the number of buckets (1 301), whatever is put in.
 */
export class Sketch {
  #counts: Float64Array = new Float64Array(0);
  /** Index of the first bucket of `#counts`. */
  #base = 0;
  #count = 0;

  /** A sketch of what was counted elsewhere. */
  static fromCounts(counts: SketchCounts): Sketch {
    const sketch = new Sketch();
    sketch.addCounts(counts);
    return sketch;
  }

  /** How many values were put in. */
  get count(): number {
    return this.#count;
  }

  /** Puts one value in. */
  add(value: number): void {
    this.#addAt(sketchIndex(value), 1);
  }

  /** Puts in what was counted elsewhere. */
  addCounts(counts: SketchCounts): void {
    for (const [index, count] of counts) {
      invariant(
        Number.isInteger(index) && index >= INDEX_MIN && index <= INDEX_MAX,
        `a sketch has buckets ${INDEX_MIN} to ${INDEX_MAX}, not ${index}`,
      );
      this.#addAt(index, count);
    }
  }

  /** Puts in all that is in `other`. */
  merge(other: Sketch): void {
    this.addCounts(other.toCounts());
  }

  /**
   * The value below which the fraction `q` in [0, 1] of the values lies, within the relative error;
   * null when nothing was put in.
   */
  quantile(q: number): number | null {
    if (this.#count === 0) return null;
    const rank = q * (this.#count - 1);
    let passed = 0;
    let last = 0;
    for (const [index, count] of this.toCounts()) {
      passed += count;
      last = index;
      if (passed > rank) break;
    }
    return sketchValue(last);
  }

  /** How many values lie in buckets above the one `limit` falls into. */
  countAbove(limit: number): number {
    const from = sketchIndex(limit) + 1 - this.#base;
    let above = 0;
    for (let i = Math.max(from, 0); i < this.#counts.length; i += 1) above += this.#counts[i] ?? 0;
    return above;
  }

  /** The histogram as it travels and is stored. */
  toCounts(): SketchCounts {
    const counts: (readonly [number, number])[] = [];
    for (let i = 0; i < this.#counts.length; i += 1) {
      const count = this.#counts[i] ?? 0;
      if (count > 0) counts.push([this.#base + i, count]);
    }
    return counts;
  }

  #addAt(index: number, count: number): void {
    let at = index - this.#base;
    if (at < 0 || at >= this.#counts.length) {
      this.#makeRoom(index);
      at = index - this.#base;
    }
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
    this.#count += count;
  }

  #makeRoom(index: number): void {
    const empty = this.#counts.length === 0;
    const from = empty ? index : Math.min(index, this.#base);
    const to = empty ? index : Math.max(index, this.#base + this.#counts.length - 1);
    const base = Math.max(from - ROOM_BUCKETS, INDEX_MIN);
    const counts = new Float64Array(Math.min(to + ROOM_BUCKETS, INDEX_MAX) - base + 1);
    if (!empty) counts.set(this.#counts, this.#base - base);
    this.#counts = counts;
    this.#base = base;
  }
}
