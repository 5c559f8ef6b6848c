import type { AttributeDeclaration, AttributeValue } from '../audience/attribute.ts';
import type { Values } from '../audience/compile.ts';
import { list } from '../lib/wording.ts';

/** An attribute by which requests are told apart, with the values that have parts of their own. */
export type SegmentDimension = {
  /** Name of a declared attribute. */
  readonly by: string;
  /** All others, and requests without one, are `other`. */
  readonly values: readonly AttributeValue[];
};

/**
 * How the requests of an endpoint are told apart: one dimension gives `eu`, `us` and `other`, two
 * give every combination, `eu/mobile`. Never empty: who declares none has no segments.
 */
export type Segments = readonly SegmentDimension[];

/** Segments there may be, all combinations counted: each has its own figures in every window. */
export const SEGMENTS_MAX = 16;
/** Attributes that may be combined. */
export const DIMENSIONS_MAX = 3;
/** Longest name of a value. */
export const SEGMENT_CHARS_MAX = 64;
/** Longest name of a segment: of all its values, and what stands between them. */
export const SEGMENT_NAME_CHARS_MAX = DIMENSIONS_MAX * (SEGMENT_CHARS_MAX + 1);
/** Where everything is that has no part of its own. */
export const OTHER_SEGMENT = 'other';

/** Stands between the values of several dimensions. */
const BETWEEN = '/';

/** The names of all segments by their indices; those of the last dimension change fastest. */
export function segmentNames(segments: Segments): readonly string[] {
  return segments.map(partsOf).reduce<readonly string[]>((names, parts, dimension) => {
    if (dimension === 0) return parts;
    return names.flatMap((name) => parts.map((part) => `${name}${BETWEEN}${part}`));
  }, []);
}

const partsOf = ({ values }: SegmentDimension): readonly string[] => [
  ...values.map(String),
  OTHER_SEGMENT,
];

/** Where a segment lies in each dimension: the index of its value; that of `other` is the last. */
export function segmentPlaces(segments: Segments, index: number): readonly number[] {
  const places: number[] = [];
  let left = index;
  for (const { values } of segments.toReversed()) {
    places.unshift(left % (values.length + 1));
    left = Math.floor(left / (values.length + 1));
  }
  return places;
}

/**
 * Makes segments ready: once per table, so that a request looks a value up in each dimension and no
 * more. The answer takes values in the order of the dimensions, undefined where one is missing, and
 * gives the index of the segment. Total: whatever the values are, there is one.
 */
export function compileSegments(segments: Segments): (values: Values) => number {
  const dimensions = segments.map(({ values }) => ({
    places: new Map(values.map((value, place) => [value, place])),
    other: values.length,
  }));
  return (values) => {
    let index = 0;
    for (let at = 0; at < dimensions.length; at += 1) {
      const dimension = dimensions[at];
      if (dimension === undefined) break;
      const value = values[at];
      const place = value === undefined ? undefined : dimension.places.get(value);
      index = index * (dimension.other + 1) + (place ?? dimension.other);
    }
    return index;
  };
}

/** One thing that is wrong with segments, and where. */
export type SegmentProblem = {
  /** Relative to the segments: `[0].by`; empty: the whole. */
  readonly path: string;
  /** What is wrong and how to mend it, without a full stop. */
  readonly sentence: string;
};

/** The first thing that is wrong with segments for these attributes; null when they are sound. */
export function segmentProblem(
  segments: Segments,
  attributes: readonly AttributeDeclaration[],
): SegmentProblem | null {
  for (const [at, dimension] of segments.entries()) {
    const problem =
      dimensionProblem(dimension, attributes) ??
      (segments.findIndex(({ by }) => by === dimension.by) < at
        ? { path: 'by', sentence: `${dimension.by} is there twice; name all its values in one` }
        : null);
    if (problem !== null) return { ...problem, path: `[${at}].${problem.path}` };
  }
  return wholeProblem(segments);
}

function wholeProblem(segments: Segments): SegmentProblem | null {
  if (segments.length === 0) return { path: '', sentence: 'name an attribute, or no segments' };
  if (segments.length > DIMENSIONS_MAX) {
    return { path: '', sentence: `at most ${DIMENSIONS_MAX} attributes are combined` };
  }
  const cells = segments.reduce((product, { values }) => product * (values.length + 1), 1);
  if (cells > SEGMENTS_MAX) {
    const sentence = `that makes ${cells} segments with \`other\`; there may be ${SEGMENTS_MAX}`;
    return { path: '', sentence: `${sentence}: name fewer values` };
  }
  const names = segmentNames(segments);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined) return null;
  return { path: '', sentence: `two segments would be named ${twice}; name values without \`/\`` };
}

function dimensionProblem(
  { by, values }: SegmentDimension,
  attributes: readonly AttributeDeclaration[],
): SegmentProblem | null {
  const declared = attributes.find(({ name }) => name === by);
  if (declared === undefined) {
    const known = attributes.map(({ name }) => name);
    const there = known.length === 0 ? 'none' : list(known);
    const mend = `declare it: \`--attribute ${by}=header:x-${by.toLowerCase()}:text\``;
    const sentence = `there is no attribute ${by}: the endpoint declares ${there}; ${mend}`;
    return { path: 'by', sentence };
  }
  if (values.length === 0) {
    return { path: 'values', sentence: `name the values of ${by} that are to be told apart` };
  }
  for (const [at, value] of values.entries()) {
    const sentence = valueProblem(declared, value, values.slice(0, at));
    if (sentence !== null) return { path: `values[${at}]`, sentence };
  }
  return null;
}

const TYPE_OF = { text: 'string', number: 'number', boolean: 'boolean' } as const;

function valueProblem(
  { name, type }: AttributeDeclaration,
  value: AttributeValue,
  before: readonly AttributeValue[],
): string | null {
  const text = String(value);
  if (typeof value !== TYPE_OF[type]) {
    return `${name} is a ${type}, ${JSON.stringify(value)} is none; write one`;
  }
  if (text === '' || text.length > SEGMENT_CHARS_MAX) {
    return `a value has 1 to ${SEGMENT_CHARS_MAX} characters`;
  }
  if (text === OTHER_SEGMENT) return 'what is not named is `other` already; leave it out';
  return before.includes(value) ? `${text} is there twice; name each value once` : null;
}
