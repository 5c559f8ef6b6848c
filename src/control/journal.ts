import type { AuditDraft, AuditEntry } from '../core/governance/audit.ts';
import { link } from '../core/governance/chain.ts';
import type { Effect } from '../core/rollout/effect.ts';
import { project } from '../core/routing/project.ts';
import type { RoutingTable } from '../core/routing/table.ts';
import type { Instant } from '../core/lib/units.ts';
import { Fault } from '../protocol/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  Change,
  CommitResult,
  RecordKind,
  RecordPut,
  Records,
  Store,
} from '../ports/store.ts';
import { emptyChange } from '../ports/store.ts';
import {
  activeRolloutsOf,
  applyChange,
  catalogOf,
  endpointsOf,
  expectedRevision,
  loadState,
  tableOf,
  TABLE_KEY,
  type State,
} from './state.ts';

/** A record to write; the journal knows which revision it replaces. */
export type PlannedPut = {
  readonly [K in RecordKind]: {
    readonly kind: K;
    readonly key: string;
    readonly value: Records[K];
  };
}[RecordKind];

/** What somebody wants to become durable, and what he is told when it has. */
export type Plan<T> = {
  readonly puts?: readonly PlannedPut[];
  readonly removes?: readonly { readonly kind: RecordKind; readonly key: string }[];
  readonly audit?: readonly AuditDraft[];
  readonly effects?: readonly Effect[];
  readonly performed?: readonly string[];
  readonly answer: T;
};

/** The only way to change state: one change after the other, each durable before it is seen. */
export type Journal = {
  readonly state: () => State;
  /**
   * Decides on the newest state, commits, then shows the new state. A plan that throws changes
   * nothing.
   */
  run<T>(decide: (state: State, now: Instant) => Plan<T>): Promise<T>;
  /** Called with every table that has become durable, in order. */
  onTable(listener: (table: RoutingTable) => void): void;
  /** Called when effects have become durable and wait to be performed. */
  onEffects(listener: () => void): void;
};

/** Opens the journal on what the store holds. */
export async function openJournal(store: Store, clock: Clock): Promise<Journal> {
  let state = await loadState(store);
  let isDoubtful = false;
  let tail: Promise<unknown> = Promise.resolve();
  const listeners: ((table: RoutingTable) => void)[] = [];
  const effectListeners: (() => void)[] = [];

  const show = (next: State): void => {
    const before = tableOf(state);
    state = next;
    const table = tableOf(state);
    if (table.generation > before.generation) for (const listener of listeners) listener(table);
  };
  /** What became durable without our knowing must be published all the same. */
  const reload = async (): Promise<void> => {
    show(await loadState(store));
    isDoubtful = false;
    for (const listener of effectListeners) listener();
  };
  const write = async (change: Change): Promise<CommitResult> => {
    // Until the store has said what became of it, what is in memory may not be the truth.
    isDoubtful = true;
    const result = await store.commit(change);
    isDoubtful = false;
    return result;
  };
  const commit = async <T>(decide: (state: State, now: Instant) => Plan<T>): Promise<T> => {
    if (isDoubtful) await reload();
    const now = clock.now();
    const plan = decide(state, now);
    const change = changeOf(state, plan, now);
    if (isEmpty(change)) return plan.answer;
    const result = await write(change);
    if (result.type === 'conflict') {
      isDoubtful = true;
      throw new Fault(
        'STATE_CONFLICT',
        `${result.kind} ${result.key} was changed by another control process`,
      );
    }
    show(applyChange(state, change));
    if (change.effects.length > 0) for (const listener of effectListeners) listener();
    return plan.answer;
  };

  return {
    state: () => state,
    run: (decide) => {
      const mine = tail.then(() => commit(decide));
      tail = mine.catch(() => undefined);
      return mine;
    },
    onTable: (listener) => void listeners.push(listener),
    onEffects: (listener) => void effectListeners.push(listener),
  };
}

function changeOf<T>(state: State, plan: Plan<T>, now: Instant): Change {
  const puts = lastOfEach(plan.puts ?? []).map((put) => withExpected(state, put));
  const removes = (plan.removes ?? []).flatMap(({ kind, key }) => {
    const expect = expectedRevision(state, kind, key);
    return expect === null ? [] : [{ kind, key, expect }];
  });
  const change: Change = {
    ...emptyChange,
    puts,
    removes,
    audit: chained(state.auditHead, plan.audit ?? []),
    effects: plan.effects ?? [],
    performed: plan.performed ?? [],
  };
  return withTable(state, change, now);
}

/** Several steps of one plan may write one record: each wrote the whole, so the last one counts. */
function lastOfEach(puts: readonly PlannedPut[]): readonly PlannedPut[] {
  return [...new Map(puts.map((put) => [`${put.kind} ${put.key}`, put])).values()];
}

/** The state as it would be after these. */
export function withPuts(state: State, puts: readonly PlannedPut[]): State {
  return applyChange(state, { ...emptyChange, puts: puts.map((put) => withExpected(state, put)) });
}

/** Law 3: the table follows from the state, in the very transaction that changes the state. */
function withTable(state: State, change: Change, now: Instant): Change {
  if (change.puts.length === 0 && change.removes.length === 0) return change;
  const next = applyChange(state, change);
  const previous = tableOf(state);
  const table = project({
    endpoints: endpointsOf(next),
    rollouts: activeRolloutsOf(next),
    models: catalogOf(next),
    previous,
  });
  if (table === previous) return change;
  const put = withExpected(state, { kind: 'table', key: TABLE_KEY, value: table });
  return { ...change, puts: [...change.puts, put, ...spansOf(table, now)] };
}

/** How endpoints are answered from now on, where that changed: late feedback asks for it. */
function spansOf({ generation, routes }: RoutingTable, from: Instant): readonly RecordPut[] {
  return routes
    .filter(({ since }) => since === generation)
    .map((route) => ({
      kind: 'span',
      key: spanKey(route.endpoint, generation),
      expect: null,
      value: { endpoint: route.endpoint, from, generation, route },
    }));
}

/** Keys of one endpoint sort as their generations do. */
export const spanKey = (endpoint: string, generation: number): string =>
  `${endpoint}/${String(generation).padStart(12, '0')}`;

const withExpected = (state: State, put: PlannedPut): RecordPut => ({
  ...put,
  expect: expectedRevision(state, put.kind, put.key),
});

function chained(head: AuditEntry | null, drafts: readonly AuditDraft[]): readonly AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const draft of drafts) entries.push(link(entries.at(-1) ?? head, draft));
  return entries;
}

const isEmpty = (change: Change): boolean =>
  change.puts.length +
    change.removes.length +
    change.audit.length +
    change.effects.length +
    change.performed.length ===
  0;
