import type { AddCommands } from './command.ts';
import { clockCheck, controlCheck } from './doctor-control.ts';
import type { Checkup, Finding } from './doctor-finding.ts';
import { dataChecks, databaseCheck, diskCheck, tableChecks } from './doctor-data.ts';
import { nodeCheck, portChecks, processCheck, runtimeCheck } from './doctor-machine.ts';
import { pairsCheck, shadowCheck } from './doctor-shadow.ts';
import { EXIT } from './exit.ts';
import type { Style } from './paint.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';

const checkups: readonly Checkup[] = [
  nodeCheck,
  runtimeCheck,
  shadowCheck,
  pairsCheck,
  dataChecks,
  databaseCheck,
  diskCheck,
  processCheck,
  portChecks,
  controlCheck,
  clockCheck,
  tableChecks,
];

/** `doctor`. */
export const addDoctorCommand: AddCommands = (program, runner) => {
  program
    .command('doctor')
    .description('look whether everything that is needed is there and well')
    .action(
      runner.does(async (session) => {
        const findings: Finding[] = [];
        for (const checkup of checkups) findings.push(...(await checkup(session)));
        const isWell = findings.every(({ outcome }) => outcome !== 'fail');
        session.out.result({ ok: isWell, findings }, () => text(session, findings));
        return isWell ? EXIT.ok : EXIT.conflict;
      }),
    );
};

const styles: Readonly<Record<Finding['outcome'], Style>> = {
  ok: 'good',
  note: 'warn',
  fail: 'bad',
};

function text({ out }: Session, findings: readonly Finding[]): string {
  const table = renderTable(
    [{ title: 'CHECK' }, { title: '' }, { title: 'FOUND' }],
    findings.map(({ check, outcome, detail }) => [
      check,
      { text: outcome.toUpperCase(), style: styles[outcome] },
      detail,
    ]),
    out.surface,
  );
  const fixes = findings.flatMap(({ check, fix }) =>
    fix === null ? [] : [`${out.paint('dim', 'fix')} ${check}: ${out.paint('plain', fix)}`],
  );
  return fixes.length === 0 ? table : `${table}\n\n${fixes.join('\n')}`;
}
