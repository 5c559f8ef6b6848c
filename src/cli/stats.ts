import { Fault } from '../protocol/errors.ts';
import { describeProcedure, procedures } from '../protocol/stats/catalogue.ts';
import type { AddCommands } from './command.ts';
import { parseJson } from './reference.ts';
import { readAll } from './session.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';

/** `stats`. */
export const addStatsCommand: AddCommands = (program, runner) => {
  program
    .command('stats NAME')
    .description('call a statistical procedure: JSON on stdin, one JSON object on stdout')
    .addHelpText('after', '\n`understudy stats list` names them; with --json, also their schemas.')
    .action(
      runner.does(async (session, [name = '']) => {
        if (name === 'list') return list(session);
        const procedure = Object.hasOwn(procedures, name) ? procedures[name] : undefined;
        if (procedure === undefined) {
          const what = `there is no procedure ${name}; see \`understudy stats list\``;
          throw new Fault('USAGE', what, 'NAME');
        }
        const given = parseJson(await readAll(session.parts.stdin), 'stdin');
        session.out.data(JSON.stringify(procedure.run(given)));
      }),
    );
};

function list({ out }: Session): void {
  const all = Object.entries(procedures);
  const described = all.map(([name, one]) => describeProcedure(name, one));
  out.result({ procedures: described }, () =>
    renderTable(
      [{ title: 'NAME' }, { title: 'WHAT IT GIVES' }],
      all.map(([name, { summary }]) => [name, summary]),
      out.surface,
    ),
  );
}
