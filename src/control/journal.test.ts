import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../adapters/store/memory.ts';
import type { Effect } from '../core/rollout/effect.ts';
import { verifyChain } from '../core/governance/chain.ts';
import type { RoutingTable } from '../core/routing/table.ts';
import { endpointSample } from '../../test/samples.ts';
import { refTo, register, twoModels } from '../../test/simulator/catalog.ts';
import { SimClock } from '../../test/simulator/sim-clock.ts';
import { SimStore, type Fate } from '../../test/simulator/sim-store.ts';
import { Timeline } from '../../test/simulator/timeline.ts';
import { openJournal, type Journal, type Plan } from './journal.ts';
import { endpointsOf, loadState, tableOf, type State } from './state.ts';
import { TableFeed } from './table-feed.ts';

const done: Fate = { type: 'done', ms: 0 };

/** A journal on a store whose next commits have these fates; later ones are done. */
async function openOn(memory: MemoryStore, fates: Fate[] = []) {
  const timeline = new Timeline();
  const store = new SimStore({
    store: memory,
    timeline,
    fateOf: (call) => (call === 'commit' ? (fates.shift() ?? done) : done),
  });
  const clock = new SimClock(timeline);
  const journal = await openJournal(store, clock);
  const tables: RoutingTable[] = [];
  let told = 0;
  journal.onTable((table) => tables.push(table));
  journal.onEffects(() => (told += 1));
  return { journal, tables, told: () => told, clock, timeline };
}

const effect: Effect = {
  id: 'r-1/1/0',
  type: 'notify',
  event: {
    kind: 'rollout.started',
    rollout: 'r-1',
    endpoint: 'risk',
    revision: 1,
    shareBps: 0,
    sentence: 'it began',
  },
};

/** A plan that moves an endpoint to a version. */
const serve = (name: string, version: number): Plan<string> => ({
  puts: [
    {
      kind: 'endpoint',
      key: name,
      value: endpointSample(name, { version: refTo('tumour', version), revision: version }),
    },
  ],
  audit: [
    {
      at: endpointSample(name).createdAt,
      actor: 'ada',
      action: 'endpoint.change',
      subject: `endpoint/${name}`,
      reason: 'to see',
      detail: { version },
    },
  ],
  effects: [effect],
  answer: 'done',
});

const servedIn = (state: State): readonly number[] =>
  ['risk', 'alarm'].map((name) => state.records.endpoint.get(name)?.value.version.version ?? 0);
const served = (journal: Journal): readonly number[] => servedIn(journal.state());

describe('what is decided', () => {
  test('is seen, published and announced once it is durable, all together', async () => {
    const memory = new MemoryStore();
    const { journal, tables, told } = await openOn(memory);
    await register(journal, twoModels);
    expect(await journal.run(() => serve('risk', 2))).toBe('done');
    expect(tables.map(({ generation }) => generation)).toEqual([1, 2]);
    expect(tables.at(-1)).toEqual(tableOf(journal.state()));
    expect(told()).toBe(1);
    const durable = await loadState(memory);
    expect(durable).toEqual(journal.state());
    expect(await memory.scan({ log: 'outbox', limit: 10 })).toEqual([effect]);
    const audit = await memory.scan({ log: 'audit', limit: 10 });
    expect(verifyChain(audit)).toEqual({ ok: true, count: 3 });
  });

  test('in one order, each on what the one before left', async () => {
    const { journal, timeline } = await openOn(new MemoryStore(), [{ type: 'done', ms: 10 }]);
    const seen: number[] = [];
    const add = (): Promise<number> =>
      journal.run((state) => {
        const versions = endpointsOf(state).length;
        seen.push(versions);
        const { puts = [] } = serve(`e${versions}`, 1);
        return { puts, answer: versions };
      });
    const adding = Promise.all([1, 2, 3].map(add));
    await timeline.advance(10);
    expect(await adding).toEqual([0, 1, 2]);
    expect(seen).toEqual([0, 1, 2]);
  });

  test('changes nothing when it changes nothing', async () => {
    const memory = new MemoryStore();
    const { journal, tables } = await openOn(memory, [{ type: 'refused', ms: 0 }]);
    expect(await journal.run(() => ({ answer: 7 }))).toBe(7);
    expect(tables).toEqual([]);
  });

  test('changes nothing when the plan throws, and the next one goes ahead', async () => {
    const { journal } = await openOn(new MemoryStore());
    await register(journal, twoModels);
    const before = journal.state();
    const failing = journal.run(() => {
      throw new Error('no');
    });
    const next = journal.run(() => serve('risk', 2));
    await expect(failing).rejects.toThrow('no');
    await next;
    expect(served(journal)).toEqual([2, 1]);
    expect(before.records.endpoint.get('risk')?.value.version.version).toBe(1);
  });
});

describe('a store that fails', () => {
  test('before it has committed: nothing is seen, and the same can be asked again', async () => {
    const { journal, tables } = await openOn(new MemoryStore(), [done, { type: 'refused', ms: 0 }]);
    await register(journal, twoModels);
    await expect(journal.run(() => serve('risk', 2))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(served(journal)).toEqual([1, 1]);
    expect(tables).toHaveLength(1);
    await journal.run(() => serve('risk', 2));
    expect(served(journal)).toEqual([2, 1]);
  });

  test('after it has committed: the next look finds it done, published and announced', async () => {
    const { journal, tables, told } = await openOn(new MemoryStore(), [
      done,
      { type: 'unknown', ms: 0 },
    ]);
    await register(journal, twoModels);
    await expect(journal.run(() => serve('risk', 2))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(await journal.run((state) => ({ answer: endpointsOf(state).length }))).toBe(2);
    expect(served(journal)).toEqual([2, 1]);
    expect(tables.map(({ generation }) => generation)).toEqual([1, 2]);
    expect(told()).toBe(1);
  });

  test('is asked again when it cannot be read either', async () => {
    const memory = new MemoryStore();
    let isAway = false;
    const timeline = new Timeline();
    const store = new SimStore({
      store: memory,
      timeline,
      fateOf: (call) => ({
        type: isAway ? (call === 'commit' ? 'unknown' : 'refused') : 'done',
        ms: 0,
      }),
    });
    const journal = await openJournal(store, new SimClock(timeline));
    await register(journal, twoModels);
    isAway = true;
    for (const version of [2, 3]) {
      await expect(journal.run(() => serve('risk', version))).rejects.toThrow('failed');
    }
    isAway = false;
    await journal.run(() => ({ answer: null }));
    expect(served(journal)).toEqual([2, 1]);
  });
});

describe('two processes on one store', () => {
  test('the slower one is refused, then sees and publishes what the other did', async () => {
    const memory = new MemoryStore();
    const mine = await openOn(memory);
    await register(mine.journal, twoModels);
    const other = await openOn(memory);
    await other.journal.run(() => serve('risk', 2));
    await expect(mine.journal.run(() => serve('risk', 3))).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
    });
    await mine.journal.run((state) => {
      expect(servedIn(state)).toEqual([2, 1]);
      return serve('risk', 3);
    });
    expect(mine.tables.map(({ generation }) => generation)).toEqual([1, 2, 3]);
    const audit = await memory.scan({ log: 'audit', limit: 10 });
    expect(verifyChain(audit)).toEqual({ ok: true, count: 4 });
  });
});

describe('the table feed', () => {
  const table = (generation: number): RoutingTable => ({
    schema: 1,
    generation,
    routes: [],
    models: [],
  });
  const never = new AbortController().signal;

  test('answers at once with what is newer, else as soon as there is something', async () => {
    const feed = new TableFeed(table(3));
    expect(await feed.next(2, never)).toEqual(table(3));
    const waiting = [feed.next(3, never), feed.next(4, never), feed.next(3, never)];
    feed.publish(table(4));
    feed.publish(table(5));
    const generations = (await Promise.all(waiting)).map((got) => got?.generation);
    expect(generations).toEqual([4, 5, 4]);
  });

  test('never goes back', async () => {
    const feed = new TableFeed(table(3));
    feed.publish(table(2));
    expect(await feed.next(0, never)).toEqual(table(3));
  });

  test('gives up when nobody waits any more', async () => {
    const feed = new TableFeed(table(3));
    const leaving = new AbortController();
    const waiting = feed.next(3, leaving.signal);
    leaving.abort();
    expect(await waiting).toBeNull();
    expect(await feed.next(3, leaving.signal)).toBeNull();
  });
});
