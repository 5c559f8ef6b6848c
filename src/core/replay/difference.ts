/** Where two JSON values differ first. */
export type Difference = {
  /** Path into the value, e.g. `detail.verdicts[0].ratio`; empty: the whole. */
  readonly path: string;
  readonly recorded: string;
  readonly recomputed: string;
};

/** What comparing two JSON values concludes. */
export type Comparison = {
  /** Null: they say the same. */
  readonly first: Difference | null;
  /** Numbers that are equal only to nine digits: logarithms may differ in their last one. */
  readonly rounded: number;
};

/** Numbers this close, relatively, are what another machine makes of the same computation. */
const RELATIVE_MAX = 1e-9;
const SHOWN_MAX = 120;

/** Compares what was recorded with what was recomputed, member by member in the order of names. */
export function compare(recorded: unknown, recomputed: unknown): Comparison {
  const seen = { rounded: 0 };
  const first = differenceAt('', [recorded, recomputed], seen);
  return { first, rounded: seen.rounded };
}

type Pair = readonly [recorded: unknown, recomputed: unknown];

function differenceAt(path: string, [a, b]: Pair, seen: { rounded: number }): Difference | null {
  if (a === b || (a === undefined && b === undefined)) return null;
  if (typeof a === 'number' && typeof b === 'number' && isClose(a, b)) {
    seen.rounded += 1;
    return null;
  }
  const isDeep = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
  if (!isDeep || Array.isArray(a) !== Array.isArray(b)) {
    return { path, recorded: said(a), recomputed: said(b) };
  }
  const [left, right] = [Object.entries(a), Object.entries(b)].map((one) => new Map(one));
  const names = [...new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])];
  // Positions in an array come as they stand, names by the alphabet.
  if (!Array.isArray(a)) names.sort();
  for (const name of names) {
    const step = Array.isArray(a) ? `${path}[${name}]` : `${path}${path && '.'}${name}`;
    const found = differenceAt(step, [left?.get(name), right?.get(name)], seen);
    if (found !== null) return found;
  }
  return null;
}

const isClose = (a: number, b: number): boolean =>
  Math.abs(a - b) <= RELATIVE_MAX * Math.max(Math.abs(a), Math.abs(b));

function said(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX - 1)}…`;
}
