import type { Datatype } from '../catalog/signature.ts';
import { assertNever } from '../lib/invariant.ts';
import type { Compared } from './observation.ts';

/** How two answers to one request are compared; see `compareAnswers`. */
export const COMPARISON_KINDS = ['auto', 'equal', 'class', 'tolerance', 'rank'] as const;

/** When two answers to one request count as the same. */
export type Comparison =
  /** By the datatypes: see `compareAnswers`. */
  | { readonly kind: 'auto' }
  /** Every element is the same. */
  | { readonly kind: 'equal' }
  /** The labels are the same; without labels, the places of the highest scores. */
  | { readonly kind: 'class' }
  /** Every number is within `absolute` plus `relative` times the user's. */
  | { readonly kind: 'tolerance'; readonly absolute: number; readonly relative: number }
  /** Of the first `top` of either ranking at least the part `overlap` is in both. */
  | { readonly kind: 'rank'; readonly top: number; readonly overlap: number };

/** What nobody said anything else about. */
export const defaultComparison: Comparison = { kind: 'auto' };

/** Numbers count as the same within this, in absolute terms, */
export const ABSOLUTE_DEFAULT = 1e-6;
/** plus this part of the user's number. */
export const RELATIVE_DEFAULT = 1e-3;
/** Places of a ranking that count. */
export const TOP_DEFAULT = 10;
/** Part of them that must be in both. */
export const OVERLAP_DEFAULT = 0.8;
/** No probability may differ by more, though the likeliest class is the same. */
export const PROBABILITY_STEP_MAX = 0.1;

/** One output of an answer; halves as the numbers they stand for. */
export type Output = {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint | string>;
};

/** Beyond this nothing is looked at: comparing must not hold up who is waiting. */
export const ELEMENTS_COMPARED_MAX = 65_536;

const FLOATS: ReadonlySet<Datatype> = new Set(['FP16', 'FP32', 'FP64']);
/** Numbers that sum to 1 this closely are probabilities. */
const SUM_TOLERANCE = 1e-3;
/** A lone score at or above this is the positive class. */
const POSITIVE_FROM = 0.5;

const isScore = ({ datatype }: Output): boolean => FLOATS.has(datatype);

/**
 * Compares the answer a user got with what another version answered to the same request, row by row
 * of the batch. Rows differ when any output that is looked at differs in them; an output that is
 * missing or shaped otherwise makes all differ.
 *
 * `auto` looks at labels (integers, strings, booleans) where there are any, and they must be equal;
 * scores beside them are another version's own business. Without labels, rows of probabilities must
 * have the same likeliest class and no probability more than 0.1 apart; all other numbers must lie
 * within 10⁻⁶ + 10⁻³ of the user's. NaN is the same as NaN and nothing else, an infinite number as
 * itself (such answers are null predictions, and get here only where a model is pinned to them).
 */
export function compareAnswers(
  users: readonly Output[],
  others: readonly Output[],
  comparison: Comparison,
): Compared {
  const looked = lookedAt(users, comparison);
  const [first] = looked;
  if (first === undefined) return { rows: 1, differing: others.length === 0 ? 0 : 1 };
  const rows = rowsOf(first, comparison);
  const differs = new Uint8Array(rows);
  for (const output of looked) {
    const other = others.find(({ name }) => name === output.name);
    if (other === undefined || !sameForm(output, other)) return { rows, differing: rows };
    const own = rowsOf(output, comparison);
    const width = own === 0 ? 0 : output.data.length / own;
    for (let row = 0; row < own; row += 1) {
      const pair = { output, other, from: row * width, to: (row + 1) * width };
      if (sameRow(pair, comparison)) continue;
      // An output that has rows of its own speaks of the whole answer.
      if (own !== rows) return { rows, differing: rows };
      differs[row] = 1;
    }
  }
  return { rows, differing: differs.reduce((sum, one) => sum + one, 0) };
}

function lookedAt(users: readonly Output[], { kind }: Comparison): readonly Output[] {
  switch (kind) {
    case 'equal':
    case 'tolerance':
      return users;
    case 'auto':
    case 'class':
    case 'rank': {
      const labels = users.filter((output) => !isScore(output));
      return labels.length > 0 ? labels : users;
    }
    default:
      return assertNever(kind, 'lookedAt');
  }
}

/** Rows that are compared: as many as the bound allows, one at least if there is any. */
function rowsOf({ shape, data }: Output, { kind }: Comparison): number {
  const isOneList = shape.length === 0 || (kind === 'rank' && shape.length === 1);
  const rows = isOneList ? 1 : (shape[0] ?? 1);
  if (rows === 0 || data.length <= ELEMENTS_COMPARED_MAX) return rows;
  return Math.max(1, Math.floor(ELEMENTS_COMPARED_MAX / (data.length / rows)));
}

const sameForm = (a: Output, b: Output): boolean =>
  a.datatype === b.datatype &&
  a.data.length === b.data.length &&
  a.shape.length === b.shape.length &&
  a.shape.every((size, axis) => size === b.shape[axis]);

/** One row of both answers. */
type Pair = {
  readonly output: Output;
  readonly other: Output;
  readonly from: number;
  readonly to: number;
};

function sameRow(pair: Pair, comparison: Comparison): boolean {
  const { kind } = comparison;
  const scored = isScore(pair.output);
  switch (kind) {
    case 'equal':
      return eachSame(pair, same);
    case 'class':
      return scored ? bestOf(pair.output, pair) === bestOf(pair.other, pair) : eachSame(pair, same);
    case 'tolerance':
      return eachSame(pair, (a, b) => near(a, b, comparison));
    case 'rank':
      return overlapOf(pair, comparison.top) >= comparison.overlap;
    case 'auto':
      if (!scored) return eachSame(pair, same);
      return areProbabilities(pair) ? sameProbabilities(pair) : eachSame(pair, usuallyNear);
    default:
      return assertNever(kind, 'sameRow');
  }
}

type Element = number | bigint | string;

const same = (a: Element, b: Element): boolean => a === b || (a !== a && b !== b);

function near(
  a: Element,
  b: Element,
  within: { readonly absolute: number; readonly relative: number },
): boolean {
  if (same(a, b)) return true;
  if (typeof a === 'string' || typeof b === 'string') return false;
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
  return Math.abs(x - y) <= within.absolute + within.relative * Math.abs(x);
}

const usual = { absolute: ABSOLUTE_DEFAULT, relative: RELATIVE_DEFAULT };
const usuallyNear = (a: Element, b: Element): boolean => near(a, b, usual);

/** What the bound leaves of a single row that is larger. */
const endOf = ({ from, to }: Pair): number => Math.min(to, from + ELEMENTS_COMPARED_MAX);

function eachSame(pair: Pair, holds: (a: Element, b: Element) => boolean): boolean {
  const { output, other, from } = pair;
  const end = endOf(pair);
  for (let at = from; at < end; at += 1) {
    if (!holds(output.data[at] ?? 0, other.data[at] ?? 0)) return false;
  }
  return true;
}

/** Place of the highest score; of a lone score, on which side of a half it lies. */
function bestOf({ data }: Output, pair: Pair): number {
  const { from } = pair;
  const end = endOf(pair);
  if (end - from === 1) return Number(data[from]) >= POSITIVE_FROM ? 1 : 0;
  let best = from;
  for (let at = from + 1; at < end; at += 1) {
    if (Number(data[at]) > Number(data[best])) best = at;
  }
  return best;
}

function areProbabilities(pair: Pair): boolean {
  const { from } = pair;
  const end = endOf(pair);
  if (end - from < 2) return false;
  return [pair.output, pair.other].every(({ data }) => {
    let sum = 0;
    for (let at = from; at < end; at += 1) {
      const value = Number(data[at]);
      if (!(value >= 0)) return false;
      sum += value;
    }
    return Math.abs(sum - 1) <= SUM_TOLERANCE;
  });
}

function sameProbabilities(pair: Pair): boolean {
  const { output, other } = pair;
  const isClose = (a: Element, b: Element): boolean =>
    Math.abs(Number(a) - Number(b)) <= PROBABILITY_STEP_MAX;
  return bestOf(output, pair) === bestOf(other, pair) && eachSame(pair, isClose);
}

/** Part of the first `top` places of either ranking that both have. */
function overlapOf(pair: Pair, top: number): number {
  const mine = leading(pair.output, pair, top);
  const theirs = new Set(leading(pair.other, pair, top));
  if (mine.length === 0) return 1;
  return mine.filter((item) => theirs.has(item)).length / mine.length;
}

/** Labels come in order of rank; scores are ranked, equal ones in the order of their places. */
function leading(output: Output, pair: Pair, top: number): readonly Element[] {
  const { data } = output;
  const { from } = pair;
  const places = Array.from({ length: endOf(pair) - from }, (_, i) => from + i);
  if (!isScore(output)) return places.slice(0, top).map((at) => data[at] ?? '');
  return places.sort((a, b) => Number(data[b]) - Number(data[a]) || a - b).slice(0, top);
}
