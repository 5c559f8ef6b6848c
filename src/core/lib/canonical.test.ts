import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CANONICAL_DEPTH_MAX, canonicalJson, sameJson } from './canonical.ts';
import { InvariantViolation } from './invariant.ts';

describe('canonicalJson', () => {
  test.each([
    {
      name: 'names are sorted by code unit',
      value: { b: 1, a: 2, B: 3 },
      text: '{"B":3,"a":2,"b":1}',
    },
    {
      name: 'names beyond the basic plane sort by code unit (RFC 8785, 3.2.3)',
      value: {
        '\u{1f600}': 1,
        '\ufb33': 2,
        '\u20ac': 3,
        '1': 4,
        '\r': 5,
        '\u0080': 6,
        '\u00f6': 7,
      },
      text: '{"\\r":5,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":3,"\u{1f600}":1,"\ufb33":2}',
    },
    {
      name: 'numbers as ECMAScript writes them (RFC 8785, 3.2.2.3)',
      value: [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0],
      text: '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    },
    {
      name: 'arrays keep their order',
      value: [3, [1, 2], null, true],
      text: '[3,[1,2],null,true]',
    },
    { name: 'undefined members are absent', value: { a: undefined, b: 1 }, text: '{"b":1}' },
    { name: 'control characters are escaped', value: '\u000f\n"', text: '"\\u000f\\n\\""' },
    { name: 'an object without a prototype', value: Object.create(null), text: '{}' },
  ])('$name', ({ value, text }) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test.each([
    { name: 'NaN', value: { a: Number.NaN } },
    { name: 'infinity', value: [Number.POSITIVE_INFINITY] },
    { name: 'undefined', value: undefined },
    { name: 'undefined in an array', value: [undefined] },
    { name: 'a hole', value: Array(1) },
    { name: 'a function', value: { a: () => 1 } },
    { name: 'a big integer', value: 1n },
    { name: 'a date', value: new Date(0) },
    { name: 'a map', value: new Map() },
  ])('refuses $name', ({ value }) => {
    expect(() => canonicalJson(value)).toThrow(InvariantViolation);
  });

  test('refuses a cycle', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => canonicalJson(loop)).toThrow(`at most ${CANONICAL_DEPTH_MAX} deep`);
  });

  test('says the same after a journey through JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(JSON.parse(JSON.stringify(value)))).toBe(canonicalJson(value));
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
      }),
    );
  });
});

test('sameJson says what comparing the canonical texts says', () => {
  const small = fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(small, small, (a, b) => {
      expect(sameJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
      expect(sameJson(a, structuredClone(a))).toBe(true);
    }),
  );
  expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(sameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  expect(sameJson([], {})).toBe(false);
});
