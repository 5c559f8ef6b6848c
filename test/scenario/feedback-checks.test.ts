import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRows, type Row } from '../../examples/demo/rows.ts';
import { createPredictor } from '../../sdk/prediction.ts';
import { ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';
import { thenAllDecideAlike, thenPhase, whenAsked } from './words.ts';
import type { Rollout } from './words.ts';

/** Answers of a batch, of whose rows the truth is told at once. */
const AT_ONCE = 60;

let product: Product;
beforeEach(async () => {
  product = await new Product().start();
  // The better version is in production.
  await product.givenEndpoint(['v2', 'v1']);
});
afterEach(() => product.stop());

const predictor = () => createPredictor({ gateway: product.predict, retries: 20 });
/** Every third user has a row that only the version in production gets right. */
async function givenUsers(): Promise<(user: number) => Row | undefined> {
  const rows = readRows().filter(({ features }) => features.every((value) => value >= 0));
  const isRight = async ({ features, label }: Row, version: number): Promise<boolean> => {
    const { prediction } = await predictor().predict(features, { endpoint: ENDPOINT, version });
    return prediction === label;
  };
  const rights = await Promise.all(
    rows.map(async (row) => [await isRight(row, 1), await isRight(row, 2)] as const),
  );
  const hard = rows.filter((_, n) => rights[n]?.[0] === true && !rights[n][1]);
  expect(hard.length).toBeGreaterThan(0);
  expect(hard.length).toBeLessThan(rows.length / 2);
  return (user) => (user % 3 === 0 ? hard[user % hard.length] : rows[user % rows.length]);
}

/** Users ask, and say what was true, until the rollout is where it is waited for. */
async function whenUsersTell(
  rowOf: (user: number) => Row | undefined,
  hasCome: () => Promise<boolean>,
): Promise<void> {
  let user = 0;
  await until(
    async () => {
      const pieces = await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          user += 1;
          const { features = [], label = 0 } = rowOf(user) ?? {};
          const options = { endpoint: ENDPOINT, unit: `user-${user}` };
          const { predictionId } = await predictor().predict(features, options);
          return { prediction_id: predictionId ?? '', label };
        }),
      );
      await predictor().feedback(pieces);
      return hasCome();
    },
    { what: 'the labels have decided', withinMs: 60_000 },
  );
}

async function whenCanaryAsksForLabels(accuracy: object): Promise<Rollout> {
  return product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@2`,
      strategy: { stages: ['40%'], least: '1s' },
      bucket: '1s',
      triggers: [
        { metric: 'error_rate', tolerance: '10%' },
        { metric: 'accuracy', minUnits: 200, margin: '5%', ...accuracy },
      ],
      reason: 'scenario',
    },
  });
}

const phaseOf = async (id: string) =>
  (await product.client.rollout.read({ params: { rollout: id } })).phase;

// S2, R7: what comes back holds a candidate that is quick and fails nobody.
describe('given a version that fails nobody, and is wrong where the other one is right', () => {
  test('when labels come, then it is held, and goes back when a person says so', async () => {
    const rowOf = await givenUsers();
    const { id } = await whenCanaryAsksForLabels({});
    await thenPhase(product, id, { phase: 'advancing' });
    await whenUsersTell(rowOf, async () => (await phaseOf(id)) !== 'advancing');
    const { hold } = await thenPhase(product, id, { phase: 'holding' });
    expect(hold).toMatchObject({ by: 'check', who: 'accuracy' });
    expect(hold?.sentence).toMatch(/In label the candidate has .* points worse/);
    await whenAsked(product, id, 'rollback');
    await thenPhase(product, id, { phase: 'reverted' });
    await thenAllDecideAlike(product);
  });

  test('when the trigger is hard, then it is taken back by itself', async () => {
    const rowOf = await givenUsers();
    const { id } = await whenCanaryAsksForLabels({ onFail: 'hard' });
    await thenPhase(product, id, { phase: 'advancing' });
    await whenUsersTell(rowOf, async () => (await phaseOf(id)) === 'reverted');
    const { cause } = await thenPhase(product, id, { phase: 'reverted' });
    expect(cause).toMatchObject({ by: 'check', who: 'accuracy' });
    await thenAllDecideAlike(product);
  });
});
