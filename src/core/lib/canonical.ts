import { invariant, InvariantViolation } from './invariant.ts';

/** How deep a value may nest; deeper ones are cycles or attacks. */
export const CANONICAL_DEPTH_MAX = 64;

function canonicalArray(values: readonly unknown[], depth: number): string {
  // `Array.from` visits holes, which then are refused like any other `undefined`.
  return `[${Array.from(values, (value) => write(value, depth)).join(',')}]`;
}

function canonicalObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  invariant(
    prototype === null || Object.getPrototypeOf(prototype) === null,
    'canonical JSON is made of plain objects, arrays, texts, numbers, booleans and null only',
  );
  const members: string[] = [];
  for (const [name, member] of Object.entries(value).sort(byName)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${write(member, depth)}`);
  }
  return `{${members.join(',')}}`;
}

/** Order of UTF-16 code units, as RFC 8785, 3.2.3 wants it. */
const byName = ([a]: [string, unknown], [b]: [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

function write(value: unknown, depth: number): string {
  invariant(
    depth <= CANONICAL_DEPTH_MAX,
    `canonical JSON nests at most ${CANONICAL_DEPTH_MAX} deep`,
  );
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      invariant(Number.isFinite(value), `canonical JSON has no ${value}`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value)
        ? canonicalArray(value, depth + 1)
        : canonicalObject(value, depth + 1);
    default:
      throw new InvariantViolation(`canonical JSON has no ${typeof value}`);
  }
}

/**
 * The one way to write a JSON value as text (after RFC 8785): names sorted, no blanks, numbers and
 * texts as ECMAScript writes them. Equal values give equal bytes, so the text can be hashed.
 * Members that are `undefined` are absent, as in JSON; every other thing JSON cannot carry breaks
 * the invariant.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function sameArray(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, i) => sameJson(value, b[i]));
}

/** Whether two JSON values have the same canonical text, without writing it. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && sameArray(a, b);
  if (Array.isArray(b)) return false;
  const members = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  let count = 0;
  for (const [name, value] of Object.entries(a)) {
    if (value === undefined) continue;
    if (!sameJson(value, members.get(name))) return false;
    count += 1;
  }
  return count === members.size;
}
