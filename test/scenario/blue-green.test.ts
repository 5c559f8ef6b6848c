import { describe, expect, test } from 'vitest';
import { ENDPOINT } from './product.ts';
import { givenUsers } from './scene.ts';
import { until } from './until.ts';
import { thenAnswers, thenEnded, thenPhase, thenWaits, whenAsked, type Rollout } from './words.ts';

const given = givenUsers(['v1', 'v2'], 200);

const whenSwitchStarts = (keys: object): Promise<Rollout> =>
  given.product.client.rollout.start({
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
    async () => (await thenAnswers(given.load, 50)).symmetricDifference(new Set([arm])).size === 0,
    {
      what: `only ${arm} answers`,
    },
  );
}

/** Green has answered its golden rows on the gateway, just now. */
async function thenProved(id: string): Promise<void> {
  const { gateways } = await given.product.client.rollout.explain({ params: { rollout: id } });
  expect(gateways?.proofs).toMatchObject([{ arm: 'candidate', gateway: 'g1', difference: null }]);
  for (const { values, agoMs } of gateways?.proofs ?? []) {
    expect(values).toBeGreaterThan(0);
    expect(agoMs).toBeLessThan(15_000);
  }
}

// S1: two environments, one switch, and a way back that stays warm.
describe('given users of blue', () => {
  test('when green is ready, then nobody meets it until somebody says so', async () => {
    const { id } = await whenSwitchStarts({ cutOver: 'manual', keepWarm: '10m' });
    const { doing, shareBps } = await thenWaits(given.product, id);
    expect(doing).toContain('waiting for somebody to say `advance`');
    expect(shareBps).toBe(0);
    await thenProved(id);
    expect(new Set(given.load.served.map(({ arm }) => arm))).toEqual(new Set(['baseline']));
    await whenAsked(given.product, id, 'advance');
    await thenOnly('candidate');
    await whenAsked(given.product, id, 'rollback');
    await thenOnly('baseline');
    expect((await thenEnded(given.product, id)).phase).toBe('reverted');
    expect(given.load.failures).toEqual([]);
  });

  test('when green was watched for long enough, then blue is still one command away', async () => {
    const { id } = await whenSwitchStarts({ keepWarm: '2s' });
    await thenPhase(given.product, id, { phase: 'advancing', stage: 1 });
    expect((await thenEnded(given.product, id)).phase).toBe('promoted');
    const { overlap } = await given.product.client.rollout.read({ params: { rollout: id } });
    expect(overlap?.versionSeconds).toBeGreaterThan(1);
    expect(overlap?.byteSeconds).toBeGreaterThan(2 ** 20);
    const { history } = await given.product.client.rollout.explain({ params: { rollout: id } });
    const switched = history.findLast(({ action }) => action === 'rollout.advance');
    expect(switched?.reason).toMatch(/Golden rows \(\d+ values?\) were answered as expected on g1/);
    const { version } = await given.product.client.endpoint.rollback({
      params: { endpoint: ENDPOINT },
      body: { reason: 'complaints' },
    });
    expect(version.version).toBe(1);
    expect(given.load.failures).toEqual([]);
  });
});
