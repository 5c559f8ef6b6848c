import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { ATTRIBUTES_MAX } from '../core/audience/attribute.ts';
import { attributesSchema, canonicalAudienceSchema } from './audience.ts';
import { parseWith } from './admin/parse.ts';

const group = { name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } };
const many = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ ...group, name: `a${i}` }));

describe('attributes that are none are refused, by place', () => {
  test.each([
    { name: 'no list', input: group, path: '' },
    { name: 'one without a name', input: [{ ...group, name: '' }], path: '0.name' },
    { name: 'a name that is a number', input: [{ ...group, name: '1a' }], path: '0.name' },
    { name: 'a name of the language', input: [{ ...group, name: 'has' }], path: '0.name' },
    { name: 'an endless name', input: [{ ...group, name: 'a'.repeat(64) }], path: '0.name' },
    { name: 'one name twice', input: [group, group], path: '1.name' },
    { name: 'another type', input: [{ ...group, type: 'string' }], path: '0.type' },
    {
      name: 'another source',
      input: [{ ...group, source: { kind: 'cookie', header: 'a' } }],
      path: '0.source.kind',
    },
    {
      name: 'a header in upper case',
      input: [{ ...group, source: { kind: 'header', header: 'X-Group' } }],
      path: '0.source.header',
    },
    {
      name: 'a pointer to the whole body',
      input: [{ ...group, source: { kind: 'pointer', pointer: '' } }],
      path: '0.source.pointer',
    },
    {
      name: 'a pointer that begins with a name',
      input: [{ ...group, source: { kind: 'pointer', pointer: 'user/id' } }],
      path: '0.source.pointer',
    },
    { name: 'a member nobody knows', input: [{ ...group, default: 'dev' }], path: '0' },
    { name: 'too many', input: many(ATTRIBUTES_MAX + 1), path: '' },
  ])('$name', ({ input, path }) => {
    const { error } = attributesSchema.safeParse(input);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  test('as many as may be are taken', () => {
    expect(attributesSchema.safeParse(many(ATTRIBUTES_MAX)).success).toBe(true);
  });
});

test('an audience is written in one way', () => {
  expect(canonicalAudienceSchema.parse('tier=="power"or(age>=18)')).toBe(
    'tier == power or age >= 18',
  );
});

test.each([
  { source: 'tier = power', code: 'AUDIENCE_UNREADABLE', says: 'column 6: "=" cannot stand here' },
  { source: 'tier in []', code: 'AUDIENCE_LIST_EMPTY', says: 'column 10: nothing is in an empty' },
  { source: '', code: 'AUDIENCE_UNREADABLE', says: 'column 1: the end stands where' },
  { source: 7, code: 'INPUT_INVALID', says: 'write an audience like' },
])('$source is refused with $code', ({ source, code, says }) => {
  const refused = { code, path: 'audience', message: expect.stringContaining(says) };
  const shape = z.strictObject({ audience: canonicalAudienceSchema });
  expect(() => parseWith(shape, { audience: source }, null)).toThrow(
    expect.objectContaining(refused),
  );
});
