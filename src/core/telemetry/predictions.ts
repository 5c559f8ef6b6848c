import { CLASS_CHARS_MAX } from '../feedback/predicted.ts';
import type { Predicted } from '../feedback/predicted.ts';
import { sketchIndex, sketchValue } from '../lib/sketch.ts';

/** Names of classes and how often each was said, by rising name, no zero counts. */
export type ClassCounts = readonly (readonly [name: string, count: number])[];

/** Bins of numbers and how many fell into each, by rising bin, no zero counts. */
export type BinCounts = readonly (readonly [bin: number, count: number])[];

/**
 * What the answers of one arm said: how often each class, and how the numbers lie. Bounded whatever
 * is answered, and merged by addition: any order of adding gives the same.
 */
export type Predictions = {
  /** Answers counted: those that named one class, or were one number. */
  readonly answers: number;
  readonly classes: ClassCounts;
  /** Answers with a class beyond the first `CLASSES_COUNTED_MAX` names. */
  readonly otherClasses: number;
  /** Numbers of models that answer with one; see `valueBin`. */
  readonly values: BinCounts;
  /** Probabilities of a class; see `probabilityBin`. */
  readonly probabilities: BinCounts;
};

/** Nothing was answered. */
export const nothingSaid: Predictions = {
  answers: 0,
  classes: [],
  otherClasses: 0,
  values: [],
  probabilities: [],
};

/**
 * The first so many names in order are kept, the rest is one class: whichever come first, and
 * however windows are merged, the same are kept with the same counts.
 */
export const CLASSES_COUNTED_MAX = 32;

/** The sketch's first bucket is that of 0: bins count from there, in either direction. */
const ZERO = sketchIndex(0);

/**
 * The bin of any number: 0 holds 0 and what is next to nothing, others are the buckets of the log
 * histogram (`lib/sketch.ts`, 2 % wide), below 0 for negative numbers. Bins rise with numbers.
 */
export const valueBin = (value: number): number =>
  value < 0 ? ZERO - sketchIndex(-value) : sketchIndex(value) - ZERO;

/** A number that stands for a bin of `valueBin`. */
export const valueOf = (bin: number): number =>
  bin === 0 ? 0 : Math.sign(bin) * sketchValue(Math.abs(bin) + ZERO);

/** Width of a bin of probabilities, in natural log-odds: 0.025 at a half, a tenth of p near 0. */
const LOG_ODDS_STEP = 0.1;
/** Probabilities beyond e^±12 share the outer bins. */
const PROBABILITY_BIN_MAX = 120;

/** The bin of a probability by its log-odds: as fine near 1 as near 0. Bins rise with them. */
export function probabilityBin(probability: number): number {
  const logOdds = Math.log(probability / (1 - probability));
  const bin = Math.round(logOdds / LOG_ODDS_STEP);
  if (bin > -PROBABILITY_BIN_MAX && bin < PROBABILITY_BIN_MAX) return bin + 0;
  return probability > 0.5 ? PROBABILITY_BIN_MAX : -PROBABILITY_BIN_MAX;
}

/** A probability that stands for a bin of `probabilityBin`. */
export const probabilityOf = (bin: number): number => 1 / (1 + Math.exp(-bin * LOG_ODDS_STEP));

/** Counts answers while a bucket is open. Mutable, because it is written once per request. */
export class PredictionCounts {
  readonly #classes = new Map<string, number>();
  readonly #values = new Map<number, number>();
  readonly #probabilities = new Map<number, number>();
  #otherClasses = 0;
  #answers = 0;
  /** The last name in order, once there is no room; null while there is. */
  #last: string | null = null;

  /** Counts one answer that says something. */
  add({ label, score }: Predicted): void {
    this.#answers += 1;
    // As in the prediction id: a name too long to be one is no class of its own.
    if (label !== null && label.length <= CLASS_CHARS_MAX) this.#addClass(label, 1);
    else if (label !== null) this.#otherClasses += 1;
    if (score === null) return;
    if (score.kind === 'value') plus(this.#values, valueBin(score.value), 1);
    else plus(this.#probabilities, probabilityBin(score.value), 1);
  }

  /** Adds what was counted elsewhere. */
  addAll({ answers, classes, otherClasses, values, probabilities }: Predictions): void {
    this.#answers += answers;
    this.#otherClasses += otherClasses;
    for (const [name, count] of classes) this.#addClass(name, count);
    for (const [bin, count] of values) plus(this.#values, bin, count);
    for (const [bin, count] of probabilities) plus(this.#probabilities, bin, count);
  }

  /** What was counted so far; null: nothing. */
  sum(): Predictions | null {
    if (this.#answers === 0) return null;
    return {
      answers: this.#answers,
      classes: [...this.#classes].sort(([a], [b]) => (a < b ? -1 : 1)),
      otherClasses: this.#otherClasses,
      values: inOrder(this.#values),
      probabilities: inOrder(this.#probabilities),
    };
  }

  #addClass(name: string, count: number): void {
    const known = this.#classes.get(name);
    if (known !== undefined) {
      this.#classes.set(name, known + count);
      return;
    }
    if (this.#last !== null && name > this.#last) {
      this.#otherClasses += count;
      return;
    }
    this.#classes.set(name, count);
    if (this.#last !== null) {
      this.#otherClasses += this.#classes.get(this.#last) ?? 0;
      this.#classes.delete(this.#last);
    }
    if (this.#classes.size < CLASSES_COUNTED_MAX) return;
    this.#last = [...this.#classes.keys()].reduce((a, b) => (a > b ? a : b));
  }
}

function plus(counts: Map<number, number>, bin: number, more: number): void {
  counts.set(bin, (counts.get(bin) ?? 0) + more);
}

const inOrder = (counts: ReadonlyMap<number, number>): BinCounts =>
  [...counts].sort(([a], [b]) => a - b);

/** Both together; undefined: nothing was counted. */
export function addPredictions(
  a: Predictions | undefined,
  b: Predictions | undefined,
): Predictions | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const counts = new PredictionCounts();
  counts.addAll(a);
  counts.addAll(b);
  return counts.sum() ?? undefined;
}
