import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRows } from '../../examples/demo/rows.ts';
import { createPredictor } from '../../sdk/prediction.ts';
import type { FeedbackPiece } from '../../sdk/prediction.ts';
import { ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';
import { thenPhase } from './words.ts';

const product = new Product();
beforeAll(async () => {
  await product.start();
  await product.givenEndpoint(['v1', 'v2']);
});
afterAll(() => product.stop());

const params = { endpoint: ENDPOINT };

/** Asks for each row under a unit of its own; answers with what to say when the truth is known. */
async function whenAsked(prefix: string): Promise<readonly FeedbackPiece[]> {
  const predictor = createPredictor({ gateway: product.predict });
  return Promise.all(
    readRows().map(async ({ features, label }, n) => {
      const options = { endpoint: ENDPOINT, unit: `${prefix}-${n}` };
      const { predictionId } = await predictor.predict(features, options);
      return { prediction_id: predictionId ?? '', label };
    }),
  );
}

const send = (pieces: readonly FeedbackPiece[]) =>
  createPredictor({ gateway: product.predict, retries: 20 }).feedback(pieces);

async function counted(): Promise<{ readonly labels: number; readonly units: number }> {
  const { metrics, rollout } = await product.client.feedback.read({ params });
  const labels = metrics.find(({ metric }) => metric === 'label')?.versions ?? [];
  const arms = rollout?.metrics.find(({ metric }) => metric === 'label')?.arms ?? [];
  return {
    labels: labels.reduce((sum, { events }) => sum + events, 0),
    units: arms.reduce((sum, { units }) => sum + units, 0),
  };
}

// D3: ground truth that comes late, through whatever dies.
test('labels count once each, whatever dies on their way', async () => {
  const { id } = await product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@2`,
      strategy: { stages: ['30%', '100%'], least: '1h' },
      bucket: '1s',
      triggers: [{ metric: 'error_rate', tolerance: '10%' }],
      reason: 'scenario',
    },
  });
  await thenPhase(product, id, { phase: 'advancing' });
  const pieces = await whenAsked('first');
  const half = Math.floor(pieces.length / 2);
  const stored = await send(pieces.slice(0, half));
  expect(stored).toMatchObject({ state: 'stored', taken: half, refused: 0 });

  // Control hangs, and is killed: the gateway holds what it was told, and hands it on.
  const { control = 0 } = await product.processes();
  process.kill(control, 'SIGSTOP');
  expect(await send(pieces.slice(half))).toMatchObject({ state: 'accepted' });
  expect(await send(pieces)).toMatchObject({ state: 'accepted' });
  process.kill(control, 'SIGKILL');
  const units = await until(
    async () => {
      const now = await counted().catch(() => null);
      return now?.labels === pieces.length && now.units >= pieces.length ? now.units : null;
    },
    { what: 'every label has come to control' },
  );
  expect(units).toBe(pieces.length);

  // What a gateway held that was killed is lost; sent again, all of it counts once.
  const later = await whenAsked('second');
  await send(later.slice(0, half));
  const { control: second = 0, g1 = 0 } = await product.processes();
  process.kill(second, 'SIGSTOP');
  expect(await send(later)).toMatchObject({ state: 'accepted' });
  process.kill(g1, 'SIGKILL');
  process.kill(second, 'SIGCONT');
  await until(async () => (await send(later).catch(() => null))?.state === 'stored', {
    what: 'the gateway is back, and control takes feedback',
  });
  const all = pieces.length + later.length;
  expect(await send([...pieces, ...later])).toMatchObject({ state: 'stored', taken: all });
  expect(await counted()).toEqual({ labels: all, units: all });
});
