import { afterEach, beforeEach, expect } from 'vitest';
import type { AuditEntry } from '../src/core/governance/audit.ts';
import { link } from '../src/core/governance/chain.ts';
import type { Window } from '../src/core/telemetry/window.ts';
import { emptyChange } from '../src/ports/store.ts';
import type { Change, Store, WindowRow } from '../src/ports/store.ts';
import { auditDraftSample, windowSample } from './samples.ts';

/** A store to prove a contract on, empty at first. */
export type StoreFixture = {
  readonly store: Store;
  /** Frees what the store needs besides itself; the store is closed by then. */
  discard(): Promise<void>;
};

/** The store of the test that runs. */
export type FreshStore = {
  readonly store: () => Store;
  /** Makes a change, which nothing contradicts. */
  readonly commit: (over: Partial<Change>) => Promise<void>;
};

/** An empty store for every test of the suite that this is called in. */
export function freshStores(make: () => Promise<StoreFixture>): FreshStore {
  let fixture: StoreFixture;
  beforeEach(async () => {
    fixture = await make();
  });
  afterEach(async () => {
    await fixture.store.close();
    await fixture.discard();
  });
  const commit = async (over: Partial<Change>): Promise<void> => {
    expect(await fixture.store.commit(change(over))).toEqual(committed);
  };
  return { store: () => fixture.store, commit };
}

/** A change of which only a part matters. */
export const change = (over: Partial<Change>): Change => ({ ...emptyChange, ...over });

/** What a store answers that made a change. */
export const committed = { type: 'committed' };

/** So many entries that follow one, or the first ones. */
export function chainAfter(previous: AuditEntry | null, count: number): readonly AuditEntry[] {
  const chain: AuditEntry[] = [];
  for (let n = 0; n < count; n += 1) {
    const head = chain.at(-1) ?? previous;
    chain.push(link(head, auditDraftSample((head?.seq ?? 0) + 1)));
  }
  return chain;
}

/** The window of the samples, from gateway g1. */
export const windowRow = (over: Partial<Window> = {}, who: Partial<WindowRow> = {}): WindowRow => ({
  gateway: 'g1',
  instance: 'i1',
  window: windowSample(over),
  ...who,
});
