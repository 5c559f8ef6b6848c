import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { Datatype } from '../catalog/signature.ts';
import { compareAnswers, ELEMENTS_COMPARED_MAX } from './comparison.ts';
import type { Comparison, Output } from './comparison.ts';

const output = (
  datatype: Datatype,
  rows: readonly (readonly (number | bigint | string)[])[],
  name = 'y',
): Output => ({ name, datatype, shape: [rows.length, rows[0]?.length ?? 0], data: rows.flat() });

const floats = (...rows: readonly (readonly number[])[]): Output => output('FP32', rows);
const labels = (...rows: readonly string[]): Output =>
  output(
    'BYTES',
    rows.map((row) => [row]),
    'label',
  );

const auto: Comparison = { kind: 'auto' };
const within = (absolute: number, relative: number): Comparison => {
  return { kind: 'tolerance', absolute, relative };
};
const rank = (top: number, overlap: number): Comparison => ({ kind: 'rank', top, overlap });

describe('rows that differ', () => {
  test.each<{
    readonly what: string;
    readonly comparison: Comparison;
    readonly users: readonly Output[];
    readonly others: readonly Output[];
    readonly differing: number;
    readonly rows: number;
  }>([
    {
      what: 'labels, one of three another',
      comparison: auto,
      users: [labels('a', 'b', 'c')],
      others: [labels('a', 'x', 'c')],
      rows: 3,
      differing: 1,
    },
    {
      what: 'labels outrank the scores beside them',
      comparison: auto,
      users: [labels('a'), floats([0.9, 0.1])],
      others: [labels('a'), floats([0.6, 0.4])],
      rows: 1,
      differing: 0,
    },
    {
      what: 'whole numbers of 64 bits',
      comparison: auto,
      users: [output('INT64', [[1n], [2n]])],
      others: [output('INT64', [[1n], [3n]])],
      rows: 2,
      differing: 1,
    },
    {
      what: 'probabilities: another class, and one too far away',
      comparison: auto,
      users: [floats([0.9, 0.1], [0.51, 0.49], [0.9, 0.1])],
      others: [floats([0.85, 0.15], [0.49, 0.51], [0.75, 0.25])],
      rows: 3,
      differing: 2,
    },
    {
      what: 'numbers within and beyond a thousandth',
      comparison: auto,
      users: [floats([1_000], [1_000], [0], [0])],
      others: [floats([1_000.9], [1_001.1], [5e-7], [1e-3])],
      rows: 4,
      differing: 2,
    },
    {
      what: 'NaN is NaN, infinite is infinite, and no number is either',
      comparison: auto,
      users: [floats([NaN], [NaN], [1], [Infinity], [Infinity])],
      others: [floats([NaN], [1], [NaN], [Infinity], [-Infinity])],
      rows: 5,
      differing: 3,
    },
    {
      what: 'a declared tolerance',
      comparison: within(0.5, 0),
      users: [floats([1], [1])],
      others: [floats([1.4], [1.6])],
      rows: 2,
      differing: 1,
    },
    {
      what: 'a tolerance for whole numbers and words',
      comparison: within(1, 0),
      users: [output('INT32', [[5], [5]]), labels('a', 'a')],
      others: [output('INT32', [[6], [7]]), labels('a', 'a')],
      rows: 2,
      differing: 1,
    },
    {
      what: 'the class of scores that are no probabilities',
      comparison: { kind: 'class' },
      users: [floats([3, -2], [1, 2])],
      others: [floats([9, 8], [2, 1])],
      rows: 2,
      differing: 1,
    },
    {
      what: 'the class of a lone score',
      comparison: { kind: 'class' },
      users: [floats([0.6], [0.6])],
      others: [floats([0.99], [0.4])],
      rows: 2,
      differing: 1,
    },
    {
      what: 'to the bit',
      comparison: { kind: 'equal' },
      users: [floats([1], [2])],
      others: [floats([1], [2.000_000_1])],
      rows: 2,
      differing: 1,
    },
    {
      what: 'half of the first four places in both',
      comparison: rank(4, 0.5),
      users: [output('BYTES', [['a', 'b', 'c', 'd', 'e']])],
      others: [output('BYTES', [['d', 'a', 'x', 'y', 'b']])],
      rows: 1,
      differing: 0,
    },
    {
      what: 'a quarter of them is too little',
      comparison: rank(4, 0.5),
      users: [output('BYTES', [['a', 'b', 'c', 'd', 'e']])],
      others: [output('BYTES', [['d', 'x', 'y', 'z', 'a']])],
      rows: 1,
      differing: 1,
    },
    {
      what: 'scores are ranked',
      comparison: rank(2, 1),
      users: [floats([0.1, 5, 3, 2])],
      others: [floats([1, 30, 40, 2])],
      rows: 1,
      differing: 0,
    },
    {
      what: 'another shape',
      comparison: auto,
      users: [floats([1], [2])],
      others: [floats([1, 2])],
      rows: 2,
      differing: 2,
    },
    {
      what: 'an output that is missing',
      comparison: auto,
      users: [labels('a', 'b')],
      others: [floats([1], [2])],
      rows: 2,
      differing: 2,
    },
    {
      what: 'one word about the whole batch',
      comparison: { kind: 'equal' },
      users: [floats([1], [2]), labels('fine')],
      others: [floats([1], [2]), labels('odd')],
      rows: 2,
      differing: 2,
    },
  ])('$what', ({ users, others, comparison, rows, differing }) => {
    expect(compareAnswers(users, others, comparison)).toEqual({ rows, differing });
  });
});

test('a ranking without a batch is one row', () => {
  const list = (...items: readonly string[]): Output => {
    return { name: 'y', datatype: 'BYTES', shape: [items.length], data: items };
  };
  const compared = compareAnswers([list('a', 'b')], [list('b', 'a')], rank(2, 1));
  expect(compared).toEqual({ rows: 1, differing: 0 });
});

test('of an answer that is too large, what fits is compared', () => {
  const rows = ELEMENTS_COMPARED_MAX;
  const data = new Float64Array(rows * 2);
  const large: Output = { name: 'y', datatype: 'FP64', shape: [rows, 2], data };
  expect(compareAnswers([large], [large], auto)).toEqual({ rows: rows / 2, differing: 0 });
});

const comparisons: readonly Comparison[] = [
  auto,
  { kind: 'equal' },
  { kind: 'class' },
  within(0, 0),
  rank(3, 1),
];
const table = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, width]) =>
    fc.array(fc.array(fc.double(), { minLength: width, maxLength: width }), {
      minLength: rows,
      maxLength: rows,
    }),
  );

describe('laws', () => {
  test.each(comparisons)('an answer is the same as itself, by $kind', (comparison) => {
    fc.assert(
      fc.property(table, (rows) => {
        const compared = compareAnswers([floats(...rows)], [floats(...rows)], comparison);
        expect(compared).toEqual({ rows: rows.length, differing: 0 });
      }),
    );
  });

  test.each(comparisons)('rows that differ are rows, by $kind', (comparison) => {
    fc.assert(
      fc.property(table, table, (users, others) => {
        const compared = compareAnswers([floats(...users)], [floats(...others)], comparison);
        expect(compared.rows).toBe(users.length);
        expect(compared.differing).toBeLessThanOrEqual(compared.rows);
      }),
    );
  });
});
