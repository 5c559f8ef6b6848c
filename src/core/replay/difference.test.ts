import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compare } from './difference.ts';

test.for([
  { name: 'a member', a: { x: 1, y: 2 }, b: { x: 1, y: 3 }, path: 'y', was: '2', is: '3' },
  { name: 'the first by name', a: { b: 1, a: 1 }, b: { b: 2, a: 2 }, path: 'a', was: '1', is: '2' },
  {
    name: 'deep in a list',
    a: [{ x: [1, 2] }],
    b: [{ x: [1, 9] }],
    path: '[0].x[1]',
    was: '2',
    is: '9',
  },
  { name: 'a missing member', a: { x: 1 }, b: {}, path: 'x', was: '1', is: 'nothing' },
  { name: 'an added member', a: {}, b: { x: null }, path: 'x', was: 'nothing', is: 'null' },
  { name: 'a shorter list', a: [1, 2], b: [1], path: '[1]', was: '2', is: 'nothing' },
  { name: 'another type', a: { x: [] }, b: { x: {} }, path: 'x', was: '[]', is: '{}' },
  { name: 'the whole', a: 1, b: 'one', path: '', was: '1', is: '"one"' },
])('the first difference is told: $name', ({ a, b, path, was, is }) => {
  expect(compare(a, b).first).toEqual({ path, recorded: was, recomputed: is });
});

test('what is equal to nine digits is rounding, and counted', () => {
  const found = compare({ x: 1.2345678901, y: 1 }, { x: 1.2345678902, y: 1 });
  expect(found).toEqual({ first: null, rounded: 1 });
  expect(compare({ x: 1.2345678 }, { x: 1.2345679 }).first).not.toBeNull();
});

test('a value is like its copy', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy: unknown = JSON.parse(JSON.stringify(value));
      expect(compare(value, copy)).toEqual({ first: null, rounded: 0 });
    }),
  );
});

test('long values are cut', () => {
  const { first } = compare({ x: 'a'.repeat(500) }, { x: 'b' });
  expect(first?.recorded).toHaveLength(120);
});
