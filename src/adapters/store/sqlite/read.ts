import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { AuditEntry } from '../../../core/governance/audit.ts';
import type { Cohort } from '../../../core/feedback/cohort.ts';
import type { Effect } from '../../../core/rollout/effect.ts';
import type { Window } from '../../../core/telemetry/window.ts';
import type {
  ListQuery,
  LogName,
  LogRows,
  RecordKind,
  Records,
  ScanQuery,
  Stored,
} from '../../../ports/store.ts';
import { keyRange } from '../change-check.ts';
import { stretchOf } from './feedback.ts';
import type { Prepare } from './write.ts';

type Row = Readonly<Record<string, SQLOutputValue>>;

/** What we wrote, we may trust to have its type; that it is JSON at all, `JSON.parse` checks. */
const parsed = (text: SQLOutputValue | undefined): unknown => JSON.parse(String(text));

const LIST = `SELECT key, revision, value FROM record
  WHERE kind = ? AND key >= ? AND key > ? AND key < ? ORDER BY key LIMIT ?`;

/** Records of a kind in a range of keys. */
export function listRecords<K extends RecordKind>(
  prepare: Prepare,
  query: ListQuery<K>,
): readonly Stored<K>[] {
  const { from, after, to } = keyRange(query);
  const rows = prepare(LIST).all(query.kind, from, after, to, query.limit);
  return rows.map((row: Row) => ({
    key: String(row['key']),
    revision: Number(row['revision']),
    value: parsed(row['value']) as Records[K],
  }));
}

/** A condition with its value; conditions whose value is undefined are not asked for. */
type Condition = readonly [sql: string, value: SQLInputValue | undefined];

type Selection = {
  readonly columns: string;
  readonly table: string;
  readonly where: readonly Condition[];
  readonly order: string;
  readonly limit: number;
};

/** The texts differ only by which conditions are asked for, so there are few to prepare. */
function select(prepare: Prepare, { columns, table, where, order, limit }: Selection): Row[] {
  const asked = where.filter(([, value]) => value !== undefined);
  const conditions = asked.map(([sql]) => sql).join(' AND ');
  const sql = [
    `SELECT ${columns} FROM ${table}`,
    conditions === '' ? '' : `WHERE ${conditions}`,
    `ORDER BY ${order} LIMIT ?`,
  ].join(' ');
  return prepare(sql).all(...asked.map(([, value]) => value ?? null), limit);
}

const WINDOW_ORDER =
  'start, endpoint, rollout, arm, revision, version, bucket_ms, gateway, instance';

const COHORT_ORDER = 'start, endpoint, rollout, arm, revision, version, metric, width_ms';

/** How each log is read. */
export const scanners: {
  readonly [L in LogName]: (prepare: Prepare, query: ScanQuery<L>) => readonly LogRows[L][];
} = {
  audit: (prepare, { after, subject, newestFirst, limit }) =>
    select(prepare, {
      columns: 'entry',
      table: 'audit',
      where: [
        ['subject = ?', subject],
        ['seq > ?', after],
      ],
      order: newestFirst === true ? 'seq DESC' : 'seq',
      limit,
    }).map((row) => parsed(row['entry']) as AuditEntry),

  outbox: (prepare, { limit }) =>
    select(prepare, {
      columns: 'effect',
      table: 'outbox',
      where: [],
      order: 'position',
      limit,
    }).map((row) => parsed(row['effect']) as Effect),

  window: (prepare, { endpoint, rollout, from, limit }) =>
    select(prepare, {
      columns: 'gateway, instance, body',
      table: 'window',
      where: [
        // The plus keeps the key out of it: then only the time asked for is read, and not all.
        [rollout === undefined ? '+endpoint = ?' : 'endpoint = ?', endpoint],
        ['rollout = ?', rollout === null ? '' : rollout],
        ['start >= ?', from],
      ],
      order: WINDOW_ORDER,
      limit,
    }).map((row) => ({
      gateway: String(row['gateway']),
      instance: String(row['instance']),
      window: parsed(row['body']) as Window,
    })),

  cohort: (prepare, { endpoint, rollout, from, limit }) =>
    select(prepare, {
      columns: 'body',
      table: 'feedback_cohort',
      where: [
        ['endpoint = ?', endpoint],
        ['rollout = ?', rollout === null ? '' : rollout],
        ['start >= ?', from],
      ],
      order: COHORT_ORDER,
      limit,
    }).map((row) => parsed(row['body']) as Cohort),

  total: (prepare, { rollout, from, limit }) =>
    select(prepare, {
      columns: '*',
      table: 'feedback_total JOIN feedback_scope ON feedback_scope.id = feedback_total.scope',
      where: [
        ['rollout = ?', rollout],
        ['start >= ?', from],
      ],
      order: 'rollout, arm, metric, start, width_ms, segment',
      limit,
    }).map((row) => ({
      rollout: String(row['rollout']),
      arm: String(row['arm']),
      metric: String(row['metric']),
      ...(row['segment'] === '' ? {} : { segment: String(row['segment']) }),
      stretch: stretchOf(row['start'], row['width_ms']),
      units: Number(row['units']),
      answered: Number(row['answered']),
      events: Number(row['events']),
      sum: Number(row['sum']),
      sumSquares: Number(row['squares']),
      eventsSquares: Number(row['events_squares']),
      products: Number(row['products']),
    })),
};
