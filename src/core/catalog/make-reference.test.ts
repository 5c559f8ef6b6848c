import { describe, expect, test } from 'vitest';
import { probabilityBin } from '../telemetry/predictions.ts';
import { makeReference } from './make-reference.ts';
import type { Column } from './make-reference.ts';

const feature = (name: string, column = 0): Column => ({ is: 'feature', name, input: 'x', column });

const only = (values: readonly (string | number)[]) =>
  makeReference({ columns: [feature('f')], rows: values.map((value) => [String(value)]) })
    .features[0];

describe('the bins of a feature', () => {
  test('are tenths of many numbers', () => {
    const made = only(Array.from({ length: 1_000 }, (_, i) => i / 10));
    expect(made).toMatchObject({
      kind: 'number',
      cuts: [9.9, 19.9, 29.9, 39.9, 49.9, 59.9, 69.9, 79.9, 89.9],
      counts: [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0],
    });
  });

  test.each([
    { name: 'few numbers', values: [0, 1, 1, 2, ''], cuts: [0, 1], counts: [1, 2, 1, 1] },
    { name: 'one number', values: [5, 5], cuts: [5], counts: [2, 0, 0] },
    { name: 'numbers, some missing', values: ['NaN', 3, 4], cuts: [3], counts: [1, 1, 1] },
  ])('are single values of $name', ({ values, cuts, counts }) => {
    expect(only(values)).toMatchObject({ kind: 'number', cuts, counts });
  });

  test('are the values of texts, the most frequent of them', () => {
    expect(only(['pro', 'basic', 'pro', ''])).toMatchObject({
      kind: 'category',
      values: ['pro', 'basic'],
      counts: [2, 1, 0, 1],
    });
    const many = only(Array.from({ length: 30 }, (_, i) => `city ${i}`));
    expect(many?.counts).toEqual([...Array.from({ length: 20 }, () => 1), 10, 0]);
  });
});

test('what the model answered is counted as answers are', () => {
  const columns: readonly Column[] = [
    feature('age'),
    { is: 'other' },
    { is: 'class' },
    { is: 'probability' },
  ];
  const rows = [
    ['30', 'ada', 'no', '0.1'],
    ['40', 'bob', 'yes', '0.8'],
  ];
  const { rows: counted, features, answers } = makeReference({ columns, rows });
  expect([counted, features.map(({ name }) => name)]).toEqual([2, ['age']]);
  expect(answers).toMatchObject({
    answers: 2,
    classes: [
      ['no', 1],
      ['yes', 1],
    ],
    probabilities: [
      [probabilityBin(0.1), 1],
      [probabilityBin(0.8), 1],
    ],
  });
  expect(makeReference({ columns: columns.slice(0, 2), rows }).answers).toBeNull();
});
