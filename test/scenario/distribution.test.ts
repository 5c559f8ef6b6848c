import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Load } from './load.ts';
import { ENDPOINT, Product } from './product.ts';
import { thenAllDecideAlike, thenEnded, thenPhase, whenAsked, whenClientsSend } from './words.ts';
import type { Rollout } from './words.ts';

let product: Product;
let load: Load;
beforeEach(async () => {
  product = await new Product().start();
  await product.givenEndpoint(['v1', 'v2']);
  load = whenClientsSend(product, { rate: 200, users: 50_000 });
});
afterEach(async () => {
  await load.stop();
  await product.stop();
});

async function whenCanaryWatches(answers: object): Promise<Rollout> {
  return product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@2`,
      strategy: { stages: ['50%'], least: '1s' },
      bucket: '1s',
      triggers: [{ metric: 'error_rate', tolerance: '10%' }, answers],
      reason: 'scenario',
    },
  });
}

// R7: a shift of the prediction distribution holds and asks.
describe('given a version of another kind, whose probabilities lie elsewhere', () => {
  test('when it gets traffic, then it holds and asks, and says what moved', async () => {
    const { id } = await whenCanaryWatches({ metric: 'prediction_distribution' });
    const { hold } = await thenPhase(product, id, { phase: 'holding' });
    expect(hold).toMatchObject({ by: 'check', who: 'prediction_distribution' });
    expect(hold?.sentence).toMatch(/are probabilities .* fall elsewhere \(PSI/);
    const [drift] = await product.client.drift.read({ query: { endpoint: ENDPOINT } });
    expect(drift?.cause).toBe('model');
    await whenAsked(product, id, 'rollback');
    expect((await thenEnded(product, id)).phase).toBe('reverted');
    expect(load.failures).toEqual([]);
    await thenAllDecideAlike(product);
  });

  test('when so much may move, then it is shown to be within it, and promoted', async () => {
    const { id } = await whenCanaryWatches({
      metric: 'prediction_distribution',
      tolerance: '80%',
      limit: '90%',
    });
    expect((await thenEnded(product, id)).phase).toBe('promoted');
    expect(load.failures).toEqual([]);
    await thenAllDecideAlike(product);
  });
});

// R7: anomalous feature importance holds and asks. M2: importance of features.
describe('given a version that other features drive', () => {
  test('when both are asked about the same rows, then it holds and says which', async () => {
    const { id } = await whenCanaryWatches({
      metric: 'feature_importance',
      tolerance: '10%',
      limit: '10%',
      minUnits: 64,
    });
    const { hold } = await thenPhase(product, id, { phase: 'holding' });
    expect(hold).toMatchObject({ by: 'check', who: 'feature_importance' });
    expect(hold?.sentence).toMatch(/Of what drives .* is features\[\d+\], of the baseline's/);
    await whenAsked(product, id, 'rollback');
    expect((await thenEnded(product, id)).phase).toBe('reverted');
    expect(load.failures).toEqual([]);
    await thenAllDecideAlike(product);
  });
});
