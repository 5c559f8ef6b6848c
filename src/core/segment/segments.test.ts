import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AttributeDeclaration, AttributeValue } from '../audience/attribute.ts';
import {
  SEGMENTS_MAX,
  compileSegments,
  segmentNames,
  segmentPlaces,
  segmentProblem,
} from './segments.ts';
import type { Segments } from './segments.ts';

const attributes: readonly AttributeDeclaration[] = [
  { name: 'region', type: 'text', source: { kind: 'header', header: 'x-region' } },
  { name: 'age', type: 'number', source: { kind: 'pointer', pointer: '/age' } },
  { name: 'beta', type: 'boolean', source: { kind: 'header', header: 'x-beta' } },
];

const byRegion: Segments = [{ by: 'region', values: ['eu', 'us'] }];
const byBoth: Segments = [...byRegion, { by: 'beta', values: [true] }];

test('segments are named after their values, the last dimension fastest', () => {
  expect(segmentNames(byRegion)).toEqual(['eu', 'us', 'other']);
  expect(segmentNames(byBoth)).toEqual([
    'eu/true',
    'eu/other',
    'us/true',
    'us/other',
    'other/true',
    'other/other',
  ]);
});

test.each<{ readonly values: readonly (AttributeValue | undefined)[]; readonly segment: string }>([
  { values: ['eu', true], segment: 'eu/true' },
  { values: ['us', false], segment: 'us/other' },
  { values: ['mars', true], segment: 'other/true' },
  { values: [undefined, undefined], segment: 'other/other' },
  { values: [], segment: 'other/other' },
  { values: ['EU', true], segment: 'other/true' },
])('$values is in $segment', ({ values, segment }) => {
  expect(segmentNames(byBoth)[compileSegments(byBoth)(values)]).toBe(segment);
});

const someSegments = fc
  .array(fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 2,
  })
  .map((all): Segments => all.map((values, at) => ({ by: `a${at}`, values })));

test('law: whatever the values are there is one segment, and it lies where they say', () => {
  const anything = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.string(), fc.constant(undefined));
  fc.assert(
    fc.property(someSegments, fc.array(anything, { maxLength: 3 }), (segments, values) => {
      const index = compileSegments(segments)(values);
      expect(segmentNames(segments)[index]).toBeDefined();
      const places = segments.map((dimension, at) => {
        const place = dimension.values.findIndex((value) => value === values[at]);
        return place < 0 ? dimension.values.length : place;
      });
      expect(segmentPlaces(segments, index)).toEqual(places);
    }),
  );
});

describe('what is refused', () => {
  const numbers = (from: number, count: number): readonly number[] =>
    Array.from({ length: count }, (_, i) => from + i);
  test.each<{ readonly segments: Segments; readonly path: string; readonly says: RegExp }>([
    { segments: [], path: '', says: /name an attribute/ },
    {
      segments: [{ by: 'planet', values: ['mars'] }],
      path: '[0].by',
      says: /no attribute planet: the endpoint declares region, age and beta; declare it: `--attri/,
    },
    { segments: [{ by: 'region', values: [] }], path: '[0].values', says: /name the values/ },
    {
      segments: [{ by: 'region', values: ['eu', 7] }],
      path: '[0].values[1]',
      says: /region is a text, 7 is none/,
    },
    { segments: [{ by: 'age', values: ['7'] }], path: '[0].values[0]', says: /"7" is none/ },
    { segments: [{ by: 'region', values: [''] }], path: '[0].values[0]', says: /1 to 64/ },
    { segments: [{ by: 'region', values: ['other'] }], path: '[0].values[0]', says: /already/ },
    { segments: [{ by: 'region', values: ['a', 'a'] }], path: '[0].values[1]', says: /twice/ },
    { segments: [...byRegion, ...byRegion], path: '[1].by', says: /region is there twice/ },
    {
      segments: [{ by: 'age', values: numbers(0, SEGMENTS_MAX) }],
      path: '',
      says: /makes 17 segments with `other`; there may be 16/,
    },
  ])('$segments', ({ segments, path, says }) => {
    const sentence: unknown = expect.stringMatching(says);
    expect(segmentProblem(segments, attributes)).toEqual({ path, sentence });
  });

  test('names that could be taken for each other', () => {
    const texts = ['region', 'city'].map((name) => ({
      name,
      type: 'text' as const,
      source: { kind: 'header' as const, header: `x-${name}` },
    }));
    const segments = [
      { by: 'region', values: ['a', 'a/b'] },
      { by: 'city', values: ['c', 'b/c'] },
    ];
    expect(segmentProblem(segments, texts)?.sentence).toMatch(/would be named a\/b\/c/);
  });

  test('what is sound', () => {
    expect(segmentProblem(byBoth, attributes)).toBeNull();
    expect(segmentProblem([{ by: 'age', values: numbers(0, 15) }], attributes)).toBeNull();
  });
});
