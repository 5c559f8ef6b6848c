import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  auditDraftSample,
  effectSample,
  endpointSample,
  rolloutSample,
  versionSample,
  windowSample,
} from '../../test/samples.ts';
import type { AuditEntry } from '../core/governance/audit.ts';
import { link, verifyChain } from '../core/governance/chain.ts';
import { InvariantViolation } from '../core/lib/invariant.ts';
import { instant } from '../core/lib/units.ts';
import { emptyTable } from '../core/routing/project.ts';
import type { Window } from '../core/telemetry/window.ts';
import { emptyChange } from './store.ts';
import type { Change, RecordKind, RecordPut, ScanQuery, Store, WindowRow } from './store.ts';

/** A store to prove the contract on, empty at first. */
export type StoreFixture = {
  readonly store: Store;
  /** Frees what the store needs besides itself; the store is closed by then. */
  discard(): Promise<void>;
};

const change = (over: Partial<Change>): Change => ({ ...emptyChange, ...over });

const putEndpoint = (name: string, expect: number | null, deadlineMs = 1_000): RecordPut => ({
  kind: 'endpoint',
  key: name,
  expect,
  value: endpointSample(name, {
    settings: { unitKey: { header: 'x-unit-id', pointer: null }, deadlineMs, attributes: [] },
  }),
});

function chainAfter(previous: AuditEntry | null, count: number): readonly AuditEntry[] {
  const chain: AuditEntry[] = [];
  for (let n = 0; n < count; n += 1) {
    const head = chain.at(-1) ?? previous;
    chain.push(link(head, auditDraftSample((head?.seq ?? 0) + 1)));
  }
  return chain;
}

const row = (over: Partial<Window> = {}, who: Partial<WindowRow> = {}): WindowRow => ({
  gateway: 'g1',
  instance: 'i1',
  window: windowSample(over),
  ...who,
});

const committed = { type: 'committed' };

/** What every store must do. */
export function storeContract(name: string, make: () => Promise<StoreFixture>): void {
  describe(`${name} keeps the contract of Store`, () => {
    let fixture: StoreFixture;
    let store: Store;
    beforeEach(async () => {
      fixture = await make();
      store = fixture.store;
    });
    afterEach(async () => {
      await store.close();
      await fixture.discard();
    });

    const keys = async (query: Parameters<Store['list']>[0]): Promise<readonly string[]> =>
      (await store.list(query)).map(({ key }) => key);
    const commit = async (over: Partial<Change>): Promise<void> => {
      expect(await store.commit(change(over))).toEqual(committed);
    };
    const audit = async (over: Partial<ScanQuery<'audit'>> = {}): Promise<readonly number[]> =>
      (await store.scan({ log: 'audit', limit: 100, ...over })).map(({ seq }) => seq);
    const windows = async (
      over: Partial<ScanQuery<'window'>> = {},
    ): Promise<readonly WindowRow[]> => store.scan({ log: 'window', limit: 1_000, ...over });

    describe('records', () => {
      test('an empty store has none', async () => {
        expect(await store.list({ kind: 'endpoint', limit: 10 })).toEqual([]);
        expect(await store.list({ kind: 'endpoint', key: 'risk', limit: 1 })).toEqual([]);
      });

      test('every kind comes back equal to what was written, at revision 1', async () => {
        const at = instant(1_790_000_000_000.25);
        const puts: readonly RecordPut[] = [
          { kind: 'model', key: 'tumour', expect: null, value: { name: 'tumour', createdAt: at } },
          { kind: 'version', key: 'tumour@000001', expect: null, value: versionSample(1) },
          {
            kind: 'alias',
            key: 'tumour/production',
            expect: null,
            value: {
              model: 'tumour',
              name: 'production',
              version: 1,
              movedAt: at,
              movedBy: 'Zo\u00eb \u{1f600} "quoted"\n',
              history: [],
            },
          },
          putEndpoint('risk', null),
          { kind: 'rollout', key: 'r-1', expect: null, value: rolloutSample('risk', 'advancing') },
          {
            kind: 'token',
            key: 'ab'.repeat(32),
            expect: null,
            value: { name: 'ci', role: 'operator', createdAt: at, expiresAt: null },
          },
          {
            kind: 'answer',
            key: 'cd'.repeat(32),
            expect: null,
            value: { bodyDigest: 'x', status: 201, body: '{"a": 1}\u0000', at },
          },
          { kind: 'table', key: 'current', expect: null, value: emptyTable },
        ];
        await commit({ puts });
        for (const { kind, key, value } of puts) {
          expect(await store.list({ kind, key, limit: 1 })).toEqual([{ key, revision: 1, value }]);
        }
      });

      test('a write raises the revision by one and replaces the whole value', async () => {
        await commit({ puts: [putEndpoint('risk', null, 1)] });
        await commit({ puts: [putEndpoint('risk', 1, 2)] });
        const [read] = await store.list({ kind: 'endpoint', limit: 10 });
        expect(read?.revision).toBe(2);
        expect(read?.value.settings.deadlineMs).toBe(2);
      });

      test.each([
        { name: 'made twice', before: [null], expect: null },
        { name: 'written on an old revision', before: [null, 1], expect: 1 },
        { name: 'written on a revision that is not yet', before: [null], expect: 2 },
        { name: 'written, but not there', before: [], expect: 1 },
      ])('a lost update is refused: $name', async ({ before, expect: expected }) => {
        for (const revision of before) await commit({ puts: [putEndpoint('risk', revision, 7)] });
        const kept = await store.list({ kind: 'endpoint', limit: 10 });
        const late = change({ puts: [putEndpoint('risk', expected, 8)] });
        expect(await store.commit(late)).toEqual({
          type: 'conflict',
          kind: 'endpoint',
          key: 'risk',
        });
        expect(await store.list({ kind: 'endpoint', limit: 10 })).toEqual(kept);
      });

      test('a record is removed at the revision it has, and may be made anew', async () => {
        const remove = (expected: number): Partial<Change> => ({
          removes: [{ kind: 'endpoint', key: 'risk', expect: expected }],
        });
        await commit({ puts: [putEndpoint('risk', null)] });
        expect(await store.commit(change(remove(2)))).toMatchObject({ type: 'conflict' });
        await commit(remove(1));
        expect(await store.commit(change(remove(1)))).toMatchObject({ type: 'conflict' });
        expect(await store.list({ kind: 'endpoint', limit: 10 })).toEqual([]);
        await commit({ puts: [putEndpoint('risk', null)] });
        expect(await store.list({ kind: 'endpoint', limit: 10 })).toMatchObject([{ revision: 1 }]);
      });

      test('kinds do not see each other', async () => {
        await commit({ puts: [putEndpoint('risk', null)] });
        expect(await store.list({ kind: 'rollout', limit: 10 })).toEqual([]);
        const value = rolloutSample('risk', 'advancing');
        await commit({ puts: [{ kind: 'rollout', key: 'risk', expect: null, value }] });
        expect(await keys({ kind: 'endpoint', limit: 10 })).toEqual(['risk']);
      });

      test('two writes of one record in one change must follow each other', async () => {
        const both = [putEndpoint('risk', null), putEndpoint('risk', null)];
        expect(await store.commit(change({ puts: both }))).toMatchObject({ type: 'conflict' });
        expect(await store.list({ kind: 'endpoint', limit: 10 })).toEqual([]);
        await commit({ puts: [putEndpoint('risk', null), putEndpoint('risk', 1)] });
        expect(await store.list({ kind: 'endpoint', limit: 10 })).toMatchObject([{ revision: 2 }]);
      });
    });

    describe('listing', () => {
      const names = ['b', 'a', 'a-1', 'a/x', 'a/y', 'a0', 'B', 'a!'];
      const inOrder = ['B', 'a', 'a!', 'a-1', 'a/x', 'a/y', 'a0', 'b'];
      beforeEach(async () => {
        await commit({ puts: names.map((key) => putEndpoint(key, null)) });
      });

      test.each([
        { name: 'all', query: {}, found: inOrder },
        { name: 'a limit', query: { limit: 3 }, found: ['B', 'a', 'a!'] },
        { name: 'one key', query: { key: 'a' }, found: ['a'] },
        { name: 'a key that is not there', query: { key: 'a/' }, found: [] },
        { name: 'a prefix', query: { prefix: 'a/' }, found: ['a/x', 'a/y'] },
        { name: 'an empty prefix', query: { prefix: '' }, found: inOrder },
        { name: 'after a key', query: { after: 'a/x' }, found: ['a/y', 'a0', 'b'] },
        {
          name: 'after a key that is not there',
          query: { after: 'a/xx' },
          found: ['a/y', 'a0', 'b'],
        },
        {
          name: 'a prefix after a key',
          query: { prefix: 'a', after: 'a/x' },
          found: ['a/y', 'a0'],
        },
        { name: 'after the last', query: { after: 'b' }, found: [] },
      ])('$name', async ({ query, found }) => {
        expect(await keys({ kind: 'endpoint', limit: 100, ...query })).toEqual(found);
      });

      test('page by page is all of it', async () => {
        const seen: string[] = [];
        for (;;) {
          const last = seen.at(-1);
          const after = last === undefined ? {} : { after: last };
          const page = await keys({ kind: 'endpoint', limit: 3, ...after });
          if (page.length === 0) break;
          seen.push(...page);
        }
        expect(seen).toEqual(inOrder);
      });
    });

    describe('all or nothing', () => {
      const first = chainAfter(null, 1);
      const good: Partial<Change> = {
        puts: [putEndpoint('risk', null)],
        audit: first,
        effects: [effectSample('e1')],
        windows: [row()],
      };

      const nothingIn = async (): Promise<void> => {
        expect(await store.list({ kind: 'endpoint', limit: 10 })).toEqual([]);
        expect(await store.scan({ log: 'audit', limit: 10 })).toEqual([]);
        expect(await store.scan({ log: 'outbox', limit: 10 })).toEqual([]);
        expect(await windows()).toEqual([]);
      };

      test.each([
        {
          name: 'a record behind it',
          bad: { puts: [putEndpoint('risk', null), putEndpoint('other', 4)] },
          conflict: { kind: 'endpoint', key: 'other' },
        },
        {
          name: 'a removal behind it',
          bad: { removes: [{ kind: 'rollout' as const, key: 'r-1', expect: 1 }] },
          conflict: { kind: 'rollout', key: 'r-1' },
        },
        {
          name: 'an audit entry too early',
          bad: { audit: [...first, ...chainAfter(null, 3).slice(2)] },
          conflict: { kind: 'audit', key: '3' },
        },
      ])('$name', async ({ bad, conflict }) => {
        const answer = await store.commit(change({ ...good, ...bad }));
        expect(answer).toEqual({ type: 'conflict', ...conflict });
        await nothingIn();
      });

      test('a change with everything in it is made', async () => {
        await commit(good);
        expect(await keys({ kind: 'endpoint', limit: 10 })).toEqual(['risk']);
        expect(await store.scan({ log: 'audit', limit: 10 })).toEqual(first);
        expect(await store.scan({ log: 'outbox', limit: 10 })).toEqual([effectSample('e1')]);
        expect(await windows()).toEqual([row()]);
      });

      test('a change with nothing in it is made', async () => {
        expect(await store.commit(emptyChange)).toEqual(committed);
        await nothingIn();
      });
    });

    describe('the audit log', () => {
      const chain = chainAfter(null, 9);

      test('comes back whole, and verifies', async () => {
        await commit({ audit: chain.slice(0, 4) });
        await commit({ audit: chain.slice(4) });
        const entries = await store.scan({ log: 'audit', limit: 100 });
        expect(entries).toEqual(chain);
        expect(verifyChain(entries)).toEqual({ ok: true, count: 9 });
      });

      test.each([
        { name: 'a gap', audit: chain.slice(4, 5), key: '5' },
        { name: 'an entry again', audit: chain.slice(2, 3), key: '3' },
        { name: 'a fork', audit: chainAfter(chain[1] ?? null, 1), key: '3' },
        { name: 'a second beginning', audit: chainAfter(null, 1), key: '1' },
        {
          name: 'an entry changed after it was linked',
          audit: chain.slice(3, 4).map((entry) => ({ ...entry, actor: 'eve' })),
          key: '4',
        },
        {
          name: 'an entry that names another predecessor',
          audit: [link({ seq: 3, hash: 'a'.repeat(64) }, auditDraftSample(4))],
          key: '4',
        },
      ])('refuses $name', async ({ audit: entries, key }) => {
        await commit({ audit: chain.slice(0, 3) });
        const answer = await store.commit(change({ audit: entries }));
        expect(answer).toEqual({ type: 'conflict', kind: 'audit', key });
        expect(await audit()).toEqual([1, 2, 3]);
      });

      test.each([
        { name: 'a limit', query: { limit: 2 }, found: [1, 2] },
        { name: 'after an entry', query: { after: 7 }, found: [8, 9] },
        { name: 'newest first', query: { newestFirst: true, limit: 3 }, found: [9, 8, 7] },
        { name: 'one subject', query: { subject: 'endpoint/e0' }, found: [3, 6, 9] },
        {
          name: 'one subject, newest first, after an entry',
          query: { subject: 'endpoint/e0', newestFirst: true, after: 3 },
          found: [9, 6],
        },
        { name: 'a subject nobody has', query: { subject: 'endpoint' }, found: [] },
      ])('reads $name', async ({ query, found }) => {
        await commit({ audit: chain });
        expect(await audit(query)).toEqual(found);
      });
    });

    describe('the outbox', () => {
      const ids = async (limit = 100): Promise<readonly string[]> =>
        (await store.scan({ log: 'outbox', limit })).map(({ id }) => id);

      test('keeps the order in which effects came, until they are performed', async () => {
        await commit({ effects: ['z', 'b'].map(effectSample) });
        await commit({ effects: ['y', 'a'].map(effectSample) });
        expect(await ids()).toEqual(['z', 'b', 'y', 'a']);
        expect(await ids(3)).toEqual(['z', 'b', 'y']);
        await commit({ performed: ['b', 'y'] });
        expect(await ids()).toEqual(['z', 'a']);
      });

      test('holds an effect once, and performing one that is gone is harmless', async () => {
        await commit({ effects: [effectSample('a')] });
        await commit({ effects: [effectSample('b'), effectSample('a')] });
        expect(await ids()).toEqual(['a', 'b']);
        await commit({ performed: ['a', 'a', 'unknown'] });
        expect(await ids()).toEqual(['b']);
      });
    });

    describe('windows', () => {
      const start = windowSample().start;
      const at = (n: number): Window['start'] => instant(start + n * 10_000);

      test('with one primary key replace each other: sending twice changes nothing', async () => {
        await commit({ windows: [row({ requests: 1 })] });
        await commit({ windows: [row({ requests: 5 }), row({ requests: 6 })] });
        expect(await windows()).toEqual([row({ requests: 6 })]);
      });

      test('differ by every part of their key', async () => {
        const all = [
          row(),
          row({}, { gateway: 'g2' }),
          row({}, { instance: 'i2' }),
          row({ endpoint: 'other' }),
          row({ rollout: 'r-2' }),
          row({ rollout: null }),
          row({ revision: 4 }),
          row({ arm: 'candidate' }),
          row({ version: 2 }),
          row({ start: at(1) }),
          row({ bucketMs: 1_000 }),
        ];
        await commit({ windows: all });
        await commit({ windows: all });
        const kept = await windows();
        expect(kept).toHaveLength(all.length);
        for (const one of all) expect(kept).toContainEqual(one);
      });

      test('come in the order of their key, whatever the order they were sent in', async () => {
        const all = [
          row({ start: at(0), arm: 'baseline' }),
          row({ start: at(0), arm: 'baseline' }, { gateway: 'g2' }),
          row({ start: at(0), arm: 'candidate' }),
          row({ start: at(1), rollout: null }),
          row({ start: at(1), rollout: 'r-2' }),
          row({ start: at(2), endpoint: 'a' }),
          row({ start: at(2), endpoint: 'b' }),
        ];
        await commit({ windows: [...all].reverse() });
        expect(await windows()).toEqual(all);
        expect(await windows({ limit: 3 })).toEqual(all.slice(0, 3));
      });

      test.each([
        { name: 'one endpoint', query: { endpoint: 'risk' }, found: [0, 1, 2, 3] },
        { name: 'one rollout', query: { endpoint: 'risk', rollout: 'r-risk' }, found: [0, 2] },
        { name: 'no rollout', query: { endpoint: 'risk', rollout: null }, found: [1, 3] },
        { name: 'from a moment', query: { endpoint: 'risk', from: at(2) }, found: [2, 3] },
        {
          name: 'a rollout from a moment',
          query: { endpoint: 'risk', rollout: 'r-risk', from: instant(start + 1) },
          found: [2],
        },
        { name: 'an endpoint that has none', query: { endpoint: 'other' }, found: [] },
      ])('are read by $name', async ({ query, found }) => {
        const all = [
          row({ start: at(0) }),
          row({ start: at(1), rollout: null }),
          row({ start: at(2) }),
          row({ start: at(3), rollout: null }),
        ];
        await commit({ windows: all });
        expect(await windows(query)).toEqual(found.map((i) => all[i]));
      });

      test('that start before a moment are forgotten', async () => {
        await commit({ windows: [0, 1, 2, 3].map((n) => row({ start: at(n) })) });
        await commit({ windowsForgottenBefore: at(2), windows: [row({ start: at(1) })] });
        expect((await windows()).map(({ window }) => window.start)).toEqual([at(2), at(3)]);
      });
    });

    describe('concurrency', () => {
      test('of many commits on one revision exactly one is made', async () => {
        await commit({ puts: [putEndpoint('risk', null, 1_000)] });
        const tries = Array.from({ length: 20 }, async (_, i) =>
          store.commit(change({ puts: [putEndpoint('risk', 1, i)] })),
        );
        const answers = await Promise.all(tries);
        expect(answers.filter(({ type }) => type === 'committed')).toHaveLength(1);
        expect(await store.list({ kind: 'endpoint', limit: 9 })).toMatchObject([{ revision: 2 }]);
      });

      test('commits that do not touch each other are all made', async () => {
        const names = Array.from({ length: 30 }, (_, i) => `e${i}`);
        const answers = await Promise.all(
          names.map(async (name) => store.commit(change({ puts: [putEndpoint(name, null)] }))),
        );
        expect(answers).toEqual(names.map(() => committed));
        expect(await keys({ kind: 'endpoint', limit: 100 })).toEqual([...names].sort());
      });
    });

    describe('nobody shares a value with the store', () => {
      test('changing what was given changes nothing', async () => {
        const put = putEndpoint('risk', null);
        const given = structuredClone(put);
        await commit({ puts: [given] });
        Object.assign(given.value, { name: 'changed' });
        const [read] = await store.list({ kind: 'endpoint', limit: 1 });
        expect(read?.value).toEqual(put.value);
      });

      test('changing what was read changes nothing', async () => {
        await commit({ puts: [putEndpoint('risk', null)], windows: [row()] });
        const [read] = await store.list({ kind: 'endpoint', limit: 1 });
        // A store may hand out frozen values or copies of its own.
        Reflect.set(read?.value.settings ?? {}, 'deadlineMs', -1);
        const [again] = await store.list({ kind: 'endpoint', limit: 1 });
        expect(again?.value).toEqual(putEndpoint('risk', null).value);
      });
    });

    describe('what contradicts the port breaks the invariant', () => {
      test.each(['', 'Zo\u00eb', 'a\u0000', 'x'.repeat(513)])('the key %j', async (key) => {
        const bad = change({ puts: [{ ...putEndpoint('risk', null), key }] });
        await expect(store.commit(bad)).rejects.toThrow(InvariantViolation);
      });

      test.each([0, -1, 1.5, Number.NaN])('the limit %d', async (limit) => {
        const kind: RecordKind = 'endpoint';
        await expect(store.list({ kind, limit })).rejects.toThrow(InvariantViolation);
        await expect(store.scan({ log: 'audit', limit })).rejects.toThrow(InvariantViolation);
      });

      test('a key and a prefix at once', async () => {
        const both = store.list({ kind: 'endpoint', key: 'a', prefix: 'a', limit: 1 });
        await expect(both).rejects.toThrow(InvariantViolation);
      });
    });

    test('a closed store answers nothing, and may be closed again', async () => {
      await store.close();
      await store.close();
      await expect(store.list({ kind: 'endpoint', limit: 1 })).rejects.toThrow(InvariantViolation);
      await expect(store.scan({ log: 'audit', limit: 1 })).rejects.toThrow(InvariantViolation);
      await expect(store.commit(change({}))).rejects.toThrow(InvariantViolation);
    });
  });
}
