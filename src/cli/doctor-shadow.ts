import { execFile } from 'node:child_process';
import { fine } from './doctor-finding.ts';
import type { Checkup } from './doctor-finding.ts';

const LIMIT_MS = 20_000;
/** A process that gives way, and takes that back: for which not everybody has the right. */
const AND_BACK = 'chrt --idle --pid 0 $$ && chrt --other --pid 0 $$';

/** How copies of requests make way for users where processors are scarce. */
export const shadowCheck: Checkup = async () => {
  const check = 'shadows';
  if (!(await works('chrt', ['--version']))) {
    const detail = 'copies of requests compete with users for processors: there is no `chrt`';
    return [{ check, outcome: 'note', detail, fix: 'Install util-linux.' }];
  }
  if (await works('/bin/sh', ['-c', AND_BACK])) {
    return [fine(check, 'work on processors that nobody else wants')];
  }
  const detail = 'run by turns with users, and interrupt nobody: no right to do better';
  const fix = 'Give the process the capability CAP_SYS_NICE, if users are to go first always.';
  return [{ check, outcome: 'note', detail, fix }];
};

/** Whether what `pairs.keep` asks for can be done. */
export const pairsCheck: Checkup = async ({ config }) => {
  const check = 'pairs';
  const keep = config['pairs.keep'];
  if (keep !== 'parquet') return [];
  const script = ['--input-type=module', '-e', "await import('@duckdb/node-api')"];
  if (await works(process.execPath, script)) return [fine(check, 'become Parquet by DuckDB')];
  const detail = 'stay lines of JSON: `pairs.keep` is parquet, and DuckDB does not load';
  const fix = 'Install it where Understudy is, as `understudy errors DUCKDB_MISSING` says.';
  return [{ check, outcome: 'fail', detail, fix }];
};

const works = (program: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) =>
    execFile(program, [...args], { cwd: import.meta.dirname, timeout: LIMIT_MS }, (error) =>
      resolve(error === null),
    ),
  );
