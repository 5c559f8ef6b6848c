import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addImportance, importanceOf } from './importance.ts';

const names = ['age', 'income', 'city'];

test('each row counts once, however far its answer moves', () => {
  const effects = [
    [3, 0, 0.25],
    [1, 0, 0.25],
    [0, 0, 0],
  ];
  expect(importanceOf(names, effects)).toEqual({
    features: names,
    rows: 3,
    shares: [0.75 + 0.5, 0.25 + 0.5, 0],
  });
});

test('adding is exact: any order gives the same bits', () => {
  const effect = fc.array(fc.double({ min: 0, max: 9, noNaN: true }), {
    minLength: 4,
    maxLength: 4,
  });
  const made = fc.tuple(effect, effect, effect).map((effects) => importanceOf(names, effects));
  fc.assert(
    fc.property(made, made, made, (a, b, c) => {
      const left = addImportance(addImportance(a, b), c);
      expect(addImportance(c, addImportance(b, a))).toEqual(left);
      expect(left?.rows).toBe(12);
      const whole = (left?.shares ?? []).reduce((sum, share) => sum + share, 0);
      expect(whole).toBeLessThanOrEqual(12);
      expect(addImportance(undefined, a)).toEqual(a);
    }),
  );
});
