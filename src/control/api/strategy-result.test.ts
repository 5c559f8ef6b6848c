import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyReceipt } from '../../core/replay/verify.ts';
import { Town } from '../../../test/receipts/town.ts';

const signal = new AbortController().signal;

let town: Town;
let made = 0;
beforeEach(async () => {
  town = await Town.open();
  made = 0;
});
afterEach(() => town.desk.close());

const primary = { name: 'reward', kind: 'proportion', better: 'higher' } as const;
const soon = { triggers: [{ metric: 'error_rate', tolerance: '5%' }] } as const;

const start = (strategy: object) => town.start({ strategy, ...soon });

const read = async (id: string) =>
  (await town.desk.ask('viewer', 'rollout.read', { params: { rollout: id } })).json();

/** Seconds of units as the shares say, of which so many of a hundred did it, by version. */
async function feed(seconds: number, hits: readonly [number, number]): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await town.pass(1);
    const at = town.desk.clock.now();
    const { route } = town;
    const versionOf = (arm: string): number =>
      route.arms.find(({ name }) => name === arm)?.version.version ?? 0;
    const origins = route.split.map(({ arm, bps }) => ({
      endpoint: 'risk',
      arm,
      version: versionOf(arm),
      generation: 5,
      rollout: route.rollout,
      revision: route.revision,
      assigned: arm,
      shareBps: bps,
    }));
    const feedback = route.split.flatMap(({ arm, bps }, origin) =>
      Array.from({ length: Math.round(bps / 25) }, (_, n) => {
        made += 1;
        const nonce = `0a1b2c3d4e5f${made.toString(36)}`;
        const predicted = { label: null, score: null };
        const about = { type: 'prediction', origin, nonce, unit: made, at, predicted } as const;
        const value = n % 100 < (hits[versionOf(arm) - 1] ?? 0) ? 1 : 0;
        return { about, metric: 'reward', value, id: null, receivedAt: at };
      }),
    );
    await town.desk.control.feed.feedback(
      {
        schema: 1,
        gateway: 'g1',
        instance: 'i1',
        sequence: made,
        origins,
        feedback,
        exposures: [],
        exposuresDropped: 0,
      },
      signal,
    );
  }
}

describe('what comes back moves a rollout', () => {
  test('a bandit: shares follow, the result is shown, the best is promoted', async () => {
    const stop = { best: '99.99%', loss: '0.5%' };
    const strategy = { kind: 'bandit', reward: primary, update: '10s', floor: '10%', stop };
    const id = await start(strategy);
    await town.passUntil(id, ['advancing']);
    await feed(21, [20, 22]);
    const seen = await read(id);
    expect(seen).toMatchObject({ phase: 'advancing', result: { kind: 'bandit', isWarm: true } });
    expect(Number(seen['shareBps'])).toBeGreaterThan(6_000);
    await feed(25, [20, 40]);
    await town.passUntil(id, ['promoted']);
    expect(await read(id)).toMatchObject({
      phase: 'promoted',
      result: { kind: 'bandit', winner: 'candidate' },
    });
    const checked = verifyReceipt(await town.receipt(id));
    expect(checked).toMatchObject({ outcome: 'same' });
  });

  test('an A/B test: a person is asked, and answers with promote', async () => {
    const strategy = {
      kind: 'ab-test',
      primary: { ...primary, expected: '20%', mde: '10%' },
      cycle: '10s',
    };
    const id = await start(strategy);
    await town.passUntil(id, ['advancing']);
    await feed(25, [20, 40]);
    const seen = await read(id);
    expect(seen).toMatchObject({
      phase: 'holding',
      hold: { by: 'strategy', who: 'ab-test', arm: 'candidate' },
      result: { kind: 'ab-test', recommendation: { code: 'ship', arm: 'candidate' } },
    });
    await town.command(id, 'promote');
    await town.passUntil(id, ['promoted']);
    expect(verifyReceipt(await town.receipt(id))).toMatchObject({ outcome: 'same' });
  });

  test('a challenger takes over, and the champion challenges it', async () => {
    const strategy = {
      kind: 'champion-challenger',
      metric: primary,
      split: ['30%'],
      window: '10m',
      minUnits: 500,
      gate: 'automatic',
    };
    const id = await start(strategy);
    await town.passUntil(id, ['advancing']);
    await feed(25, [20, 40]);
    expect(await read(id)).toMatchObject({
      phase: 'advancing',
      baseline: { version: 2 },
      candidate: { version: 1 },
    });
    const endpoint = await town.desk.ask('viewer', 'endpoint.read', {
      params: { endpoint: 'risk' },
    });
    expect(endpoint.json()).toMatchObject({ version: { version: 2 }, previous: { version: 1 } });
  });
});
