import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Load } from './load.ts';
import { ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';
import {
  thenAnswers,
  thenEnded,
  thenPhase,
  thenWaits,
  whenAsked,
  whenClientsSend,
  type Rollout,
} from './words.ts';

let product: Product;
let load: Load;
beforeEach(async () => {
  product = await new Product().start();
  await product.givenEndpoint(['v1', 'v2']);
  load = whenClientsSend(product, { rate: 200 });
});
afterEach(async () => {
  await load.stop();
  await product.stop();
});

const whenSwitchStarts = (keys: object): Promise<Rollout> =>
  product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@2`,
      strategy: { kind: 'blue-green', ...keys },
      bucket: '1s',
      triggers: [{ metric: 'error_rate', tolerance: '10%' }],
      reason: 'scenario',
    },
  });

async function thenOnly(arm: string): Promise<void> {
  await until(
    async () => (await thenAnswers(load, 50)).symmetricDifference(new Set([arm])).size === 0,
    {
      what: `only ${arm} answers`,
    },
  );
}

// S1: two environments, one switch, and a way back that stays warm.
describe('given users of blue', () => {
  test('when green is ready, then nobody meets it until somebody says so', async () => {
    const { id } = await whenSwitchStarts({ cutOver: 'manual', keepWarm: '10m' });
    const { doing, shareBps } = await thenWaits(product, id);
    expect(doing).toContain('waiting for somebody to say `advance`');
    expect(shareBps).toBe(0);
    expect(new Set(load.served.map(({ arm }) => arm))).toEqual(new Set(['baseline']));
    await whenAsked(product, id, 'advance');
    await thenOnly('candidate');
    await whenAsked(product, id, 'rollback');
    await thenOnly('baseline');
    expect((await thenEnded(product, id)).phase).toBe('reverted');
    expect(load.failures).toEqual([]);
  });

  test('when green was watched for long enough, then blue is still one command away', async () => {
    const { id } = await whenSwitchStarts({ keepWarm: '2s' });
    await thenPhase(product, id, { phase: 'advancing', stage: 1 });
    expect((await thenEnded(product, id)).phase).toBe('promoted');
    const { version } = await product.client.endpoint.rollback({
      params: { endpoint: ENDPOINT },
      body: { reason: 'complaints' },
    });
    expect(version.version).toBe(1);
    expect(load.failures).toEqual([]);
  });
});
