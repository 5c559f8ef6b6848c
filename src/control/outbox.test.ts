import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../adapters/store/memory.ts';
import type { Effect } from '../core/rollout/effect.ts';
import {
  openControl,
  type LoneControl,
  type LoneOptions,
} from '../../test/simulator/lone-control.ts';
import { SimStore, type Fate } from '../../test/simulator/sim-store.ts';
import { Timeline } from '../../test/simulator/timeline.ts';

const effect = (n: number): Effect => ({
  id: `r-1/${n}/0`,
  type: 'notify',
  event: {
    kind: 'rollout.advanced',
    rollout: 'r-1',
    endpoint: 'risk',
    revision: n,
    shareBps: 0,
    sentence: `step ${n}`,
  },
});
const effects = [1, 2, 3].map(effect);
const ids = (some: readonly Effect[]): readonly string[] => some.map(({ id }) => id);

const queue = (lone: LoneControl): Promise<undefined> =>
  lone.context.journal.run(() => ({ effects, answer: undefined }));
const pending = async ({ store }: LoneControl): Promise<readonly string[]> =>
  ids(await store.scan({ log: 'outbox', limit: 10 }));

async function withControl(
  options: LoneOptions,
  body: (lone: LoneControl) => Promise<void>,
): Promise<void> {
  const lone = await openControl(options);
  await body(lone);
  await lone.close();
}

describe('effects', () => {
  test('are performed in order soon after they are durable, then marked', async () => {
    await withControl({}, async (lone) => {
      await queue(lone);
      await lone.timeline.advance(1);
      expect(ids(lone.sent)).toEqual(ids(effects));
      expect(await pending(lone)).toEqual([]);
    });
  });

  test('that fail are repeated until they succeed, without holding up the others', async () => {
    let failures = 3;
    const send = async ({ id }: Effect): Promise<void> => {
      if (id === effects[0]?.id && failures-- > 0) throw new Error('nobody there');
    };
    await withControl({ send }, async (lone) => {
      await queue(lone);
      await lone.timeline.advance(1);
      expect(ids(lone.sent)).toEqual(ids(effects.slice(1)));
      expect(await pending(lone)).toEqual(ids(effects.slice(0, 1)));
      await lone.timeline.advance(4_000);
      expect(ids(lone.sent)).toEqual(ids([...effects.slice(1), ...effects.slice(0, 1)]));
      expect(await pending(lone)).toEqual([]);
    });
  });

  test('whose receiver hangs are given up after ten seconds, heeding signals or not', async () => {
    const aborted: string[] = [];
    const send = ({ id }: Effect, signal: AbortSignal): Promise<void> => {
      if (id !== effects[0]?.id) return Promise.resolve();
      signal.addEventListener('abort', () => aborted.push(id));
      return new Promise(() => undefined);
    };
    await withControl({ send }, async (lone) => {
      await queue(lone);
      await lone.timeline.advance(9_999);
      expect(ids(lone.sent)).toEqual([]);
      await lone.timeline.advance(2);
      expect(aborted).toEqual(ids(effects.slice(0, 1)));
      expect(ids(lone.sent)).toEqual(ids(effects.slice(1)));
    });
  });

  test('are performed again after a crash between performing and marking', async () => {
    const memory = new MemoryStore();
    const timeline = new Timeline();
    const fates: Fate[] = [];
    const store = new SimStore({
      store: memory,
      timeline,
      fateOf: (_call, change) =>
        (change?.performed.length ?? 0) > 0
          ? (fates.shift() ?? { type: 'done', ms: 0 })
          : { type: 'done', ms: 0 },
    });
    fates.push({ type: 'done', ms: 1_000 });
    const first = await openControl({ store, timeline });
    await queue(first);
    await timeline.advance(100);
    expect(ids(first.sent)).toEqual(ids(effects));
    store.kill();
    await first.close();
    await withControl({ store: memory, timeline }, async (second) => {
      await timeline.advance(10);
      expect(ids(second.sent)).toEqual(ids(effects));
      expect(await pending(second)).toEqual([]);
    });
  });

  test.for(['refused', 'unknown'] as const)(
    'wait out a store that fails (%s) without ending the process',
    async (type) => {
      let isAway = false;
      const timeline = new Timeline();
      const store = new SimStore({
        store: new MemoryStore(),
        timeline,
        fateOf: () => ({ type: isAway ? type : 'done', ms: 0 }),
      });
      await withControl({ store, timeline }, async (lone) => {
        await queue(lone);
        isAway = true;
        await timeline.advance(20_000);
        isAway = false;
        await timeline.advance(10_000);
        expect(new Set(ids(lone.sent))).toEqual(new Set(ids(effects)));
        expect(await pending(lone)).toEqual([]);
      });
    },
  );

  test('stop with the process', async () => {
    await withControl({}, async (lone) => {
      await lone.control.stop();
      await queue(lone);
      await lone.timeline.advance(60_000);
      expect(lone.sent).toEqual([]);
    });
  });
});
