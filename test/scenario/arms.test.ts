import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Load } from './load.ts';
import { ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';
import { thenAllDecideAlike, thenAnswers, thenEnded, whenAsked, whenClientsSend } from './words.ts';

let product: Product;
let load: Load;
beforeEach(async () => {
  product = await new Product().start();
});
afterEach(async () => {
  await load.stop();
  await product.stop();
});

// S4, S6: a candidate that plainly fails is cut off by the gateway; the others keep what they have.
describe('given a test of two candidates, one of which answers NaN to some users', () => {
  test('when its fuse is out, then the other one goes on, and no request fails', async () => {
    await product.givenEndpoint(['v1', 'v2', 'v3']);
    load = whenClientsSend(product, { rate: 200, withMissing: true });
    const { id } = await product.client.rollout.start({
      body: {
        endpoint: ENDPOINT,
        candidates: [`${ENDPOINT}@2`, `${ENDPOINT}@3`],
        strategy: {
          kind: 'ab-test',
          primary: { name: 'label', expected: '50%', mde: '5%' },
          split: ['40%', '40%'],
        },
        bucket: '1s',
        // Nothing but the fuse looks at NaN here.
        triggers: [{ metric: 'error_rate', tolerance: '10%' }],
        reason: 'scenario',
      },
    });
    const params = { rollout: id };
    const dropped = await until(
      async () => {
        const { history } = await product.client.rollout.explain({ params });
        return history.find(({ action }) => action === 'rollout.drop') ?? null;
      },
      { what: 'one candidate is taken out', withinMs: 60_000 },
    );
    expect(dropped.reason).toMatch(/^candidate-2 failed \d+/);
    expect(dropped.phase).toBe('advancing');
    await until(async () => !(await thenAnswers(load, 50)).has('candidate-2'), {
      what: 'it answers nobody',
    });
    expect(await thenAnswers(load, 200)).toEqual(new Set(['baseline', 'candidate']));
    const { phase, shareBps } = await product.client.rollout.read({ params });
    expect({ phase, shareBps }).toEqual({ phase: 'advancing', shareBps: 4_000 });
    await whenAsked(product, id, 'rollback');
    expect((await thenEnded(product, id)).phase).toBe('reverted');
    await thenAllDecideAlike(product);
    expect(load.failures).toEqual([]);
  });
});
