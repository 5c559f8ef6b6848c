import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** The least share of a processor that is contended for; all of one that is not. */
const LOW = 19;
/** The right to raise a priority again, among the rights of a process (capabilities(7)). */
const CAP_SYS_NICE = 23n;
const LIMIT_MS = 5_000;

/**
 * How a process gets processors, all its threads alike (sched(7)). `usual`: as this process does.
 * `yielding`: only what nobody else wants, given up the moment somebody does (SCHED_IDLE); where
 * that could not be taken back, it runs by turns as others do, and interrupts nobody (SCHED_BATCH).
 */
export type ProcessorShare = 'usual' | 'yielding';

/** Changes the share of one process; what is asked last is what it gets. */
export class ProcessorPolicy {
  readonly #pid: number;
  #wanted: ProcessorShare = 'usual';
  #isUnderWay = false;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Asks for a share. It is there a few milliseconds later. */
  ask(wanted: ProcessorShare): void {
    this.#wanted = wanted;
    if (mayRaisePriority) this.#setNice();
    if (!this.#isUnderWay) this.#apply();
  }

  /** Where the policy cannot be set, at least this can, and at once. */
  #setNice(): void {
    const nice = this.#wanted === 'usual' ? usualPriority : LOW;
    for (const thread of threadsOf(this.#pid)) setNice(thread, nice);
  }

  #apply(): void {
    if (isPolicyUnknown) return;
    this.#isUnderWay = true;
    const applied = this.#wanted;
    const args = ['--all-tasks', flagOf[applied], '--pid', '0', String(this.#pid)];
    execFile('chrt', args, { timeout: LIMIT_MS }, (error) => {
      this.#isUnderWay = false;
      if (error?.code === 'ENOENT') isPolicyUnknown = true;
      if (this.#wanted !== applied) this.#apply();
    });
  }
}

/** Threads inherit the priority of the one that made them, and keep it. */
function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

function setNice(thread: number, nice: number): void {
  try {
    setPriority(thread, nice);
  } catch {
    // It has just ended.
  }
}

/** Of a process that users wait for: the gateway's own. */
const usualPriority = getPriority();

const mayRaisePriority = ((): boolean => {
  try {
    const rights = /^CapEff:\s+([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return rights !== undefined && ((BigInt(`0x${rights}`) >> CAP_SYS_NICE) & 1n) === 1n;
  } catch {
    return false;
  }
})();

const flagOf: Readonly<Record<ProcessorShare, string>> = {
  usual: '--other',
  yielding: mayRaisePriority ? '--idle' : '--batch',
};

/** There is no `chrt` (util-linux) on this machine. */
let isPolicyUnknown = false;
