import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Load } from './load.ts';
import { ENDPOINT, Product } from './product.ts';
import { thenEnded, thenPhase, whenClientsSend } from './words.ts';
import type { Rollout } from './words.ts';

/** No model answers that fast, so this objective cannot be kept. */
const IMPOSSIBLE = '0.01ms';

let product: Product;
let load: Load;
beforeEach(async () => {
  product = await new Product().start();
});
afterEach(async () => {
  await load.stop();
  await product.stop();
});

async function whenGradualStarts(candidate: number, triggers: readonly object[]): Promise<Rollout> {
  return product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@${candidate}`,
      strategy: { kind: 'gradual', watch: '6s' },
      bucket: '1s',
      triggers: [...triggers],
      reason: 'scenario',
    },
  });
}

// S7 and R6: a hard trigger ends a rollout by itself.
describe('given a version that answers NaN to some users', () => {
  test('when it gets traffic, then it is taken out by itself, and no request fails', async () => {
    await product.givenEndpoint(['v1', 'v3']);
    load = whenClientsSend(product, { rate: 200, withMissing: true });
    const { id } = await whenGradualStarts(2, [{ metric: 'null_rate' }, { metric: 'error_rate' }]);
    const { phase, cause } = await thenEnded(product, id);
    expect(phase).toBe('reverted');
    expect(cause?.by).toMatch(/^(?:check|fuse)$/);
    expect(load.failures).toEqual([]);
  });
});

// R7: a soft trigger holds and asks; a person answers.
describe('given a healthy version and an objective that only a person can excuse', () => {
  const soft = { metric: 'latency_objective', objective: IMPOSSIBLE, onFail: 'soft' };
  const triggers = [{ metric: 'error_rate', tolerance: '5%' }, soft];
  beforeEach(async () => {
    await product.givenEndpoint(['v1', 'v2']);
    load = whenClientsSend(product, { rate: 200 });
  });

  test('when it fails, then the rollout holds, asks, and stays where it is', async () => {
    const { id } = await whenGradualStarts(2, triggers);
    const { hold, shareBps } = await thenPhase(product, id, { phase: 'holding' });
    expect(hold).toMatchObject({ by: 'check', who: 'latency_objective' });
    expect(shareBps).toBe(10_000);
  });

  test('when a person resumes it, then that trigger is accepted, and it is promoted', async () => {
    const { id } = await whenGradualStarts(2, triggers);
    await thenPhase(product, id, { phase: 'holding' });
    const body = { command: 'resume', reason: 'nobody minds' } as const;
    await product.client.rollout.command({ params: { rollout: id }, body });
    expect((await thenEnded(product, id)).phase).toBe('promoted');
    expect(load.failures).toEqual([]);
  });

  test('when a person takes it back, then it is reverted', async () => {
    const { id } = await whenGradualStarts(2, triggers);
    await thenPhase(product, id, { phase: 'holding' });
    const body = { command: 'rollback', reason: 'too slow after all' } as const;
    await product.client.rollout.command({ params: { rollout: id }, body });
    expect((await thenEnded(product, id)).phase).toBe('reverted');
    expect(load.failures).toEqual([]);
  });
});
