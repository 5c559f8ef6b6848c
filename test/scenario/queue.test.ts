import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Load } from './load.ts';
import { ENDPOINT, Product } from './product.ts';
import { thenPhase, whenAsked, whenClientsSend, type Rollout } from './words.ts';

let product: Product;
let load: Load;
beforeEach(async () => {
  product = await new Product().start();
  await product.givenEndpoint(['v1', 'v2', 'v3']);
  load = whenClientsSend(product, { rate: 100 });
});
afterEach(async () => {
  await load.stop();
  await product.stop();
});

/** A canary that stays where it is until somebody says otherwise. */
const whenStarted = (candidate: number, over: object = {}): Promise<Rollout> =>
  product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@${candidate}`,
      strategy: { stages: ['20%'], advance: 'manual' },
      bucket: '1s',
      triggers: [{ metric: 'error_rate', tolerance: '10%' }],
      reason: 'scenario',
      ...over,
    },
  });

const thenServes = async (version: number): Promise<void> => {
  const endpoint = await product.client.endpoint.read({ params: { endpoint: ENDPOINT } });
  expect(endpoint.version.version).toBe(version);
};

describe('given a canary under traffic', () => {
  test('when another is queued, then it begins after it, across a crash of control', async () => {
    const first = await whenStarted(2);
    const second = await whenStarted(3, { onBusy: 'queue', baseline: `${ENDPOINT}@2` });
    await expect(whenStarted(3)).rejects.toMatchObject({ code: 'ROLLOUT_ACTIVE' });
    await thenPhase(product, first.id, { phase: 'advancing' });
    const { control } = await product.processes();
    process.kill(control ?? 0, 'SIGKILL');
    expect((await thenPhase(product, second.id, { phase: 'queued' })).shareBps).toBe(0);
    await whenAsked(product, first.id, 'promote');
    await thenPhase(product, first.id, { phase: 'promoted' });
    const begun = await thenPhase(product, second.id, { phase: 'advancing' });
    expect(begun.baseline.version).toBe(2);
    await whenAsked(product, second.id, 'rollback');
    await thenPhase(product, second.id, { phase: 'reverted' });
    await thenServes(2);
    expect(load.failures).toEqual([]);
  });

  test('when another supersedes it, then the baseline has everything in between', async () => {
    const first = await whenStarted(2);
    await thenPhase(product, first.id, { phase: 'advancing' });
    const { id } = await whenStarted(3, { onBusy: 'supersede', reason: 'a fix' });
    await thenPhase(product, id, { phase: 'advancing' });
    const { cause } = await thenPhase(product, first.id, { phase: 'reverted' });
    expect(cause?.sentence).toBe(`superseded by ${id}: a fix`);
    const entries = await product.client.audit.list({ query: { limit: 50 } });
    const order = entries.toReversed().map(({ subject, action }) => `${subject} ${action}`);
    const settled = order.indexOf(`rollout/${first.id} rollout.settle`);
    expect(order.indexOf(`rollout/${id} rollout.start`)).toBeGreaterThan(settled);
    await thenServes(1);
    expect(load.failures).toEqual([]);
  });
});
