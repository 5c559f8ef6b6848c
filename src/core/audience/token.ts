import { TEXT_CHARS_MAX } from './attribute.ts';
import { WORD } from './expression.ts';
import type { AudienceProblem } from './problem.ts';

/** A piece of an audience; `at` in UTF-16 code units. */
export type Token =
  | { readonly kind: 'word'; readonly at: number; readonly text: string }
  | { readonly kind: 'text'; readonly at: number; readonly text: string; readonly value: string }
  | { readonly kind: 'number'; readonly at: number; readonly text: string; readonly value: number }
  | { readonly kind: 'sign'; readonly at: number; readonly text: string }
  | { readonly kind: 'end'; readonly at: number; readonly text: '' };

const BLANK = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** A text as JSON writes it: no control characters, quotes and backslashes behind a backslash. */
const QUOTED = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SIGN = /==|!=|<=|>=|<|>|\(|\)|\[|\]|,/y;

/** What people write who know other languages. */
const MENDS: ReadonlyMap<string, string> = new Map([
  ['&', 'write `and`'],
  ['|', 'write `or`'],
  ['!', 'write `not`, or `!=`'],
  ['=', 'write `==`'],
  ["'", 'write texts in double quotes'],
  ['"', 'a text ends with a double quote, and writes `"` and `\\` as `\\"` and `\\\\`'],
  ['~', 'there are no patterns; list the values: `region in [eu, us]`'],
  ['.', 'a number begins with a digit: `0.5`'],
]);

function matched(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? null;
}

const unreadable = (at: number, sentence: string, mend: string): AudienceProblem => ({
  code: 'AUDIENCE_UNREADABLE',
  at,
  sentence,
  mend,
});

/** The next token at or after `from`, or why there is none. */
export function tokenAt(source: string, from: number): Token | AudienceProblem {
  const at = from + (matched(BLANK, source, from) ?? '').length;
  if (at >= source.length) return { kind: 'end', at: source.length, text: '' };
  const sign = matched(SIGN, source, at);
  if (sign !== null) return { kind: 'sign', at, text: sign };
  const word = matched(WORD, source, at);
  if (word !== null) return tooLong(at, word) ?? { kind: 'word', at, text: word };
  const number = matched(NUMBER, source, at);
  if (number !== null) return numberToken(source, at, number);
  const quoted = matched(QUOTED, source, at);
  if (quoted === null) return strange(source, at);
  const value = String(JSON.parse(quoted));
  return tooLong(at, value) ?? { kind: 'text', at, text: quoted, value };
}

/** Whether there was no token to be had. */
export const isProblem = (found: Token | AudienceProblem): found is AudienceProblem =>
  'code' in found;

function tooLong(at: number, value: string): AudienceProblem | null {
  if (value.length <= TEXT_CHARS_MAX) return null;
  const sentence = `a text has at most ${TEXT_CHARS_MAX} characters, not ${value.length}`;
  return { code: 'AUDIENCE_TOO_LONG', at, sentence, mend: 'shorten it' };
}

function numberToken(source: string, at: number, text: string): Token | AudienceProblem {
  const rest = matched(/[A-Za-z0-9_.-]+/y, source, at + text.length);
  if (rest !== null) {
    const whole = text + rest;
    return unreadable(at, `${whole} is no number`, `if it is a text, write "${whole}"`);
  }
  const value = Number(text);
  if (!Number.isFinite(value)) return unreadable(at, `${text} is too large`, 'write fewer digits');
  // There is one zero.
  return { kind: 'number', at, text, value: value + 0 };
}

function strange(source: string, at: number): AudienceProblem {
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  const mend = MENDS.get(character) ?? 'write texts that are more than a word in double quotes';
  return unreadable(at, `${JSON.stringify(character)} cannot stand here`, mend);
}
