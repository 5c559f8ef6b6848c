import { Fault, faults } from '../protocol/errors.ts';
import type { FaultCode } from '../protocol/errors.ts';
import type { AddCommands } from './command.ts';
import { exitOfFault } from './exit.ts';
import { renderFacts, renderTable } from './table.ts';

const codes = Object.keys(faults) as FaultCode[];

const rowOf = (code: FaultCode) => {
  const { status, meaning, fix } = faults[code];
  return { code, status, exit: exitOfFault(code, status), meaning, fix };
};

const isCode = (word: string): word is FaultCode => word in faults;

/** `errors`. */
export const addErrorsCommand: AddCommands = (program, runner) => {
  program
    .command('errors [CODE]')
    .description('explain an error code, or list all of them')
    .action(
      runner.does(async ({ out }, [word]) => {
        if (word === undefined) {
          const rows = codes.map(rowOf);
          out.result({ errors: rows }, () =>
            renderTable(
              [{ title: 'CODE' }, { title: 'HTTP', right: true }, { title: 'MEANING' }],
              rows.map(({ code, status, meaning }) => [code, String(status), meaning]),
              out.surface,
            ),
          );
          return;
        }
        const code = word.toUpperCase();
        if (!isCode(code)) throw new Fault('USAGE', `there is no error code ${code}`, 'CODE');
        const row = rowOf(code);
        out.result(row, () =>
          renderFacts(
            [
              ['code', { text: code, style: 'strong' }],
              ['meaning', row.meaning],
              ['fix', row.fix],
              ['HTTP', String(row.status)],
              ['exit code', String(row.exit)],
            ],
            out.surface,
          ),
        );
      }),
    );
};
