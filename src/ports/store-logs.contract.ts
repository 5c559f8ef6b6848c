import { describe, expect, test } from 'vitest';
import { auditDraftSample, effectSample, windowSample } from '../../test/samples.ts';
import { change, chainAfter, windowRow } from '../../test/stores.ts';
import type { FreshStore } from '../../test/stores.ts';
import { link, verifyChain } from '../core/governance/chain.ts';
import { instant } from '../core/lib/units.ts';
import type { Window } from '../core/telemetry/window.ts';
import type { ScanQuery, WindowRow } from './store.ts';

/** What every store must do with logs: the part of its contract about audit, effects, windows. */
export function storeLogs({ store, commit }: FreshStore): void {
  const audit = async (over: Partial<ScanQuery<'audit'>> = {}): Promise<readonly number[]> =>
    (await store().scan({ log: 'audit', limit: 100, ...over })).map(({ seq }) => seq);
  const windows = async (over: Partial<ScanQuery<'window'>> = {}): Promise<readonly WindowRow[]> =>
    store().scan({ log: 'window', limit: 1_000, ...over });

  describe('the audit log', () => {
    const chain = chainAfter(null, 9);

    test('comes back whole, and verifies', async () => {
      await commit({ audit: chain.slice(0, 4) });
      await commit({ audit: chain.slice(4) });
      const entries = await store().scan({ log: 'audit', limit: 100 });
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
      const answer = await store().commit(change({ audit: entries }));
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
      (await store().scan({ log: 'outbox', limit })).map(({ id }) => id);

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
      await commit({ windows: [windowRow({ requests: 1 })] });
      await commit({ windows: [windowRow({ requests: 5 }), windowRow({ requests: 6 })] });
      expect(await windows()).toEqual([windowRow({ requests: 6 })]);
    });

    test('differ by every part of their key', async () => {
      const all = [
        windowRow(),
        windowRow({}, { gateway: 'g2' }),
        windowRow({}, { instance: 'i2' }),
        windowRow({ endpoint: 'other' }),
        windowRow({ rollout: 'r-2' }),
        windowRow({ rollout: null }),
        windowRow({ revision: 4 }),
        windowRow({ arm: 'candidate' }),
        windowRow({ version: 2 }),
        windowRow({ start: at(1) }),
        windowRow({ bucketMs: 1_000 }),
      ];
      await commit({ windows: all });
      await commit({ windows: all });
      const kept = await windows();
      expect(kept).toHaveLength(all.length);
      for (const one of all) expect(kept).toContainEqual(one);
    });

    test('come in the order of their key, whatever the order they were sent in', async () => {
      const all = [
        windowRow({ start: at(0), arm: 'baseline' }),
        windowRow({ start: at(0), arm: 'baseline' }, { gateway: 'g2' }),
        windowRow({ start: at(0), arm: 'candidate' }),
        windowRow({ start: at(1), rollout: null }),
        windowRow({ start: at(1), rollout: 'r-2' }),
        windowRow({ start: at(2), endpoint: 'a' }),
        windowRow({ start: at(2), endpoint: 'b' }),
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
        windowRow({ start: at(0) }),
        windowRow({ start: at(1), rollout: null }),
        windowRow({ start: at(2) }),
        windowRow({ start: at(3), rollout: null }),
      ];
      await commit({ windows: all });
      expect(await windows(query)).toEqual(found.map((i) => all[i]));
    });

    test('that start before a moment are forgotten', async () => {
      await commit({ windows: [0, 1, 2, 3].map((n) => windowRow({ start: at(n) })) });
      await commit({ windowsForgottenBefore: at(2), windows: [windowRow({ start: at(1) })] });
      expect((await windows()).map(({ window }) => window.start)).toEqual([at(2), at(3)]);
    });
  });
}
