import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Load } from './load.ts';
import { ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';
import {
  thenAnswers,
  thenEnded,
  thenPhase,
  whenAsked,
  whenClientsSend,
  type Rollout,
} from './words.ts';

let product: Product;
let colleagues: Load;
let customers: Load;
beforeEach(async () => {
  product = await new Product().start();
  await product.givenEndpoint(['v1', 'v2', 'v3']);
  await product.client.endpoint.change({
    params: { endpoint: ENDPOINT },
    body: {
      attributes: [{ name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } }],
    },
  });
  const withMissing = true;
  colleagues = whenClientsSend(product, { rate: 100, withMissing, headers: { 'x-group': 'dev' } });
  customers = whenClientsSend(product, { rate: 100, seed: 2, withMissing });
});
afterEach(async () => {
  await Promise.all([colleagues.stop(), customers.stop()]);
  await product.stop();
});

const whenPhasesStart = (candidate: number): Promise<Rollout> =>
  product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@${candidate}`,
      strategy: {
        kind: 'phased',
        advance: 'manual',
        phases: [
          { name: 'internal', audience: 'group in [dev, qa]', share: '50%', least: '1s' },
          { name: 'general', least: '1s' },
        ],
      },
      bucket: '1s',
      triggers: [
        { metric: 'error_rate', tolerance: '10%' },
        { metric: 'null_rate', tolerance: '4%', limit: '8%' },
      ],
      reason: 'scenario',
    },
  });

const armsOf = ({ served }: Load): ReadonlySet<string> => new Set(served.map(({ arm }) => arm));

async function thenMeet(load: Load): Promise<void> {
  await until(async () => (await thenAnswers(load, 20)).has('candidate'), {
    what: 'the candidate answers',
  });
}

// S8: the people in the building first, and 0 % of the public.
describe('given colleagues, customers, and a phase for colleagues', () => {
  test('when it is on, then no customer meets the candidate before the next', async () => {
    const { id } = await whenPhasesStart(2);
    await thenPhase(product, id, { phase: 'advancing', stage: 0 });
    await thenMeet(colleagues);
    expect(await thenAnswers(customers, 200)).toEqual(new Set(['outside']));
    expect(armsOf(customers)).not.toContain('candidate');
    await whenAsked(product, id, 'advance');
    await thenMeet(customers);
    await whenAsked(product, id, 'promote');
    expect((await thenEnded(product, id)).phase).toBe('promoted');
    expect([...colleagues.failures, ...customers.failures]).toEqual([]);
  });

  test('when the candidate is bad, then it is taken out, and no customer ever met it', async () => {
    const { id } = await whenPhasesStart(3);
    expect((await thenEnded(product, id)).phase).toBe('reverted');
    expect(armsOf(colleagues)).toContain('candidate');
    expect(armsOf(customers)).not.toContain('candidate');
    expect([...colleagues.failures, ...customers.failures]).toEqual([]);
  });
});
