import type { Alias } from '../core/catalog/alias.ts';
import type { Version } from '../core/catalog/version.ts';
import type { AuditEntry } from '../core/governance/audit.ts';
import type { Role } from '../core/governance/role.ts';
import type { Cohort } from '../core/feedback/cohort.ts';
import type { MetricDeclaration } from '../core/feedback/declaration.ts';
import type { Exposure, FeedbackRow } from '../core/feedback/feedback.ts';
import type { CopiedAnswer } from '../core/feedback/pair.ts';
import type { RouteSpan } from '../core/feedback/route-span.ts';
import type { UnitTotals } from '../core/feedback/unit-totals.ts';
import type { Instant } from '../core/lib/units.ts';
import type { Effect } from '../core/rollout/effect.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import type { Endpoint } from '../core/routing/endpoint.ts';
import type { RoutingTable } from '../core/routing/table.ts';
import type { Window } from '../core/telemetry/window.ts';

/**
 * Durable state. Records are whole values under a kind and a key; logs only grow. One transaction
 * carries state, audit and effects (law 7). Values are JSON; nobody shares a value with the store.
 * Faults of every call: `STORE_CORRUPT`, `STORE_READ_ONLY`, `STORE_BUSY`, `STORE_UNAVAILABLE`,
 * `STORAGE_FULL`. After `close` every call rejects.
 */
export interface Store {
  /** Records of a kind, in the order of their keys. Keys are printable ASCII. */
  list<K extends RecordKind>(query: ListQuery<K>): Promise<readonly Stored<K>[]>;
  /**
   * Rows of a log: audit entries by `seq`, effects as they came, windows by start, then endpoint,
   * rollout, arm, revision, version, width, gateway and instance; cohorts by start, endpoint,
   * rollout, arm, revision, version, metric and width; totals by arm, metric, start, width and
   * segment, without one first.
   */
  scan<L extends LogName>(query: ScanQuery<L>): Promise<readonly LogRows[L][]>;
  /** All of the change, on disk when it resolves, or nothing. */
  commit(change: Change): Promise<CommitResult>;
  /** Releases files and connections. */
  close(): Promise<void>;
}

/** The record kinds and their values. Keys: see `keyOf` functions beside the writers. */
export type Records = {
  /** `name` */
  readonly model: { readonly name: string; readonly createdAt: Instant };
  /** `model@000012` (six digits or more, so that key order is number order) */
  readonly version: Version;
  /** `model/alias` */
  readonly alias: Alias;
  /** `name` */
  readonly endpoint: Endpoint;
  /** `id` */
  readonly rollout: Rollout;
  /** `endpoint/metric` */
  readonly metric: MetricDeclaration;
  /** `endpoint/000000000012`: the generation from which the route was so */
  readonly span: RouteSpan;
  /** SHA-256 of the token, in hexadecimal */
  readonly token: TokenRecord;
  /** SHA-256 of principal and idempotency key */
  readonly answer: StoredAnswer;
  /** `current` */
  readonly table: RoutingTable;
};

/** The name of a record kind. */
export type RecordKind = keyof Records;

/** A bearer token's meaning; the token itself is never stored. */
export type TokenRecord = {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
};

/** The answer once given under an idempotency key, to be given again byte for byte. */
export type StoredAnswer = {
  readonly bodyDigest: string;
  readonly status: number;
  readonly body: string;
  readonly at: Instant;
};

/** A record as read, with the number its next write must name: 1 when made, one more each write. */
export type Stored<K extends RecordKind> = {
  readonly key: string;
  readonly revision: number;
  readonly value: Records[K];
};

/** Which records to list. `prefix` and `key` exclude each other. */
export type ListQuery<K extends RecordKind> = {
  readonly kind: K;
  readonly key?: string;
  readonly prefix?: string;
  readonly after?: string;
  /** At most this many, 1 or more. */
  readonly limit: number;
};

/** The logs and their rows. */
export type LogRows = {
  readonly audit: AuditEntry;
  /** Effects not yet performed. */
  readonly outbox: Effect;
  readonly window: WindowRow;
  readonly cohort: Cohort;
  readonly total: UnitTotals;
};

/** The name of a log. */
export type LogName = keyof LogRows;

/** A window with who saw it; the primary key is (gateway, instance) and the window's own key. */
export type WindowRow = {
  readonly gateway: string;
  readonly instance: string;
  readonly window: Window;
};

/** Which rows to read. */
export type ScanQuery<L extends LogName> = {
  readonly log: L;
  /** `audit`: entries with a greater `seq`. */
  readonly after?: number;
  /** `audit`: newest first instead. */
  readonly newestFirst?: boolean;
  /** `audit`: only of this subject. */
  readonly subject?: string;
  /**
   * `window`, `cohort`: of this endpoint; with `rollout` (null: outside any), only of that.
   * `total`: of this rollout.
   */
  readonly endpoint?: string;
  readonly rollout?: string | null;
  /** `window`, `cohort`, `total`: starting at or after. */
  readonly from?: Instant;
  readonly limit: number;
};

/** What to make durable, together, in the order of its members. */
export type Change = {
  readonly puts: readonly RecordPut[];
  readonly removes: readonly RecordRemove[];
  /** Must continue the chain exactly, else the commit conflicts. */
  readonly audit: readonly AuditEntry[];
  /** An effect whose id is waiting already is left as it is. */
  readonly effects: readonly Effect[];
  /** Ids of effects that have been performed. */
  readonly performed: readonly string[];
  /** Replace rows with the same primary key. */
  readonly windows: readonly WindowRow[];
  /** Windows that start before this are forgotten; null: none. */
  readonly windowsForgottenBefore: Instant | null;
  /**
   * Folded into its cohorts and unit totals, unless its key has been seen for its metric: then
   * nothing of it counts, within a change and over all of them.
   */
  readonly feedback: readonly FeedbackRow[];
  /** Counted once for each rollout, arm and unit; the stretch of the first one stays. */
  readonly exposures: readonly Exposure[];
  /**
   * Held against the label of their prediction (`FeedbackRow.isForCopies`), whichever comes first,
   * and summed under `PAIRED_METRIC`: the first pair of each rollout, arm and unit, once. Of
   * halves that wait the newest `PAIR_HALVES_MAX` are remembered.
   */
  readonly copies: readonly CopiedAnswer[];
  /**
   * Cohorts that start before this are forgotten, with what was seen before it, and all units of
   * rollouts that have none since; null: nothing. Such feedback must not come again.
   */
  readonly feedbackForgottenBefore: Instant | null;
};

/** A record to write; `expect` is the revision it must have now, null when it must not exist. */
export type RecordPut = {
  readonly [K in RecordKind]: {
    readonly kind: K;
    readonly key: string;
    readonly expect: number | null;
    readonly value: Records[K];
  };
}[RecordKind];

/** A record to delete, at the revision it must have now. */
export type RecordRemove = {
  readonly kind: RecordKind;
  readonly key: string;
  readonly expect: number;
};

/** Whether the change was made. */
export type CommitResult =
  | { readonly type: 'committed' }
  | { readonly type: 'conflict'; readonly kind: RecordKind | 'audit'; readonly key: string };

/** A change that changes nothing, to be spread and filled in. */
export const emptyChange: Change = {
  puts: [],
  removes: [],
  audit: [],
  effects: [],
  performed: [],
  windows: [],
  windowsForgottenBefore: null,
  feedback: [],
  exposures: [],
  copies: [],
  feedbackForgottenBefore: null,
};
