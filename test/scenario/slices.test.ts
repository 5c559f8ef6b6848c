import { describe, expect, test } from 'vitest';
import { ENDPOINT } from './product.ts';
import { givenUsers } from './scene.ts';
import { thenPhase, whenAsked, type Rollout } from './words.ts';

const scene = givenUsers(['v1', 'v2', 'v3'], 150);

const whenTestStarts = (candidate: number, slice: string): Promise<Rollout> =>
  scene.product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@${candidate}`,
      strategy: {
        kind: 'ab-test',
        primary: { name: 'reward', kind: 'ratio', expected: 0.6, mde: 0.1, sd: 0.4 },
      },
      slice,
      bucket: '1s',
      triggers: [{ metric: 'error_rate', tolerance: '10%' }],
      reason: 'scenario',
    },
  });

/** Asks once for each of so many users, and says which version answered whom. */
async function thenVersions(users: number): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let n = 0; n < users; n += 1) {
    const unit = `person-${n}`;
    const response = await fetch(scene.product.predictUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-unit-id': unit },
      body: JSON.stringify({ features: Array.from({ length: 30 }, () => 1) }),
    });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
    found.set(unit, response.headers.get('x-model-version') ?? '');
  }
  return found;
}

// S4: experiments at one endpoint that exclude each other.
describe('given two tests at one endpoint', () => {
  test('when one goes back, then nobody in the other notices', async () => {
    const { product, load } = scene;
    const first = await whenTestStarts(2, '50%');
    const second = await whenTestStarts(3, '50%');
    await expect(whenTestStarts(2, '10%')).rejects.toMatchObject({ code: 'ROLLOUT_NO_ROOM' });
    await thenPhase(product, first.id, { phase: 'advancing' });
    await thenPhase(product, second.id, { phase: 'advancing' });
    const before = await thenVersions(200);
    expect(new Set(before.values())).toEqual(new Set(['1', '2', '3']));
    await whenAsked(product, first.id, 'rollback');
    await thenPhase(product, first.id, { phase: 'reverted' });
    const after = await thenVersions(200);
    for (const [unit, version] of before) {
      expect(after.get(unit)).toBe(version === '2' ? '1' : version);
    }
    expect((await thenPhase(product, second.id, { phase: 'advancing' })).sliceBps).toBe(5_000);
    expect(load.failures).toEqual([]);
  });

  test('when one is promoted, then the other keeps its baseline, the rest does not', async () => {
    const { product, load } = scene;
    const first = await whenTestStarts(2, '40%');
    const second = await whenTestStarts(3, '40%');
    await thenPhase(product, first.id, { phase: 'advancing' });
    await thenPhase(product, second.id, { phase: 'advancing' });
    await whenAsked(product, first.id, 'promote');
    await thenPhase(product, first.id, { phase: 'promoted' });
    const { control } = await product.processes();
    process.kill(control ?? 0, 'SIGKILL');
    expect(new Set((await thenVersions(200)).values())).toEqual(new Set(['1', '2', '3']));
    await whenAsked(product, second.id, 'rollback');
    await thenPhase(product, second.id, { phase: 'reverted' });
    expect(new Set((await thenVersions(100)).values())).toEqual(new Set(['2']));
    expect(load.failures).toEqual([]);
  });
});
