import { link } from '../../src/core/governance/chain.ts';
import { packOutcomes } from '../../src/core/replay/packed-outcomes.ts';
import { outcomesIn } from '../../src/core/replay/record.ts';
import type { Judged } from '../../src/core/replay/record.ts';
import { sealed } from '../../src/core/replay/receipt.ts';
import type { Receipt, ReceiptStep } from '../../src/core/replay/receipt.ts';

/** A receipt of which somebody rewrote steps and made every hash fit. */
export function forged(
  { sha256: _sha256, ...open }: Receipt,
  rewrite: (step: ReceiptStep) => ReceiptStep,
): Receipt {
  const [start, ...steps] = open.entries;
  const written: ReceiptStep[] = [];
  for (const step of steps) {
    const { seq, previous, detail, ...said } = rewrite(step);
    const before = written.at(-1) ?? start;
    // Entries about other things stand between them in the log.
    const head = { seq: seq - 1, hash: before.seq + 1 === seq ? before.hash : previous };
    written.push({ ...link(head, { ...said, detail }), detail });
  }
  return sealed({ ...open, entries: [start, ...written] });
}

/** As if more had come back than is kept with a decision. */
export const withoutFeedback = (step: ReceiptStep): ReceiptStep => withJudged(step, () => null);

/** As if so much had come back that its figures are kept without their names. */
export const withPackedFeedback = (step: ReceiptStep): ReceiptStep =>
  withJudged(step, (judged) => packOutcomes(outcomesIn(judged) ?? []));

function withJudged(
  step: ReceiptStep,
  outcomesOf: (judged: Judged) => Judged['outcomes'],
): ReceiptStep {
  const { detail } = step;
  const { judged } = detail;
  if (judged === null) return step;
  return { ...step, detail: { ...detail, judged: { ...judged, outcomes: outcomesOf(judged) } } };
}
