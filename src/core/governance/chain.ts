import { canonicalJson } from '../lib/canonical.ts';
import { sha256Hex } from '../lib/sha256.ts';
import type { AuditDraft, AuditEntry } from './audit.ts';

/** What the first entry names as its predecessor. */
export const CHAIN_START = '0'.repeat(64);

/** What must be known of an entry to continue the chain after it. */
export type ChainHead = Pick<AuditEntry, 'seq' | 'hash'>;

/** What checking a run of entries concludes; `seq` is the first entry that is wrong. */
export type ChainCheck =
  | { readonly ok: true; readonly count: number }
  | { readonly ok: false; readonly seq: number; readonly why: string };

const hashOf = (entry: AuditEntry): string =>
  sha256Hex(canonicalJson({ ...entry, hash: undefined }));

/**
 * Gives an entry its place after `previous` (null: the first). Its hash covers the hash before, so
 * changing, dropping or inserting any entry later shows in all that follow.
 */
export function link(previous: ChainHead | null, draft: AuditDraft): AuditEntry {
  const { at, actor, action, subject, reason, detail } = draft;
  const open: AuditEntry = {
    at,
    actor,
    action,
    subject,
    reason,
    // JSON has no `undefined`, and what is stored must hash like what was linked.
    detail: detail === undefined ? null : detail,
    seq: (previous?.seq ?? 0) + 1,
    previous: previous?.hash ?? CHAIN_START,
    hash: '',
  };
  return { ...open, hash: hashOf(open) };
}

/** Why `entry` does not continue the chain after `previous`; null when it does. */
export function breakIn(previous: ChainHead | null, entry: AuditEntry): string | null {
  const seq = (previous?.seq ?? 0) + 1;
  if (entry.seq !== seq) return `entry ${seq} is missing: entry ${entry.seq} stands in its place`;
  if (entry.previous !== (previous?.hash ?? CHAIN_START)) {
    return `entry ${seq} does not name the hash of the entry before`;
  }
  if (entry.hash !== hashOf(entry)) return `entry ${seq} was changed after it was written`;
  return null;
}

/**
 * Checks a run of entries in the order of `seq`, beginning after `previous` (null: at the start of
 * the chain), so that a long chain can be checked page by page. That the chain was not cut short at
 * its end shows only against a hash that was noted elsewhere.
 */
export function verifyChain(
  entries: Iterable<AuditEntry>,
  previous: ChainHead | null = null,
): ChainCheck {
  let last = previous;
  let count = 0;
  for (const entry of entries) {
    const why = breakIn(last, entry);
    if (why !== null) return { ok: false, seq: (last?.seq ?? 0) + 1, why };
    last = entry;
    count += 1;
  }
  return { ok: true, count };
}
