import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Predicted } from '../feedback/predicted.ts';
import { SKETCH_RELATIVE_ERROR } from '../lib/sketch.ts';
import {
  CLASSES_COUNTED_MAX,
  PredictionCounts,
  addPredictions,
  probabilityBin,
  probabilityOf,
  valueBin,
  valueOf,
} from './predictions.ts';

const countsOf = (answers: readonly Predicted[]): PredictionCounts => {
  const counts = new PredictionCounts();
  for (const answer of answers) counts.add(answer);
  return counts;
};

const named = (label: string): Predicted => ({ label, score: null });
const positive = (value: number): Predicted => ({
  label: '1',
  score: { kind: 'positive', value },
});
const number = (value: number): Predicted => ({ label: null, score: { kind: 'value', value } });

const answer: fc.Arbitrary<Predicted> = fc.oneof(
  fc.integer({ min: 0, max: 80 }).map((name) => named(`c${name}`)),
  fc.double({ min: 0, max: 1, noNaN: true }).map(positive),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(number),
);
const answers = fc.array(answer, { minLength: 1, maxLength: 120 });

describe('what is counted', () => {
  test('classes by name, and numbers by where they lie', () => {
    const said = [named('no'), positive(0.5), positive(0.5), named('yes'), named('no')];
    expect(countsOf(said).sum()).toEqual({
      answers: 5,
      classes: [
        ['1', 2],
        ['no', 2],
        ['yes', 1],
      ],
      otherClasses: 0,
      values: [],
      probabilities: [[0, 2]],
    });
  });

  test('nothing is null', () => {
    expect(new PredictionCounts().sum()).toBeNull();
  });

  test('a name too long to be a class is none of its own', () => {
    expect(countsOf([named('x'.repeat(65))]).sum()).toMatchObject({ classes: [], otherClasses: 1 });
  });

  test('of many classes the first names in order are kept, the rest is one', () => {
    const names = Array.from({ length: 100 }, (_, i) => `c${100 + ((i * 37) % 100)}`);
    const sum = countsOf([...names, ...names].map(named)).sum();
    expect(sum?.classes.map(([name]) => name)).toEqual(
      names.toSorted().slice(0, CLASSES_COUNTED_MAX),
    );
    expect(sum?.classes.every(([, count]) => count === 2)).toBe(true);
    expect(sum?.otherClasses).toBe(200 - 2 * CLASSES_COUNTED_MAX);
  });
});

describe('laws', () => {
  test('adding is associative and commutative, and the same as counting in one place', () => {
    fc.assert(
      fc.property(answers, answers, answers, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((all) => countsOf(all).sum() ?? undefined);
        const whole = countsOf([...c, ...a, ...b]).sum() ?? undefined;
        expect(addPredictions(addPredictions(x, y), z)).toEqual(whole);
        expect(addPredictions(x, addPredictions(z, y))).toEqual(whole);
        expect(addPredictions(x, undefined)).toEqual(x);
      }),
    );
  });

  test('every answer with a class is in one class or in the rest', () => {
    fc.assert(
      fc.property(answers, (all) => {
        const sum = countsOf(all).sum();
        const inClasses = (sum?.classes ?? []).reduce((total, [, count]) => total + count, 0);
        const labelled = all.filter(({ label }) => label !== null).length;
        expect(inClasses + (sum?.otherClasses ?? 0)).toBe(labelled);
        expect(sum?.answers).toBe(all.length);
      }),
    );
  });

  test('bins of numbers rise with the numbers, and stand for what is in them', () => {
    const numbers = fc.double({ min: -1e7, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(valueBin(low)).toBeLessThanOrEqual(valueBin(high));
        const error = Math.abs(valueOf(valueBin(a)) - a);
        expect(error).toBeLessThanOrEqual(Math.abs(a) * SKETCH_RELATIVE_ERROR * 1.001 + 4e-4);
      }),
    );
  });

  test('bins of probabilities rise with them, as finely near 1 as near 0', () => {
    const numbers = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(probabilityBin(low)).toBeLessThanOrEqual(probabilityBin(high));
        const near = probabilityOf(probabilityBin(a));
        expect(Math.abs(near - a)).toBeLessThanOrEqual(0.06 * Math.min(a, 1 - a) + 1e-5);
      }),
    );
  });
});

test.each([
  { probability: 0, bin: -120 },
  { probability: 1e-9, bin: -120 },
  { probability: 0.5, bin: 0 },
  { probability: 0.9, bin: 22 },
  { probability: 1 - 1e-9, bin: 120 },
  { probability: 1, bin: 120 },
])('the bin of the probability $probability is $bin', ({ probability, bin }) => {
  expect(probabilityBin(probability)).toBe(bin);
});
