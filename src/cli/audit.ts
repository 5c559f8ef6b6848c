import type { CallAnswer } from '../protocol/admin/call.ts';
import type { AddCommands } from './command.ts';
import { EXIT } from './exit.ts';
import { integer } from './reference.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { count } from './wording.ts';

type ListOptions = { readonly subject?: string; readonly limit: string };

/** `audit list|verify`. */
export const addAuditCommands: AddCommands = (program, runner) => {
  const audit = program.command('audit').description('who did what, when and why');
  audit
    .command('list')
    .description('list the entries, newest first')
    .option('--subject <subject>', 'only about this, e.g. rollout/r-1 or endpoint/churn')
    .option('--limit <n>', 'how many at most', '50')
    .action(
      runner.does<ListOptions>(async (session, _args, { subject, limit }) => {
        const entries = await (
          await session.client()
        ).audit.list({
          query: {
            limit: integer(limit, '--limit'),
            ...(subject === undefined ? {} : { subject }),
          },
        });
        session.out.result({ entries }, () => table(session, entries));
      }),
    );
  audit
    .command('verify')
    .description('walk the whole chain and say whether it is unbroken')
    .action(
      runner.does(async (session) => {
        const verified = await (await session.client()).audit.verify();
        const { ok, entries, head, broken } = verified;
        session.out.result(verified, () =>
          ok
            ? `the chain of ${count(entries)} entries is unbroken; its head is ${head ?? 'none'}`
            : `the chain is BROKEN at entry ${broken?.seq ?? '?'}: ${broken?.why ?? 'unknown'}`,
        );
        return ok ? EXIT.ok : EXIT.conflict;
      }),
    );
};

const table = ({ out }: Session, entries: CallAnswer<'audit.list'>): string =>
  renderTable(
    [
      { title: 'SEQ', right: true },
      { title: 'AT' },
      { title: 'WHO' },
      { title: 'DID' },
      { title: 'TO' },
      { title: 'WHY' },
    ],
    entries.map(({ seq, at, actor, action, subject, reason }) => [
      String(seq),
      at.slice(0, 19).replace('T', ' '),
      actor,
      { text: action, style: 'strong' },
      subject,
      reason,
    ]),
    out.surface,
  );
