import { verifyReceipt } from '../core/replay/verify.ts';
import type { CheckedStep, Verification } from '../core/replay/verify.ts';
import type { Receipt } from '../core/replay/receipt.ts';
import { PROGRAM_VERSION } from '../protocol/program-version.ts';
import type { AddCommands } from './command.ts';
import { EXIT } from './exit.ts';
import type { Exit } from './exit.ts';
import type { Output } from './output.ts';
import { readReceipt } from './receipt-file.ts';
import { renderTable } from './table.ts';
import { moment } from './wording.ts';

/** `verify`. */
export const addVerifyCommand: AddCommands = (program, runner) => {
  program
    .command('verify RECEIPT')
    .description('decide everything in a receipt again, without a server (RECEIPT: a file or -)')
    .addHelpText('after', afterHelp)
    .action(
      runner.does(async (session, [file = '']) => {
        const read = await readReceipt(session, file);
        const verified: Verification =
          read.type === 'read'
            ? verifyReceipt(read.receipt)
            : { outcome: 'tampered', sentence: 'The receipt was changed after it was written.' };
        const receipt = read.type === 'read' ? read.receipt : null;
        session.out.result({ ...verified, ...aboutOf(receipt) }, () =>
          told(verified, receipt, session.out),
        );
        return exits[verified.outcome];
      }),
    );
};

const afterHelp =
  '\nExit codes: 0 everything comes out as it was recorded, 14 something comes out otherwise,\n' +
  '15 a hash does not hold: it was changed, 18 nothing comes out otherwise, but some steps rest ' +
  'on\n' +
  'more feedback than is kept with them and were not decided again, 2 it cannot be read.';

const exits: Readonly<Record<Verification['outcome'], Exit>> = {
  same: EXIT.ok,
  partial: EXIT.partial,
  differs: EXIT.differs,
  tampered: EXIT.tampered,
};

const styles = {
  same: 'good',
  partial: 'warn',
  differs: 'bad',
  tampered: 'bad',
  feedback: 'warn',
} as const;

/** What a person holds against what was noted elsewhere. */
function aboutOf(receipt: Receipt | null) {
  if (receipt === null) return {};
  const { rollout, sha256, entries } = receipt;
  const { seq, hash } = entries.at(-1) ?? entries[0];
  return { rollout, sha256, lastEntry: { seq, hash }, verifiedBy: PROGRAM_VERSION };
}

function told(verified: Verification, receipt: Receipt | null, out: Output): string {
  const { outcome, sentence } = verified;
  const verdict = `${out.paint(styles[outcome], outcome.toUpperCase())}  ${sentence}`;
  if (receipt === null || verified.outcome === 'tampered') return verdict;
  const { seq, hash } = receipt.entries.at(-1) ?? receipt.entries[0];
  return [
    stepTable(verified.steps, out),
    '',
    verdict,
    out.paint('dim', `rollout ${receipt.rollout}, decided again by ${PROGRAM_VERSION}`),
    out.paint('dim', `receipt sha256 ${receipt.sha256}`),
    out.paint('dim', `audit entry ${seq} has hash ${hash}; hold it against what you noted`),
  ].join('\n');
}

const stepTable = (steps: readonly CheckedStep[], { surface }: Output): string =>
  renderTable(
    [
      { title: 'ENTRY', right: true },
      { title: 'AT' },
      { title: 'DID' },
      { title: 'WINDOWS', right: true },
      { title: 'BY' },
      { title: 'AGAIN' },
      { title: 'WHY' },
    ],
    steps.map(({ seq, at, action, windows, program, outcome, reason }) => [
      String(seq),
      moment(at),
      { text: action, style: 'strong' },
      String(windows),
      program,
      { text: outcome, style: styles[outcome] },
      reason,
    ]),
    surface,
  );
