import { Fault } from '../errors.ts';

/** Nesting a body may have: more than any tensor needs, less than any stack is deep. */
export const JSON_DEPTH_MAX = 64;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A whole number written with so many digits that a double may not hold it. */
const LONG_INTEGER = /(?<![.\d])\d{16,}(?![.\deE])/;

/** An object as JSON makes it; read it with `own`, never with a name of the caller's by itself. */
export type JsonObject = { readonly [name: string]: unknown };

/** Decodes UTF-8; a byte that is none is refused, not replaced. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Fault('REQUEST_MALFORMED', 'the body is not valid UTF-8');
  }
}

/** Parses JSON. With `exact`, whole numbers beyond 2^53 come as `bigint` with all their digits. */
export function parseJson(text: string, exact: boolean): unknown {
  try {
    if (exact && LONG_INTEGER.test(text)) {
      // Reviving walks the value with the stack, so the depth is looked at first.
      requireDepth(text);
      return JSON.parse(text, exactIntegers);
    }
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('REQUEST_MALFORMED', `the body is not JSON: ${jsonComplaint(error)}`);
  }
}

/** Whether `parseJson` without `exact` may have rounded a whole number of this text. */
export const mayRound = (text: string): boolean => LONG_INTEGER.test(text);

type ReviverContext = { readonly source?: string };

function exactIntegers(_key: string, value: unknown, context?: ReviverContext): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) {
    return value;
  }
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** The parser's complaint without the excerpt of the body, which may be anything. */
function jsonComplaint(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return /position \d+/.exec(message)?.[0] ?? 'it ends too early or is empty';
}

/** Refuses text nested deeper than `JSON_DEPTH_MAX`. */
export function requireDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
    if (depth > JSON_DEPTH_MAX) {
      throw new Fault('REQUEST_MALFORMED', `the body is nested deeper than ${JSON_DEPTH_MAX}`);
    }
  }
}

/** Whether a parsed value is an object and no list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A property the object itself has; what it would inherit does not count. */
export const own = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** The value at a JSON pointer (RFC 6901); undefined when there is none. */
export const atPointer = (value: unknown, pointer: string): unknown =>
  atNames(value, pointerNames(pointer));

/** The names a JSON pointer goes through: for one that is followed again and again. */
export function pointerNames(pointer: string): readonly string[] {
  const tokens = pointer === '' ? [] : pointer.slice(1).split('/');
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value one gets to by these names; undefined when there is none. */
export function atNames(value: unknown, names: readonly string[]): unknown {
  let at = value;
  for (const name of names) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (Array.isArray(at) && !/^(0|[1-9]\d{0,9})$/.test(name)) return undefined;
    at = Object.hasOwn(at, name) ? (at as JsonObject)[name] : undefined;
  }
  return at;
}
