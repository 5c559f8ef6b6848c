import { describe, expect, test } from 'vitest';
import { atPointer, JSON_DEPTH_MAX, own, parseJson, utf8Text } from './json-body.ts';
import type { JsonObject } from './json-body.ts';

const refused = expect.objectContaining({ code: 'REQUEST_MALFORMED' });

test.for([
  { name: 'a lone continuation byte', bytes: [0x22, 0x80, 0x22] },
  { name: 'an overlong slash', bytes: [0x22, 0xc0, 0xaf, 0x22] },
  { name: 'a surrogate', bytes: [0x22, 0xed, 0xa0, 0x80, 0x22] },
  { name: 'a cut sequence', bytes: [0x22, 0xe2, 0x82] },
])('$name is refused, not replaced', ({ bytes }) => {
  expect(() => utf8Text(Uint8Array.from(bytes))).toThrow(refused);
});

test.for([
  '',
  '{',
  '[1,]',
  '{"a":NaN}',
  '[Infinity]',
  "{'a':1}",
  '\ufeff{}',
  '{} {}',
  '01',
  '"\t"',
])('%j is not JSON', (text) => {
  expect(() => parseJson(text, false)).toThrow(refused);
  expect(() => parseJson(text, true)).toThrow(refused);
});

test('whole numbers beyond 2^53 keep their digits', () => {
  const text = '[9007199254740993,-9007199254740993,9007199254740991,1e20,0.12345678901234567890]';
  expect(parseJson(text, true)).toEqual([
    9007199254740993n,
    -9007199254740993n,
    9007199254740991,
    1e20,
    Number('0.12345678901234567890'),
  ]);
});

test('a bottomless body is refused before anything walks it', () => {
  const deep = (depth: number): string =>
    `${'['.repeat(depth)}9007199254740993${']'.repeat(depth)}`;
  expect(() => parseJson(deep(JSON_DEPTH_MAX + 1), true)).toThrow(refused);
  expect(() => parseJson(deep(100_000), true)).toThrow(refused);
  expect(() => parseJson(deep(JSON_DEPTH_MAX), true)).not.toThrow();
  const brackets = JSON.stringify(['['.repeat(1_000), '\\"[', 9007199254740992]);
  expect(() => parseJson(brackets, true)).not.toThrow();
});

describe('names of the language are names like others', () => {
  test.for(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s', (name) => {
    expect(own({}, name)).toBeUndefined();
    expect(atPointer({}, `/${name}`)).toBeUndefined();
    const object = parseJson(`{"${name}":{"a":1}}`, true) as JsonObject;
    expect(own(object, name)).toEqual({ a: 1 });
    expect(atPointer(object, `/${name}/a`)).toBe(1);
    expect(({} as JsonObject)['a']).toBeUndefined();
  });
});

// The examples of RFC 6901, section 5.
const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'm~n': 8, ' ': 7 };
test.for([
  { pointer: '', value: document },
  { pointer: '/foo', value: ['bar', 'baz'] },
  { pointer: '/foo/0', value: 'bar' },
  { pointer: '/', value: 0 },
  { pointer: '/a~1b', value: 1 },
  { pointer: '/c%d', value: 2 },
  { pointer: '/m~0n', value: 8 },
  { pointer: '/ ', value: 7 },
  { pointer: '/foo/01', value: undefined },
  { pointer: '/foo/-', value: undefined },
  { pointer: '/foo/length', value: undefined },
  { pointer: '/foo/0/x', value: undefined },
])('$pointer', ({ pointer, value }) => {
  expect(atPointer(document, pointer)).toEqual(value);
});
