import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRows } from '../../examples/demo/rows.ts';
import { createPredictor } from '../../sdk/prediction.ts';
import { ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';
import { thenAllDecideAlike, thenPhase, whenAsked } from './words.ts';

/** Users who ask at once, and tell at once what came of it. */
const AT_ONCE = 60;
const REGIONS = ['eu', 'us', 'mars'];
const params = { endpoint: ENDPOINT };

let product: Product;
let users = 0;
beforeEach(async () => {
  product = await new Product().start();
  await product.givenEndpoint(['v1', 'v2']);
  const source = { kind: 'header' as const, header: 'x-region' };
  await product.client.endpoint.change({
    params,
    body: {
      attributes: [{ name: 'region', type: 'text', source }],
      segments: [{ by: 'region', values: ['eu', 'us'] }],
    },
  });
});
afterEach(() => product.stop());

const features = readRows().find((row) => row.features.every((value) => value >= 0))?.features;

type Answer = { readonly region: string; readonly version: string; readonly id: string };

async function ask(region: string): Promise<Answer> {
  users += 1;
  const headers = { 'content-type': 'application/json', 'x-region': region };
  const response = await fetch(product.predictUrl, {
    method: 'POST',
    headers: { ...headers, 'x-unit-id': `user-${users}` },
    body: JSON.stringify({ features }),
  });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
  const version = response.headers.get('x-model-version') ?? '';
  return { region, version, id: response.headers.get('x-prediction-id') ?? '' };
}

const askAll = (region: (user: number) => string): Promise<readonly Answer[]> =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, user) => ask(region(user))));

/** In the eu version 2 earns more, elsewhere version 1. */
const isEarned = ({ region, version }: Answer, user: number): boolean =>
  user % 10 < ((region === 'eu') === (version === '2') ? 8 : 3);

async function whenUsersTell(hasCome: () => Promise<boolean>): Promise<void> {
  const predictor = createPredictor({ gateway: product.predict, retries: 20 });
  await until(
    async () => {
      const answers = await askAll((user) => REGIONS[user % REGIONS.length] ?? '');
      await predictor.feedback(
        answers.map((answer, user) => ({
          prediction_id: answer.id,
          reward: isEarned(answer, Math.floor(user / REGIONS.length)) ? 1 : 0,
        })),
      );
      return hasCome();
    },
    { what: 'the shares have followed', withinMs: 90_000 },
  );
}

// S6: the contextual variant. M1: figures by segment.
describe('given segments that earn more with different versions', () => {
  test('when rewards come, then each gets more of its own, also in health', async () => {
    const { client } = product;
    const { id } = await client.rollout.start({
      body: {
        endpoint: ENDPOINT,
        candidate: `${ENDPOINT}@2`,
        strategy: {
          kind: 'bandit',
          reward: { name: 'reward', kind: 'proportion' },
          algorithm: 'linear-thompson',
          update: '2s',
          floor: '5%',
        },
        bucket: '1s',
        triggers: [{ metric: 'error_rate', tolerance: '10%' }],
        reason: 'scenario',
      },
    });
    await thenPhase(product, id, { phase: 'advancing' });
    const sharesOf = async (): Promise<Readonly<Record<string, number>>> => {
      const { result } = await client.rollout.read({ params: { rollout: id } });
      const segments = result?.kind === 'bandit' ? (result.segments ?? []) : [];
      return Object.fromEntries(
        segments.map(({ segment, arms }) => [segment, arms[1]?.share ?? -1]),
      );
    };
    await whenUsersTell(async () => {
      const { eu = 0, us = 10_000, other = 10_000 } = await sharesOf();
      return eu > 9_000 && us < 1_000 && other < 1_000;
    });
    const versions = async (region: string) =>
      (await askAll(() => region)).filter(({ version }) => version === '2').length / AT_ONCE;
    await until(async () => (await versions('eu')) > 0.75, { what: 'gateways give eu its own' });
    expect(await versions('us')).toBeLessThan(0.25);
    expect(await versions('sa')).toBeLessThan(0.25);
    await until(
      async () => {
        const rows = await client.health.read({ query: { endpoint: ENDPOINT } });
        const told = rows.flatMap(({ arm, segments = [] }) =>
          segments.filter(({ requests }) => requests > 50).map(({ segment }) => [arm, segment]),
        );
        return ['eu', 'other', 'us'].every((one) => told.some(([, segment]) => segment === one));
      },
      { what: 'health tells segments apart' },
    );
    await whenAsked(product, id, 'rollback');
    await thenPhase(product, id, { phase: 'reverted' });
    await until(async () => (await versions('eu')) === 0, { what: 'everybody has version 1' });
    await thenAllDecideAlike(product);
  });
});

// S3: the shadow comparison per segment.
describe('given a shadow', () => {
  test('when users of several segments ask, then explain tells how far each agreed', async () => {
    const { client } = product;
    const { id } = await client.rollout.start({
      body: {
        endpoint: ENDPOINT,
        candidate: `${ENDPOINT}@2`,
        strategy: { kind: 'shadow', sample: '100%', least: '1h' },
        bucket: '1s',
        triggers: [{ metric: 'error_rate', tolerance: '10%' }, 'disagreement'],
        reason: 'scenario',
      },
    });
    await thenPhase(product, id, { phase: 'advancing' });
    const told = await until(
      async () => {
        await askAll((user) => REGIONS[user % REGIONS.length] ?? '');
        const { agreement } = await client.rollout.explain({ params: { rollout: id } });
        const segments = agreement?.segments ?? [];
        return segments.length === 3 && segments.every(({ units }) => units > 50) ? segments : null;
      },
      { what: 'copies of every segment are compared' },
    );
    expect(told.map(({ segment }) => segment)).toEqual(['eu', 'other', 'us']);
    for (const { agreement, lowerBound, coverage } of told) {
      expect(lowerBound ?? 1).toBeLessThanOrEqual(agreement ?? 0);
      expect(coverage).toBeGreaterThan(0);
    }
    await whenAsked(product, id, 'rollback');
    await thenPhase(product, id, { phase: 'reverted' });
  });
});
