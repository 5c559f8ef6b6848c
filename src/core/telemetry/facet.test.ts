import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Predicted } from '../feedback/predicted.ts';
import { binWords, binsIn, countsIn, facetsOf } from './facet.ts';
import { PredictionCounts } from './predictions.ts';
import type { Predictions } from './predictions.ts';

function said(answers: readonly Predicted[]): Predictions {
  const counts = new PredictionCounts();
  for (const answer of answers) counts.add(answer);
  return counts.sum() ?? { ...nothing };
}

const nothing: Predictions = {
  answers: 0,
  classes: [],
  otherClasses: 0,
  values: [],
  probabilities: [],
};
const named = (label: string, times: number): readonly Predicted[] =>
  Array.from({ length: times }, () => ({ label, score: null }));
const numbers = (values: readonly number[]): readonly Predicted[] =>
  values.map((value) => ({ label: null, score: { kind: 'value', value } }));

test('a model of classes is compared by class, what was not seen before by the last bin', () => {
  const [facet, ...others] = facetsOf(said([...named('no', 30), ...named('yes', 10)]));
  expect(others).toEqual([]);
  expect(facet).toEqual({ kind: 'class', names: ['no', 'yes'] });
  const later = said([...named('yes', 5), ...named('new', 3), ...numbers([1])]);
  const counts = facet === undefined ? [] : countsIn(facet, later);
  expect(counts).toEqual([0, 5, 4]);
});

test('of many classes the most frequent have bins', () => {
  const answers = Array.from({ length: 20 }, (_, i) => named(`c${10 + i}`, i + 1)).flat();
  const [facet] = facetsOf(said(answers));
  expect(facet).toMatchObject({ names: Array.from({ length: 11 }, (_, i) => `c${19 + i}`) });
});

describe('numbers', () => {
  test('are divided into tenths', () => {
    const answers = numbers(Array.from({ length: 1_000 }, (_, i) => 100 + i));
    const [facet] = facetsOf(said(answers));
    const counts = facet === undefined ? [] : countsIn(facet, said(answers));
    expect(counts).toHaveLength(11);
    expect(counts.at(-1)).toBe(0);
    for (const count of counts.slice(0, -1)) expect(Math.abs(count - 100)).toBeLessThan(25);
  });

  test('that are all the same are told from larger ones', () => {
    const [facet] = facetsOf(said(numbers([5, 5, 5])));
    const counts = facet === undefined ? [] : countsIn(facet, said(numbers([5, 4, 9])));
    expect(counts).toEqual([2, 1, 0]);
  });

  test('fall below 0 as above it', () => {
    const values = Array.from({ length: 200 }, (_, i) => i - 100);
    const [facet] = facetsOf(said(numbers(values)));
    const words = facet === undefined ? [] : [0, 5, 10].map((bin) => binWords(facet, bin));
    expect(words).toEqual([
      expect.stringMatching(/^numbers up to -8\d/),
      expect.stringMatching(/^numbers from .* to /),
      'no number',
    ]);
  });
});

test('every answer is in one bin, whatever the bins were made from', () => {
  const answer: fc.Arbitrary<Predicted> = fc.oneof(
    fc.constantFrom('a', 'b', 'c').map((label) => ({ label, score: null })),
    fc.double({ min: 0, max: 1, noNaN: true }).map((value): Predicted => {
      return { label: 'a', score: { kind: 'positive', value } };
    }),
    fc.double({ min: -50, max: 50, noNaN: true }).map((value): Predicted => {
      return { label: null, score: { kind: 'value', value } };
    }),
  );
  const answers = fc.array(answer, { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(answers, answers, (before, later) => {
      for (const facet of facetsOf(said(before))) {
        const counts = countsIn(facet, said(later));
        expect(counts).toHaveLength(binsIn(facet));
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(later.length);
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
