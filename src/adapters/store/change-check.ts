import { invariant } from '../../core/lib/invariant.ts';
import type { Change, ListQuery, RecordKind } from '../../ports/store.ts';

/** Longest key of a record, in characters. */
export const KEY_CHARS_MAX = 512;

// Printable ASCII only, so that every store sorts keys alike and a prefix is a range.
const keyPattern = /^[\x20-\x7e]+$/;

/** Keys that stores would sort or compare differently break the invariant. */
export function checkChange({ puts, removes }: Change): void {
  for (const { key } of [...puts, ...removes]) {
    invariant(
      key.length <= KEY_CHARS_MAX && keyPattern.test(key),
      `a key has 1 to ${KEY_CHARS_MAX} characters of printable ASCII, not ${JSON.stringify(key)}`,
    );
  }
}

/** A limit that would mean different things to different stores breaks the invariant. */
export function checkLimit(limit: number): void {
  invariant(Number.isSafeInteger(limit) && limit >= 1, `a limit is 1 or more, not ${limit}`);
}

/** The range of keys a query is about: above or at `from`, above `after`, below `to`. */
export type KeyRange = { readonly from: string; readonly after: string; readonly to: string };

/** Above every key, which is printable ASCII. */
const ABOVE_ALL = '\x7f';

/** Says a query as one range, so that it is one statement or one comparison. */
export function keyRange<K extends RecordKind>(query: ListQuery<K>): KeyRange {
  const { key, prefix, after = '' } = query;
  invariant(key === undefined || prefix === undefined, 'a query has a key or a prefix, not both');
  // NUL sorts below every printable character: nothing lies between `key` and its successor.
  if (key !== undefined) return { from: key, after, to: `${key}\0` };
  return { from: prefix ?? '', after, to: `${prefix ?? ''}${ABOVE_ALL}` };
}
