import { expect, test } from 'vitest';
import { MemoryStore } from '../adapters/store/memory.ts';
import { instant } from '../core/lib/units.ts';
import { emptyChange } from '../ports/store.ts';
import { openControl } from '../../test/simulator/lone-control.ts';
import { EPOCH_MS } from '../../test/simulator/sim-clock.ts';
import { SimStore } from '../../test/simulator/sim-store.ts';
import { Timeline } from '../../test/simulator/timeline.ts';
import { ANSWERS_KEPT_MS } from './housekeeping.ts';

const answersOf = 2_500;

/** A store with as many old answers as need three pages, and a new one. */
async function storeWithAnswers(): Promise<MemoryStore> {
  const store = new MemoryStore();
  const answer = (key: string, at: number) => ({
    kind: 'answer' as const,
    key,
    expect: null,
    value: { bodyDigest: '', status: 200, body: '{}', at: instant(at) },
  });
  const old = Array.from({ length: answersOf }, (_, n) =>
    answer(`k${n}`, EPOCH_MS - ANSWERS_KEPT_MS),
  );
  await store.commit({ ...emptyChange, puts: [...old, answer('new', EPOCH_MS)] });
  return store;
}

test('answers are remembered for a day, then forgotten', async () => {
  const store = await storeWithAnswers();
  const lone = await openControl({ store });
  const left = async (): Promise<number> =>
    (await store.list({ kind: 'answer', limit: 10_000 })).length;
  await lone.timeline.advance(1);
  expect(await left()).toBe(answersOf + 1);
  await lone.timeline.advance(600_000);
  expect(await left()).toBe(1);
  lone.clock.jump(ANSWERS_KEPT_MS);
  await lone.timeline.advance(600_000);
  expect(await left()).toBe(0);
  await lone.close();
});

test('a store that fails for a while is asked again later', async () => {
  const memory = await storeWithAnswers();
  const timeline = new Timeline();
  let isAway = false;
  const store = new SimStore({
    store: memory,
    timeline,
    fateOf: () => ({ type: isAway ? 'refused' : 'done', ms: 0 }),
  });
  const lone = await openControl({ store, timeline });
  isAway = true;
  await timeline.advance(600_001);
  isAway = false;
  await timeline.advance(600_000);
  expect(await memory.list({ kind: 'answer', limit: 10 })).toHaveLength(1);
  await lone.close();
});
