import { beforeEach, describe, expect, test } from 'vitest';
import { effectSample, endpointSample, rolloutSample, versionSample } from '../../test/samples.ts';
import { change, chainAfter, committed, freshStores, windowRow } from '../../test/stores.ts';
import type { StoreFixture } from '../../test/stores.ts';
import { InvariantViolation } from '../core/lib/invariant.ts';
import { instant } from '../core/lib/units.ts';
import { emptyTable } from '../core/routing/project.ts';
import { storeLogs } from './store-logs.contract.ts';
import { emptyChange } from './store.ts';
import type { Change, RecordKind, RecordPut, Store } from './store.ts';

const putEndpoint = (name: string, expect: number | null, deadlineMs = 1_000): RecordPut => ({
  kind: 'endpoint',
  key: name,
  expect,
  value: endpointSample(name, {
    settings: { unitKey: { header: 'x-unit-id', pointer: null }, deadlineMs, attributes: [] },
  }),
});

/** What every store must do. */
export function storeContract(name: string, make: () => Promise<StoreFixture>): void {
  describe(`${name} keeps the contract of Store`, () => {
    const fresh = freshStores(make);
    const { store, commit } = fresh;

    const keys = async (query: Parameters<Store['list']>[0]): Promise<readonly string[]> =>
      (await store().list(query)).map(({ key }) => key);

    describe('records', () => {
      test('an empty store has none', async () => {
        expect(await store().list({ kind: 'endpoint', limit: 10 })).toEqual([]);
        expect(await store().list({ kind: 'endpoint', key: 'risk', limit: 1 })).toEqual([]);
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
          expect(await store().list({ kind, key, limit: 1 })).toEqual([
            { key, revision: 1, value },
          ]);
        }
      });

      test('a write raises the revision by one and replaces the whole value', async () => {
        await commit({ puts: [putEndpoint('risk', null, 1)] });
        await commit({ puts: [putEndpoint('risk', 1, 2)] });
        const [read] = await store().list({ kind: 'endpoint', limit: 10 });
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
        const kept = await store().list({ kind: 'endpoint', limit: 10 });
        const late = change({ puts: [putEndpoint('risk', expected, 8)] });
        expect(await store().commit(late)).toEqual({
          type: 'conflict',
          kind: 'endpoint',
          key: 'risk',
        });
        expect(await store().list({ kind: 'endpoint', limit: 10 })).toEqual(kept);
      });

      test('a record is removed at the revision it has, and may be made anew', async () => {
        const remove = (expected: number): Partial<Change> => ({
          removes: [{ kind: 'endpoint', key: 'risk', expect: expected }],
        });
        await commit({ puts: [putEndpoint('risk', null)] });
        expect(await store().commit(change(remove(2)))).toMatchObject({ type: 'conflict' });
        await commit(remove(1));
        expect(await store().commit(change(remove(1)))).toMatchObject({ type: 'conflict' });
        expect(await store().list({ kind: 'endpoint', limit: 10 })).toEqual([]);
        await commit({ puts: [putEndpoint('risk', null)] });
        expect(await store().list({ kind: 'endpoint', limit: 10 })).toMatchObject([
          { revision: 1 },
        ]);
      });

      test('kinds do not see each other', async () => {
        await commit({ puts: [putEndpoint('risk', null)] });
        expect(await store().list({ kind: 'rollout', limit: 10 })).toEqual([]);
        const value = rolloutSample('risk', 'advancing');
        await commit({ puts: [{ kind: 'rollout', key: 'risk', expect: null, value }] });
        expect(await keys({ kind: 'endpoint', limit: 10 })).toEqual(['risk']);
      });

      test('two writes of one record in one change must follow each other', async () => {
        const both = [putEndpoint('risk', null), putEndpoint('risk', null)];
        expect(await store().commit(change({ puts: both }))).toMatchObject({ type: 'conflict' });
        expect(await store().list({ kind: 'endpoint', limit: 10 })).toEqual([]);
        await commit({ puts: [putEndpoint('risk', null), putEndpoint('risk', 1)] });
        expect(await store().list({ kind: 'endpoint', limit: 10 })).toMatchObject([
          { revision: 2 },
        ]);
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
        windows: [windowRow()],
      };

      const nothingIn = async (): Promise<void> => {
        expect(await store().list({ kind: 'endpoint', limit: 10 })).toEqual([]);
        expect(await store().scan({ log: 'audit', limit: 10 })).toEqual([]);
        expect(await store().scan({ log: 'outbox', limit: 10 })).toEqual([]);
        expect(await store().scan({ log: 'window', limit: 10 })).toEqual([]);
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
        const answer = await store().commit(change({ ...good, ...bad }));
        expect(answer).toEqual({ type: 'conflict', ...conflict });
        await nothingIn();
      });

      test('a change with everything in it is made', async () => {
        await commit(good);
        expect(await keys({ kind: 'endpoint', limit: 10 })).toEqual(['risk']);
        expect(await store().scan({ log: 'audit', limit: 10 })).toEqual(first);
        expect(await store().scan({ log: 'outbox', limit: 10 })).toEqual([effectSample('e1')]);
        expect(await store().scan({ log: 'window', limit: 10 })).toEqual([windowRow()]);
      });

      test('a change with nothing in it is made', async () => {
        expect(await store().commit(emptyChange)).toEqual(committed);
        await nothingIn();
      });
    });

    storeLogs(fresh);

    describe('concurrency', () => {
      test('of many commits on one revision exactly one is made', async () => {
        await commit({ puts: [putEndpoint('risk', null, 1_000)] });
        const tries = Array.from({ length: 20 }, async (_, i) =>
          store().commit(change({ puts: [putEndpoint('risk', 1, i)] })),
        );
        const answers = await Promise.all(tries);
        expect(answers.filter(({ type }) => type === 'committed')).toHaveLength(1);
        expect(await store().list({ kind: 'endpoint', limit: 9 })).toMatchObject([{ revision: 2 }]);
      });

      test('commits that do not touch each other are all made', async () => {
        const names = Array.from({ length: 30 }, (_, i) => `e${i}`);
        const answers = await Promise.all(
          names.map(async (name) => store().commit(change({ puts: [putEndpoint(name, null)] }))),
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
        const [read] = await store().list({ kind: 'endpoint', limit: 1 });
        expect(read?.value).toEqual(put.value);
      });

      test('changing what was read changes nothing', async () => {
        await commit({ puts: [putEndpoint('risk', null)], windows: [windowRow()] });
        const [read] = await store().list({ kind: 'endpoint', limit: 1 });
        // A store may hand out frozen values or copies of its own.
        Reflect.set(read?.value.settings ?? {}, 'deadlineMs', -1);
        const [again] = await store().list({ kind: 'endpoint', limit: 1 });
        expect(again?.value).toEqual(putEndpoint('risk', null).value);
      });
    });

    describe('what contradicts the port breaks the invariant', () => {
      test.each(['', 'Zo\u00eb', 'a\u0000', 'x'.repeat(513)])('the key %j', async (key) => {
        const bad = change({ puts: [{ ...putEndpoint('risk', null), key }] });
        await expect(store().commit(bad)).rejects.toThrow(InvariantViolation);
      });

      test.each([0, -1, 1.5, Number.NaN])('the limit %d', async (limit) => {
        const kind: RecordKind = 'endpoint';
        await expect(store().list({ kind, limit })).rejects.toThrow(InvariantViolation);
        await expect(store().scan({ log: 'audit', limit })).rejects.toThrow(InvariantViolation);
      });

      test('a key and a prefix at once', async () => {
        const both = store().list({ kind: 'endpoint', key: 'a', prefix: 'a', limit: 1 });
        await expect(both).rejects.toThrow(InvariantViolation);
      });
    });

    test('a closed store answers nothing, and may be closed again', async () => {
      await store().close();
      await store().close();
      await expect(store().list({ kind: 'endpoint', limit: 1 })).rejects.toThrow(
        InvariantViolation,
      );
      await expect(store().scan({ log: 'audit', limit: 1 })).rejects.toThrow(InvariantViolation);
      await expect(store().commit(change({}))).rejects.toThrow(InvariantViolation);
    });
  });
}
