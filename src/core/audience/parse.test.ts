import { describe, expect, test } from 'vitest';
import { problemText } from './problem.ts';
import { AUDIENCE_CHARS_MAX, DEPTH_MAX, parseAudience, TERMS_MAX } from './parse.ts';

/** The canonical text, or the problem as people see it. */
function read(source: string): string {
  const parsed = parseAudience(source);
  return parsed.ok ? parsed.value.canonical : problemText(parsed.error);
}

const chain = (count: number, word: string): string =>
  Array.from({ length: count }, (_, i) => `a${i} == ${i}`).join(` ${word} `);

describe('there is one way to write an audience', () => {
  test.each([
    { source: 'group in [dev, qa]', canonical: 'group in [dev, qa]' },
    { source: ' tier==power ', canonical: 'tier == power' },
    { source: 'tier != "power"', canonical: 'tier != power' },
    { source: 'region in ["eu-west", us]', canonical: 'region in [eu-west, us]' },
    { source: 'region not in ["eu west"]', canonical: 'region not in ["eu west"]' },
    { source: 'x == "not"', canonical: 'x == "not"' },
    { source: 'x == ""', canonical: 'x == ""' },
    { source: 'x == "18"', canonical: 'x == "18"' },
    { source: 'x == "\\u0041\\n\\""', canonical: 'x == "A\\n\\""' },
    { source: 'x == "日本 😀"', canonical: 'x == "日本 😀"' },
    { source: 'beta == true', canonical: 'beta == true' },
    { source: 'age >= 1.50', canonical: 'age >= 1.5' },
    { source: 'age > -0', canonical: 'age > 0' },
    { source: 'age < 1e21', canonical: 'age < 1e+21' },
    { source: 'age in [5, "5", true]', canonical: 'age in [5, "5", true]' },
    { source: 'has( group )', canonical: 'has(group)' },
    { source: 'not has(group)', canonical: 'not has(group)' },
    { source: 'not age < 18', canonical: 'not (age < 18)' },
    { source: 'not (not (a == 1))', canonical: 'not not (a == 1)' },
    { source: 'a == 1 and (b == 2 and c == 3)', canonical: 'a == 1 and b == 2 and c == 3' },
    { source: 'a == 1 or b == 2 and c == 3', canonical: 'a == 1 or (b == 2 and c == 3)' },
    { source: '(a == 1 or b == 2) and c == 3', canonical: '(a == 1 or b == 2) and c == 3' },
    { source: '(((a == 1)))', canonical: 'a == 1' },
    {
      source: 'region in ["eu-west", us]\n  and not (age < 18)',
      canonical: 'region in [eu-west, us] and not (age < 18)',
    },
  ])('$source', ({ source, canonical }) => {
    expect(read(source)).toBe(canonical);
    expect(read(canonical)).toBe(canonical);
  });
});

describe('what is no audience is refused, with its place and how to mend it', () => {
  const statement = 'a statement is like `group in [dev, qa]`';
  const guide = 'the guide to audiences shows the whole language';
  const quotes = 'a text ends with a double quote, and writes `"` and `\\` as `\\"` and `\\\\`';
  const value = 'write a word, a number, `true`, `false` or a text in double quotes';
  const join = 'join statements with `and` or `or`';
  const patterns = 'there are no patterns; list the values: `region in [eu, us]`';
  const words = 'write texts that are more than a word in double quotes';
  const cannot = 'cannot stand here';
  const stands = 'stands where an attribute is expected';
  const after = 'stands where `and`, `or` or the end is expected';
  test.each([
    { source: '', column: 1, sentence: `the end ${stands}`, mend: statement },
    { source: '18 > age', column: 1, sentence: `18 ${stands}`, mend: statement },
    { source: 'a and or b', column: 3, sentence: 'and stands where a comparison is expected' },
    { source: 'a == 1 and', column: 11, sentence: `the end ${stands}`, mend: statement },
    { source: 'group = dev', column: 7, sentence: `"=" ${cannot}`, mend: 'write `==`' },
    {
      source: "a == 'b'",
      column: 6,
      sentence: `"'" ${cannot}`,
      mend: 'write texts in double quotes',
    },
    { source: 'a == "b', column: 6, sentence: `"\\"" ${cannot}`, mend: quotes },
    { source: 'a == "b\tc"', column: 6, sentence: `"\\"" ${cannot}`, mend: quotes },
    { source: 'a == "\\x"', column: 6, sentence: `"\\"" ${cannot}`, mend: quotes },
    { source: 'a == 1 && b == 2', column: 8, sentence: `"&" ${cannot}`, mend: 'write `and`' },
    { source: 'a == 1 AND b == 2', column: 8, sentence: `AND ${after}`, mend: 'write and' },
    { source: 'a == 1 b == 2', column: 8, sentence: `b ${after}`, mend: join },
    { source: 'a == 1)', column: 7, sentence: `) ${after}`, mend: join },
    { source: 'group ~ /de.*/', column: 7, sentence: `"~" ${cannot}`, mend: patterns },
    { source: '!has(a)', column: 1, sentence: `"!" ${cannot}`, mend: 'write `not`, or `!=`' },
    { source: 'a == in', column: 6, sentence: 'in stands where a value is expected' },
    {
      source: 'a ==',
      column: 5,
      sentence: 'the end stands where a value is expected',
      mend: value,
    },
    {
      source: 'a == 3a',
      column: 6,
      sentence: '3a is no number',
      mend: 'if it is a text, write "3a"',
    },
    { source: 'a == 007', column: 6, sentence: '007 is no number' },
    { source: 'a == 1e999', column: 6, sentence: '1e999 is too large', mend: 'write fewer digits' },
    {
      source: 'a == .5',
      column: 6,
      sentence: `"." ${cannot}`,
      mend: 'a number begins with a digit: `0.5`',
    },
    { source: 'a == été', column: 6, sentence: `"é" ${cannot}`, mend: words },
    { source: '(a == 1', column: 8, sentence: 'the end stands where `)` is expected', mend: guide },
    { source: 'a in dev', column: 6, sentence: 'dev stands where `[` is expected', mend: guide },
    { source: 'a in [dev', column: 10, sentence: 'the end stands where `]` is expected' },
    { source: 'a not dev', column: 7, sentence: 'dev stands where `in` is expected', mend: guide },
    { source: 'has group', column: 5, sentence: 'group stands where `(` is expected', mend: guide },
    { source: 'len(a) == 1', column: 4, sentence: '( stands where a comparison is expected' },
    {
      code: 'AUDIENCE_LIST_EMPTY',
      source: 'a in []',
      column: 7,
      sentence: 'nothing is in an empty list',
    },
    {
      code: 'AUDIENCE_VALUE_REPEATED',
      source: 'a in [5, 5.0]',
      column: 10,
      sentence: '5 is in the list already',
    },
    {
      code: 'AUDIENCE_TOO_LONG',
      source: `a == "${'x'.repeat(257)}"`,
      column: 6,
      sentence: 'a text has at most 256 characters, not 257',
    },
    {
      code: 'AUDIENCE_TOO_LONG',
      source: 'a'.repeat(257),
      column: 1,
      sentence: 'a text has at most 256 characters, not 257',
    },
  ])('$source', ({ source, code = 'AUDIENCE_UNREADABLE', column, sentence, mend }) => {
    const parsed = parseAudience(source);
    const error = parsed.ok ? null : parsed.error;
    expect(error).toMatchObject({ code, at: column - 1, sentence, ...(mend && { mend }) });
  });

  test('a problem is told in one sentence', () => {
    expect(read('group = dev')).toBe('column 7: "=" cannot stand here; write `==`');
  });
});

describe('every size is bounded', () => {
  const long = `a == 1${' '.repeat(AUDIENCE_CHARS_MAX)}`;
  // Written without blanks it is short enough; printed it is not.
  const cramped = `a in[${Array.from({ length: 400 }, (_, i) => i + 1_000).join(',')}]`;
  const deep = (depth: number): string =>
    Array.from({ length: depth - 1 }).reduce<string>(
      (inner, _, i) => `b == 1 ${i % 2 === 0 ? 'and' : 'or'} (${inner})`,
      'a == 1',
    );
  test.each([
    { name: 'as many statements as may be', source: chain(TERMS_MAX, 'or'), code: null },
    { name: 'one more', source: chain(TERMS_MAX + 1, 'or'), code: 'AUDIENCE_TOO_LONG' },
    { name: 'as deep as may be', source: deep(DEPTH_MAX), code: null },
    { name: 'one deeper', source: deep(DEPTH_MAX + 1), code: 'AUDIENCE_TOO_DEEP' },
    { name: 'long', source: long, code: 'AUDIENCE_TOO_LONG' },
    { name: 'long when printed', source: cramped, code: 'AUDIENCE_TOO_LONG' },
    { name: 'only brackets', source: '('.repeat(AUDIENCE_CHARS_MAX), code: 'AUDIENCE_TOO_DEEP' },
    { name: 'only not', source: 'not '.repeat(400), code: 'AUDIENCE_TOO_DEEP' },
    { name: 'idle brackets', source: `${'('.repeat(60)}a == 1${')'.repeat(60)}`, code: null },
  ])('$name', ({ source, code }) => {
    const parsed = parseAudience(source);
    expect(parsed.ok ? null : parsed.error.code).toBe(code);
  });
});
