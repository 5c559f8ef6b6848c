import type { StatementSync } from 'node:sqlite';
import type { AuditEntry } from '../../../core/governance/audit.ts';
import { breakIn, type ChainHead } from '../../../core/governance/chain.ts';
import type { Change, CommitResult, RecordPut, WindowRow } from '../../../ports/store.ts';
import { writeFeedback } from './feedback.ts';

/** Gives the prepared statement of an SQL text; the same object each time. */
export type Prepare = (sql: string) => StatementSync;

type Conflict = Extract<CommitResult, { type: 'conflict' }>;

const INSERT_RECORD = `INSERT INTO record (kind, key, revision, value) VALUES (?, ?, 1, ?)
  ON CONFLICT DO NOTHING`;
const UPDATE_RECORD = `UPDATE record SET revision = revision + 1, value = ?
  WHERE kind = ? AND key = ? AND revision = ?`;
const DELETE_RECORD = 'DELETE FROM record WHERE kind = ? AND key = ? AND revision = ?';
const AUDIT_HEAD = 'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1';
const INSERT_AUDIT = 'INSERT INTO audit (seq, subject, hash, entry) VALUES (?, ?, ?, ?)';
const INSERT_EFFECT = 'INSERT INTO outbox (id, effect) VALUES (?, ?) ON CONFLICT DO NOTHING';
const DELETE_EFFECT = 'DELETE FROM outbox WHERE id = ?';
const UPSERT_WINDOW = `INSERT INTO window
  (endpoint, rollout, start, arm, revision, version, bucket_ms, gateway, instance, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET body = excluded.body`;
const FORGET_WINDOWS = 'DELETE FROM window WHERE start < ?';

function isPut(prepare: Prepare, { kind, key, expect, value }: RecordPut): boolean {
  const text = JSON.stringify(value);
  const { changes } =
    expect === null
      ? prepare(INSERT_RECORD).run(kind, key, text)
      : prepare(UPDATE_RECORD).run(text, kind, key, expect);
  return Number(changes) === 1;
}

function writeRecords(prepare: Prepare, { puts, removes }: Change): Conflict | null {
  for (const put of puts) {
    if (!isPut(prepare, put)) return { type: 'conflict', kind: put.kind, key: put.key };
  }
  for (const { kind, key, expect } of removes) {
    const { changes } = prepare(DELETE_RECORD).run(kind, key, expect);
    if (Number(changes) !== 1) return { type: 'conflict', kind, key };
  }
  return null;
}

function auditHead(prepare: Prepare): ChainHead | null {
  const row = prepare(AUDIT_HEAD).get();
  return row === undefined ? null : { seq: Number(row['seq']), hash: String(row['hash']) };
}

function writeAudit(prepare: Prepare, entries: readonly AuditEntry[]): Conflict | null {
  if (entries.length === 0) return null;
  let head = auditHead(prepare);
  for (const entry of entries) {
    const { seq, subject, hash } = entry;
    if (breakIn(head, entry) !== null) return { type: 'conflict', kind: 'audit', key: String(seq) };
    prepare(INSERT_AUDIT).run(seq, subject, hash, JSON.stringify(entry));
    head = entry;
  }
  return null;
}

function writeWindow(prepare: Prepare, { gateway, instance, window }: WindowRow): void {
  const { endpoint, rollout, start, arm, revision, version, bucketMs } = window;
  prepare(UPSERT_WINDOW).run(
    endpoint,
    rollout ?? '',
    start,
    arm,
    revision,
    version,
    bucketMs,
    gateway,
    instance,
    JSON.stringify(window),
  );
}

/** Writes a change inside a transaction; null when there was nothing against it. */
export function writeChange(prepare: Prepare, change: Change): Conflict | null {
  const conflict = writeRecords(prepare, change) ?? writeAudit(prepare, change.audit);
  if (conflict !== null) return conflict;
  for (const effect of change.effects) {
    prepare(INSERT_EFFECT).run(effect.id, JSON.stringify(effect));
  }
  for (const id of change.performed) prepare(DELETE_EFFECT).run(id);
  for (const row of change.windows) writeWindow(prepare, row);
  if (change.windowsForgottenBefore !== null) {
    prepare(FORGET_WINDOWS).run(change.windowsForgottenBefore);
  }
  writeFeedback(prepare, change);
  return null;
}
