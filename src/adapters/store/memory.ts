import { breakIn } from '../../core/governance/chain.ts';
import { invariant } from '../../core/lib/invariant.ts';
import type { AuditEntry } from '../../core/governance/audit.ts';
import type { Effect } from '../../core/rollout/effect.ts';
import type {
  Change,
  CommitResult,
  ListQuery,
  LogName,
  LogRows,
  RecordKind,
  ScanQuery,
  Store,
  Stored,
  WindowRow,
} from '../../ports/store.ts';
import { checkChange, checkLimit, keyRange } from './change-check.ts';
import { applyFeedback, emptyFeedback, scanCohorts, scanTotals } from './memory-feedback.ts';
import type { FeedbackMemory } from './memory-feedback.ts';

/** A value nobody else has, and nobody can change: what a journey through a database would give. */
function detached<T>(value: T): T {
  return frozen(JSON.parse(JSON.stringify(value)) as T);
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of windows, and in its last part what tells them apart. */
function windowOrder(a: WindowRow, b: WindowRow): number {
  return (
    a.window.start - b.window.start ||
    byText(a.window.endpoint, b.window.endpoint) ||
    byText(a.window.rollout ?? '', b.window.rollout ?? '') ||
    byText(a.window.arm, b.window.arm) ||
    a.window.revision - b.window.revision ||
    a.window.version - b.window.version ||
    a.window.bucketMs - b.window.bucketMs ||
    byText(a.gateway, b.gateway) ||
    byText(a.instance, b.instance)
  );
}

const windowId = ({ gateway, instance, window }: WindowRow): string =>
  JSON.stringify([
    gateway,
    instance,
    window.rollout,
    window.revision,
    window.arm,
    window.version,
    window.start,
    window.bucketMs,
  ]);

type Kept = { readonly revision: number; readonly value: unknown };

/** What is kept; read by the whole store, written only by `apply`. */
type Shelves = {
  readonly records: Map<RecordKind, Map<string, Kept>>;
  readonly audit: AuditEntry[];
  readonly outbox: Map<string, Effect>;
  /** By endpoint, then by identity. */
  readonly windows: Map<string, Map<string, WindowRow>>;
  readonly feedback: FeedbackMemory;
};

/** The revision a record has, or would have after what was looked at before in the same change. */
type Revisions = Map<string, number | null>;

function conflictIn(shelves: Shelves, change: Change): CommitResult | null {
  const pending: Revisions = new Map();
  const now = (kind: RecordKind, key: string): number | null => {
    const known = pending.get(`${kind}/${key}`);
    if (known !== undefined) return known;
    return shelves.records.get(kind)?.get(key)?.revision ?? null;
  };
  for (const { kind, key, expect } of change.puts) {
    if (now(kind, key) !== expect) return { type: 'conflict', kind, key };
    pending.set(`${kind}/${key}`, (expect ?? 0) + 1);
  }
  for (const { kind, key, expect } of change.removes) {
    if (now(kind, key) !== expect) return { type: 'conflict', kind, key };
    pending.set(`${kind}/${key}`, null);
  }
  let head = shelves.audit.at(-1) ?? null;
  for (const entry of change.audit) {
    if (breakIn(head, entry) !== null) {
      return { type: 'conflict', kind: 'audit', key: String(entry.seq) };
    }
    head = entry;
  }
  return null;
}

function applyRecords({ records }: Shelves, { puts, removes }: Change): void {
  for (const { kind, key, expect, value } of puts) {
    const kept = records.get(kind) ?? new Map<string, Kept>();
    records.set(kind, kept);
    kept.set(key, { revision: (expect ?? 0) + 1, value });
  }
  for (const { kind, key } of removes) records.get(kind)?.delete(key);
}

function applyWindows({ windows }: Shelves, change: Change): void {
  for (const row of change.windows) {
    const { endpoint } = row.window;
    const kept = windows.get(endpoint) ?? new Map<string, WindowRow>();
    windows.set(endpoint, kept);
    kept.set(windowId(row), row);
  }
  const { windowsForgottenBefore } = change;
  if (windowsForgottenBefore === null) return;
  for (const kept of windows.values()) {
    for (const [id, { window }] of kept) {
      if (window.start < windowsForgottenBefore) kept.delete(id);
    }
  }
}

function apply(shelves: Shelves, change: Change): void {
  applyRecords(shelves, change);
  shelves.audit.push(...change.audit);
  for (const effect of change.effects) {
    if (!shelves.outbox.has(effect.id)) shelves.outbox.set(effect.id, effect);
  }
  for (const id of change.performed) shelves.outbox.delete(id);
  applyWindows(shelves, change);
  applyFeedback(shelves.feedback, change);
}

function scanAudit({ audit }: Shelves, query: ScanQuery<'audit'>): readonly AuditEntry[] {
  const { after = 0, newestFirst = false, subject, limit } = query;
  // `seq` begins at 1 and has no gaps, so the entry after `n` stands at index `n`.
  const rest = audit.slice(after).filter((row) => subject === undefined || row.subject === subject);
  return (newestFirst ? rest.reverse() : rest).slice(0, limit);
}

function scanWindows({ windows }: Shelves, query: ScanQuery<'window'>): readonly WindowRow[] {
  const { endpoint, rollout, from = 0, limit } = query;
  const shelf =
    endpoint === undefined
      ? [...windows.values()].flatMap((kept) => [...kept.values()])
      : [...(windows.get(endpoint)?.values() ?? [])];
  return shelf
    .filter(({ window }) => window.start >= from)
    .filter(({ window }) => rollout === undefined || window.rollout === rollout)
    .sort(windowOrder)
    .slice(0, limit);
}

/** How each log is read. */
const scanners: {
  readonly [L in LogName]: (shelves: Shelves, query: ScanQuery<L>) => readonly LogRows[L][];
} = {
  audit: scanAudit,
  outbox: ({ outbox }, { limit }) => [...outbox.values()].slice(0, limit),
  window: scanWindows,
  cohort: ({ feedback }, query) => scanCohorts(feedback, query),
  total: ({ feedback }, query) => scanTotals(feedback, query),
};

/** A store that forgets when the process ends: the model every other store is measured against. */
export class MemoryStore implements Store {
  readonly #shelves: Shelves = {
    records: new Map(),
    audit: [],
    outbox: new Map(),
    windows: new Map(),
    feedback: emptyFeedback(),
  };
  #isClosed = false;

  async list<K extends RecordKind>(query: ListQuery<K>): Promise<readonly Stored<K>[]> {
    this.#mustBeOpen();
    checkLimit(query.limit);
    const { from, after, to } = keyRange(query);
    const kept = [...(this.#shelves.records.get(query.kind) ?? [])];
    return kept
      .filter(([key]) => key >= from && key > after && key < to)
      .sort(([a], [b]) => byText(a, b))
      .slice(0, query.limit)
      .map(([key, { revision, value }]) => ({ key, revision, value }) as Stored<K>);
  }

  async scan<L extends LogName>(query: ScanQuery<L>): Promise<readonly LogRows[L][]> {
    this.#mustBeOpen();
    checkLimit(query.limit);
    return scanners[query.log](this.#shelves, query);
  }

  async commit(change: Change): Promise<CommitResult> {
    this.#mustBeOpen();
    checkChange(change);
    const own = detached(change);
    const conflict = conflictIn(this.#shelves, own);
    if (conflict !== null) return conflict;
    apply(this.#shelves, own);
    return { type: 'committed' };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #mustBeOpen(): void {
    invariant(!this.#isClosed, 'the store has been closed');
  }
}
