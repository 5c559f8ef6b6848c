import { assertNever } from '../lib/invariant.ts';
import { probabilityOf, valueOf } from './predictions.ts';
import type { BinCounts, Predictions } from './predictions.ts';

/**
 * A few bins for what answers say, to compare distributions in: the classes, or the tenths of the
 * numbers. They are fixed on answers given before those that are counted in them.
 */
export type Facet =
  | { readonly kind: 'class'; readonly names: readonly string[] }
  /** The last number bin of each part but the highest; see `valueBin` and `probabilityBin`. */
  | { readonly kind: 'value' | 'probability'; readonly cuts: readonly number[] };

/** Classes that have a bin of their own; the rest shares one. */
const NAMED_MAX = 11;
/** Parts into which numbers are divided, equally full as far as they can be told apart. */
const PARTS = 10;

/** The facets of what was answered so far, in a fixed order; none where nothing was. */
export function facetsOf(seen: Predictions): readonly Facet[] {
  const facets: Facet[] = [];
  if (seen.classes.length > 0) {
    const often = seen.classes.toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    const names = often.slice(0, NAMED_MAX).map(([name]) => name);
    facets.push({ kind: 'class', names: names.toSorted() });
  }
  if (seen.values.length > 0) facets.push({ kind: 'value', cuts: cutsOf(seen.values) });
  if (seen.probabilities.length > 0) {
    facets.push({ kind: 'probability', cuts: cutsOf(seen.probabilities) });
  }
  return facets;
}

/** Where tenths end; fewer where a bin holds more than a tenth, at least one. */
function cutsOf(counts: BinCounts): readonly number[] {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const highest = counts.at(-1)?.[0] ?? 0;
  const cuts: number[] = [];
  let passed = 0;
  for (const [bin, count] of counts) {
    const before = Math.floor((passed * PARTS) / total);
    passed += count;
    if (Math.floor((passed * PARTS) / total) > before && bin < highest) cuts.push(bin);
  }
  return cuts.length > 0 ? cuts : [highest];
}

/** How many bins a facet has: one beyond what is named or cut, for all the rest, among them. */
export function binsIn(facet: Facet): number {
  const { kind } = facet;
  switch (kind) {
    case 'class':
      return facet.names.length + 1;
    case 'value':
    case 'probability':
      return facet.cuts.length + 2;
    default:
      return assertNever(kind, 'binsIn');
  }
}

/**
 * Answers by bin. The last holds those that have no place in the others: an unknown class, or no
 * number at all.
 */
export function countsIn(facet: Facet, said: Predictions): readonly number[] {
  const { kind } = facet;
  switch (kind) {
    case 'class': {
      const counts = new Map(said.classes);
      return withRest(
        facet.names.map((name) => counts.get(name) ?? 0),
        said.answers,
      );
    }
    case 'value':
      return withRest(partsOf(said.values, facet.cuts), said.answers);
    case 'probability':
      return withRest(partsOf(said.probabilities, facet.cuts), said.answers);
    default:
      return assertNever(kind, 'countsIn');
  }
}

function partsOf(counts: BinCounts, cuts: readonly number[]): readonly number[] {
  const parts = [...cuts.map(() => 0), 0];
  let part = 0;
  for (const [bin, count] of counts) {
    while (part < cuts.length && bin > (cuts[part] ?? 0)) part += 1;
    parts[part] = (parts[part] ?? 0) + count;
  }
  return parts;
}

const withRest = (counts: readonly number[], answers: number): readonly number[] => [
  ...counts,
  answers - counts.reduce((sum, count) => sum + count, 0),
];

/** A bin of a facet in words: `class 1`, `numbers from 12 to 15`, `probabilities above 0.9`. */
export function binWords(facet: Facet, bin: number): string {
  const { kind } = facet;
  switch (kind) {
    case 'class':
      return bin < facet.names.length ? `class ${facet.names[bin] ?? ''}` : 'any other class';
    case 'value':
      return bin > facet.cuts.length ? 'no number' : `numbers ${between(facet.cuts, bin, valueOf)}`;
    case 'probability':
      return bin > facet.cuts.length
        ? 'no probability'
        : `probabilities ${between(facet.cuts, bin, probabilityOf)}`;
    default:
      return assertNever(kind, 'binWords');
  }
}

function between(cuts: readonly number[], part: number, numberOf: (bin: number) => number): string {
  const [low, high] = [cuts[part - 1], cuts[part]];
  const said = (bin: number): string => String(Number(numberOf(bin).toPrecision(3)));
  if (low === undefined) return high === undefined ? '' : `up to ${said(high)}`;
  return high === undefined ? `above ${said(low)}` : `from ${said(low)} to ${said(high)}`;
}
