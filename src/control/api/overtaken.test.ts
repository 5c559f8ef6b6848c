import { afterEach, beforeEach, expect, test } from 'vitest';
import { feed } from '../../../test/receipts/feed.ts';
import { Town } from '../../../test/receipts/town.ts';
import { replayReceipt } from '../../core/replay/replay.ts';
import { verifyReceipt } from '../../core/replay/verify.ts';

let town: Town;
beforeEach(async () => {
  town = await Town.open();
});
afterEach(() => town.desk.close());

const primary = { name: 'reward', kind: 'proportion', better: 'higher' } as const;
const strategy = {
  kind: 'ab-test',
  primary: { ...primary, expected: '20%', mde: '10%' },
  cycle: '10s',
  winner: 'automatic',
};
const beside = { strategy, slice: '50%', triggers: [{ metric: 'error_rate', tolerance: '5%' }] };

const read = async (id: string) =>
  (await town.desk.ask('viewer', 'rollout.read', { params: { rollout: id } })).json();

// S4: what is not in production any more is no measure of what may be.
test('a test wins against a version that was replaced meanwhile: a person decides', async () => {
  const first = await town.start({ ...beside, candidate: 'tumour@2' });
  const second = await town.start({ ...beside, candidate: 'tumour@3' });
  await town.passUntil(second, ['advancing']);
  await town.passUntil(first, ['advancing']);
  await town.command(first, 'promote');
  await town.passUntil(first, ['promoted']);
  await feed(town, 25, [20, 0, 40]);
  expect(await read(second)).toMatchObject({
    phase: 'holding',
    hold: {
      by: 'strategy',
      who: 'ab-test',
      arm: 'candidate',
      sentence: expect.stringContaining('compared with tumour@1, and risk serves tumour@2'),
    },
  });
  const asked = await town.receipt(second);
  expect(verifyReceipt(asked)).toMatchObject({ outcome: 'same' });
  const again = replayReceipt(asked, asked.entries[0].detail.spec);
  expect(again).toMatchObject({ ok: true, value: { parting: null } });
  await town.command(second, 'promote');
  await town.passUntil(second, ['promoted']);
  const { json } = await town.desk.ask('viewer', 'endpoint.read', { params: { endpoint: 'risk' } });
  expect(json()).toMatchObject({ version: { version: 3 }, previous: { version: 2 } });
});
