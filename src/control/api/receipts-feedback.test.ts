import { expect, test } from 'vitest';
import type { Receipt, ReceiptStep } from '../../core/replay/receipt.ts';
import { outcomesIn } from '../../core/replay/record.ts';
import { replayReceipt } from '../../core/replay/replay.ts';
import { verifyReceipt } from '../../core/replay/verify.ts';
import { parseReceipt } from '../../protocol/admin/receipt.ts';
import { comeBack } from '../../../test/receipts/come-back.ts';
import { forged, withPackedFeedback, withoutFeedback } from '../../../test/receipts/forged.ts';
import { Town } from '../../../test/receipts/town.ts';

const SECOND_MS = 1_000;
const UNITS = 20;
/** Clicks of so many units: the later arms are better. */
const clicks = { baseline: 4, candidate: 9, 'candidate-2': 14 } as const;

/** What came back in one second, from every arm. */
const feedBack = (town: Town, id: string): Promise<void> => {
  const values = Object.entries(clicks).map(([arm, hits]) => {
    return [arm, Array.from({ length: UNITS }, (_one, unit) => (unit < hits ? 1 : 0))] as const;
  });
  return comeBack(town, id, { metric: 'click', values: Object.fromEntries(values) });
};

/** A bandit of three arms that learns from clicks. */
async function learned(): Promise<Receipt> {
  const town = await Town.open();
  await town.desk.ask('admin', 'feedback.declare', {
    params: { endpoint: 'risk', metric: 'click' },
    body: { maturityMs: SECOND_MS },
  });
  await town.pass(12);
  const id = await town.start({
    candidate: undefined,
    candidates: ['tumour@2', 'tumour@3'],
    strategy: {
      kind: 'bandit',
      reward: { name: 'click', kind: 'proportion', better: 'higher' },
      update: '5s',
      burnIn: { units: 10, responses: 2 },
    },
  });
  for (let second = 0; second < 15; second += 1) {
    await town.pass(1);
    await feedBack(town, id);
  }
  await town.command(id, 'rollback');
  await town.passUntil(id, ['reverted']);
  const receipt = await town.receipt(id);
  await town.desk.close();
  return receipt;
}

test('what came back is in the receipt, and is decided on again', async () => {
  const receipt = await learned();
  expect(receipt.entries.map(({ action }) => action)).toContain('rollout.reweigh');
  expect(verifyReceipt(receipt)).toMatchObject({ outcome: 'same' });
  // The better arm is said to be worse, and every hash is made to fit.
  const claimed = forged(receipt, (step) =>
    step.action === 'rollout.reweigh' ? withWorseArm(step) : step,
  );
  expect(verifyReceipt(claimed)).toMatchObject({ outcome: 'differs' });
  // Much came back: it is kept in rows without names, and decided on all the same.
  const short = forged(receipt, withPackedFeedback);
  expect(verifyReceipt(short)).toMatchObject({ outcome: 'same' });
  expect(parseReceipt(JSON.parse(JSON.stringify(short)))).toEqual(short);
  expect(replayReceipt(short, short.entries[0].detail.spec)).toMatchObject({
    value: { parting: null },
  });
  // More came back than is kept: what rests on it is neither the same nor otherwise.
  const cut = forged(receipt, withoutFeedback);
  expect(verifyReceipt(cut)).toMatchObject({ outcome: 'partial' });
  expect(replayReceipt(cut, cut.entries[0].detail.spec)).toMatchObject({
    ok: true,
    value: {
      parting: { sentence: expect.stringContaining('is not known') },
      unknown: expect.arrayContaining([expect.stringContaining('cannot be decided again')]),
    },
  });
});

function withWorseArm(step: ReceiptStep): ReceiptStep {
  const { detail } = step;
  const { judged } = detail;
  if (judged === null) return step;
  const outcomes = (outcomesIn(judged) ?? []).map((outcome) => ({
    ...outcome,
    arms: outcome.arms.map((arm) =>
      arm.arm === 'candidate-2'
        ? { ...arm, cohorts: arm.cohorts.map((cohort) => ({ ...cohort, sum: 0, sumSquares: 0 })) }
        : arm,
    ),
  }));
  return { ...step, detail: { ...detail, judged: { ...judged, outcomes } } };
}
