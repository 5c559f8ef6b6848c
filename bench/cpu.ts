import { readFileSync } from 'node:fs';

const MS_PER_CLOCK_TICK = 10;
/** Places in /proc/PID/stat behind the command, which may hold spaces: proc(5) counts from 3. */
const USER_TICKS = 14 - 3;
const TICK_FIELDS = 4;

/**
 * Processor time of processes, in milliseconds, to 10 ms: user and system, with that of children
 * that have ended.
 */
export function cpuMsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
}

function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(USER_TICKS, USER_TICKS + TICK_FIELDS);
  return ticks.reduce((sum, field) => sum + Number(field), 0) * MS_PER_CLOCK_TICK;
}

/** A process and all that descend from it. */
export function treeOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** Processes started by a process. */
export function childrenOf(pid: number): readonly number[] {
  const threads = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return threads === '' ? [] : threads.split(' ').map(Number);
}
