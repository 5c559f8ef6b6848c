import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyReceipt } from '../../core/replay/verify.ts';
import { feed, feedPairs } from '../../../test/receipts/feed.ts';
import { Town } from '../../../test/receipts/town.ts';

let town: Town;
beforeEach(async () => {
  town = await Town.open();
});
afterEach(() => town.desk.close());

const primary = { name: 'reward', kind: 'proportion', better: 'higher' } as const;
const soon = { triggers: [{ metric: 'error_rate', tolerance: '5%' }] } as const;

const start = (strategy: object) => town.start({ strategy, ...soon });

const read = async (id: string) =>
  (await town.desk.ask('viewer', 'rollout.read', { params: { rollout: id } })).json();

describe('what comes back moves a rollout', () => {
  test('a bandit: shares follow, the result is shown, the best is promoted', async () => {
    const stop = { best: '99.99%', loss: '0.5%' };
    const strategy = { kind: 'bandit', reward: primary, update: '10s', floor: '10%', stop };
    const id = await start(strategy);
    await town.passUntil(id, ['advancing']);
    await feed(town, 21, [20, 22]);
    const seen = await read(id);
    expect(seen).toMatchObject({ phase: 'advancing', result: { kind: 'bandit', isWarm: true } });
    expect(Number(seen['shareBps'])).toBeGreaterThan(6_000);
    await feed(town, 25, [20, 40]);
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
    await feed(town, 25, [20, 40]);
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
    await feed(town, 25, [20, 40]);
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

  // S5: scored in shadow on the same requests.
  test('a challenger that answers copies is held against labels of the same requests', async () => {
    const strategy = {
      kind: 'champion-challenger',
      metric: { name: 'label' },
      paired: { perSecond: 100 },
      window: '10m',
    };
    const id = await start(strategy);
    await town.passUntil(id, ['advancing']);
    expect(town.route).toMatchObject({
      split: [{ bps: 10_000 }, { bps: 0 }],
      mirror: { arm: 'candidate', perSecondMax: 100, isPaired: true },
    });
    await feedPairs(town, 8, { wins: 3, losses: 3 });
    expect(await read(id)).toMatchObject({
      phase: 'advancing',
      result: { challenges: [{ advantage: 0, isBetter: false }], leader: null },
    });
    await feedPairs(town, 12, { wins: 9, losses: 2 });
    expect(await read(id)).toMatchObject({
      phase: 'holding',
      hold: { by: 'strategy', who: 'champion-challenger', arm: 'candidate' },
      result: { leader: 'candidate', integrity: { isBroken: false } },
    });
    // Pairs are no metric that anybody sends: they are told in the result alone.
    const told = await town.desk.ask('viewer', 'feedback.read', { params: { endpoint: 'risk' } });
    expect(told.json()['rollout']).toMatchObject({ id, metrics: [] });
    await town.command(id, 'advance');
    await feedPairs(town, 3, { wins: 3, losses: 3 });
    expect(await read(id)).toMatchObject({
      phase: 'advancing',
      baseline: { version: 2 },
      candidate: { version: 1 },
      // What was counted for one role says nothing of the other.
      result: { leader: null },
    });
    expect(verifyReceipt(await town.receipt(id))).toMatchObject({ outcome: 'same' });
  });
});
