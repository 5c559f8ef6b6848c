import { afterEach, describe, expect, test } from 'vitest';
import { replayReceipt } from '../../core/replay/replay.ts';
import { verifyReceipt } from '../../core/replay/verify.ts';
import { comeBack } from '../../../test/receipts/come-back.ts';
import { Town } from '../../../test/receipts/town.ts';

let town: Town;
afterEach(() => town.desk.close());

/** Labels of one second: each arm's answers are right so often. */
const label = (id: string, right: { baseline: number; candidate: number }): Promise<void> => {
  const labels = (share: number): readonly string[] =>
    Array.from({ length: 100 }, (_, place) => (place < share * 100 ? '1' : '0'));
  const values = { baseline: labels(right.baseline), candidate: labels(right.candidate) };
  return comeBack(town, id, { metric: 'label', values });
};

/** A canary that is quick and free of errors, and asks how right its answers are. */
async function begun(trigger: object): Promise<string> {
  town = await Town.open();
  await town.pass(12);
  const id = await town.start({
    triggers: [
      { metric: 'error_rate', tolerance: '5%' },
      { metric: 'accuracy', minUnits: 200, ...trigger },
    ],
  });
  await town.passUntil(id, ['advancing']);
  return id;
}

async function labelFor(
  id: string,
  right: { baseline: number; candidate: number },
  until: readonly string[],
): Promise<void> {
  for (let second = 0; second < 40 && !until.includes(town.phase(id)); second += 1) {
    await town.pass(1);
    await label(id, right);
  }
  await town.pass(1);
}

const shown = async (operation: 'rollout.read' | 'rollout.explain', id: string) =>
  (await town.desk.ask('viewer', operation, { params: { rollout: id } })).json();

// R7: a soft trigger on a metric of the feedback holds and asks.
describe('a candidate whose answers are worse', () => {
  const worse = { baseline: 0.95, candidate: 0.7 };

  test('is held by a soft check, and a person may go on', async () => {
    const id = await begun({});
    await labelFor(id, worse, ['holding']);
    expect(town.phase(id)).toBe('holding');
    const { hold } = await shown('rollout.read', id);
    expect(hold).toMatchObject({
      by: 'check',
      who: 'accuracy',
      sentence: expect.stringMatching(/^In label the candidate has 70 %.*25 points worse/),
    });
    await town.command(id, 'advance');
    await labelFor(id, worse, ['promoted']);
    expect(town.phase(id)).toBe('promoted');
  });

  test('is taken back by a hard one, and all of it can be decided again', async () => {
    const id = await begun({ onFail: 'hard' });
    await labelFor(id, worse, ['reverted']);
    expect(town.phase(id)).toBe('reverted');
    const receipt = await town.receipt(id);
    expect(verifyReceipt(receipt)).toMatchObject({ outcome: 'same' });
    const replayed = replayReceipt(receipt, receipt.entries[0].detail.spec);
    expect(replayed).toMatchObject({ ok: true, value: { parting: null } });
    const { outcomeChecks: _none, ...lax } = receipt.entries[0].detail.spec;
    expect(replayReceipt(receipt, lax)).toMatchObject({
      ok: true,
      value: { parting: { sentence: expect.stringContaining('which was not decided then') } },
    });
  });
});

test('a candidate whose answers are as right is promoted, but not before labels came', async () => {
  const id = await begun({});
  await town.pass(15);
  const waits = await shown('rollout.explain', id);
  expect(waits).toMatchObject({
    wants: expect.arrayContaining([
      'accuracy: on 200 complete units of each arm or more it must be shown not to be worse than ' +
        'the baseline by 2 points in label.',
    ]),
    rollout: { phase: 'advancing', stage: 0, doing: expect.stringMatching(/^accuracy: Nothing/) },
    budget: { feedback: [{ check: 'accuracy', alpha: 0.01 }] },
  });
  await labelFor(id, { baseline: 0.99, candidate: 0.99 }, ['promoted']);
  expect(town.phase(id)).toBe('promoted');
  expect(verifyReceipt(await town.receipt(id))).toMatchObject({ outcome: 'same' });
});

test('one that may go on without labels does, and is judged by those that came', async () => {
  const id = await begun({ onMissing: 'continue' });
  await town.passUntil(id, ['promoted']);
  expect(town.phase(id)).toBe('promoted');
});

test('a metric that nobody declared is refused, with where it stands', async () => {
  town = await Town.open();
  const said = await town.desk.ask('admin', 'rollout.start', {
    body: {
      endpoint: 'risk',
      candidate: 'tumour@2',
      triggers: ['error_rate', { metric: 'feedback', feedback: 'conversoin', margin: '1%' }],
    },
  });
  expect(said.json()).toMatchObject({
    code: 'ROLLOUT_METRIC_UNKNOWN',
    path: expect.stringMatching(/^triggers/),
  });
});
