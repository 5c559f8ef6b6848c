import { invariant } from '../../src/core/lib/invariant.ts';
import { Fault } from '../../src/protocol/errors.ts';
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
} from '../../src/ports/store.ts';
import type { Timeline } from './timeline.ts';

/**
 * What becomes of one call. `refused`: nothing happens, and the caller learns that it failed.
 * `unknown`: it is done, and the caller learns that it failed.
 */
export type Fate = { readonly type: 'done' | 'refused' | 'unknown'; readonly ms: number };

/** Decides what becomes of each call. */
export type FateOf = (call: 'read' | 'commit', change: Change | null) => Fate;

/** What a connection is made of. */
export type SimStoreOptions = {
  readonly store: Store;
  readonly timeline: Timeline;
  readonly fateOf: FateOf;
  /** Told what became durable although the process that wrote it died before it knew. */
  readonly onLost?: (change: Change) => void;
  /** Told of which rollout the windows have been read. */
  readonly onRead?: (rollout: string) => void;
};

/** The connection of one process to a store that outlives it: slow, failing, and cut by a crash. */
export class SimStore implements Store {
  readonly #store: Store;
  readonly #timeline: Timeline;
  readonly #fateOf: FateOf;
  readonly #onLost: (change: Change) => void;
  readonly #onRead: (rollout: string) => void;
  #isDead = false;
  #isClosed = false;

  constructor(options: SimStoreOptions) {
    this.#store = options.store;
    this.#timeline = options.timeline;
    this.#fateOf = options.fateOf;
    this.#onLost = options.onLost ?? (() => undefined);
    this.#onRead = options.onRead ?? (() => undefined);
  }

  async list<K extends RecordKind>(query: ListQuery<K>): Promise<readonly Stored<K>[]> {
    return this.#call(null, () => this.#store.list(query));
  }

  async scan<L extends LogName>(query: ScanQuery<L>): Promise<readonly LogRows[L][]> {
    if (query.log === 'window' && query.rollout !== undefined) this.#onRead(query.rollout ?? '');
    return this.#call(null, () => this.#store.scan(query));
  }

  async commit(change: Change): Promise<CommitResult> {
    return this.#call(change, () => this.#store.commit(change));
  }

  /** The store itself goes on. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** The process is gone: what has not reached the store never will, and no answer comes back. */
  kill(): void {
    this.#isDead = true;
  }

  async #call<T>(change: Change | null, work: () => Promise<T>): Promise<T> {
    invariant(!this.#isClosed, 'the connection has been closed');
    const { type, ms } = this.#fateOf(change === null ? 'read' : 'commit', change);
    if (ms > 0) await this.#pass(ms / 2);
    if (this.#isDead) return never;
    const failure = new Fault('STORE_UNAVAILABLE', `the store failed (${type})`);
    if (type === 'refused') throw failure;
    const result = await work();
    if (ms > 0) await this.#pass(ms / 2);
    if (this.#isDead) {
      if (change !== null) this.#onLost(change);
      return never;
    }
    if (type === 'unknown') throw failure;
    return result;
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#timeline.in(ms, resolve));
  }
}

/** What a dead process waits for. */
const never: Promise<never> = new Promise(() => undefined);
