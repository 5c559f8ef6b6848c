import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENDPOINT, Product } from './product.ts';
import { thenAllDecideAlike, thenEnded, whenCanaryStarts, whenClientsSend } from './words.ts';

const product = new Product();
beforeAll(async () => {
  await product.start();
  await product.givenEndpoint(['v1', 'v2', 'v3']);
});
afterAll(() => product.stop());

// S2: a good candidate and a bad one.
test('a good candidate is promoted, a bad one reverted, and no client notices', async () => {
  const load = whenClientsSend(product, { rate: 200, withMissing: true });
  const good = await thenEnded(product, (await whenCanaryStarts(product, 2)).id);
  const bad = await thenEnded(product, (await whenCanaryStarts(product, 3)).id);
  await load.stop();
  expect(good.phase).toBe('promoted');
  expect(bad).toMatchObject({
    phase: 'reverted',
    cause: { by: expect.stringMatching(/check|fuse/) },
  });
  expect(load.failures).toEqual([]);
  const endpoint = await product.client.endpoint.read({ params: { endpoint: ENDPOINT } });
  expect(endpoint.version.version).toBe(2);
});

test('whoever doubts a decision can decide it again', async () => {
  await expect(thenAllDecideAlike(product)).resolves.toBeUndefined();
});

test('what happened is in the audit log, and the log is whole', async () => {
  const verification = await product.client.audit.verify();
  expect(verification).toMatchObject({ ok: true, broken: null });
  const entries = await product.client.audit.list({ query: { limit: 1_000 } });
  const actions = new Set(entries.map(({ action }) => action));
  for (const action of ['version.push', 'endpoint.create', 'rollout.start', 'rollout.revert']) {
    expect(actions).toContain(action);
  }
});
