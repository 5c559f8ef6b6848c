/**
 * What one request was answered with, as far as a label can be held against it: short enough to
 * travel in the prediction id, so that nothing has to be looked up when the truth comes.
 */
export type Predicted = {
  /** The class that was named; see `className`. Null when the answer names none. */
  readonly label: string | null;
  readonly score: Score | null;
};

/**
 * A number the model gave. `value`: the answer itself; `positive`: the probability of the second of
 * two classes; `top`: that of the class it named, among more than two.
 */
export type Score = { readonly kind: ScoreKind; readonly value: number };

/** See `Score`. */
export type ScoreKind = 'value' | 'positive' | 'top';

/** Several rows, or nothing that is a class or a number. */
export const nothingPredicted: Predicted = { label: null, score: null };

/** Longest name of a class. */
export const CLASS_CHARS_MAX = 64;

/** A class as text: 1, true and "1" are one class, as 0, false and "0" are. */
export function className(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'number' ? String(value) : value;
}
