import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { getPriority, setPriority } from 'node:os';

/** The least share of a processor that is contended for; all of one that is not. */
const LOW = 19;
/** The right to raise a priority again, among the rights of a process (capabilities(7)). */
const CAP_SYS_NICE = 23n;

/**
 * How a process gets processors, all its threads alike (sched(7)). `usual`: as this process does.
 * `yielding`: only what nobody else wants, given up the moment somebody does (SCHED_IDLE); where
 * that could not be taken back, it runs by turns as others do, and interrupts nobody (SCHED_BATCH).
 */
export type ProcessorShare = 'usual' | 'yielding';

/** Changes the share of one process; what is asked last is what it gets. */
export class ProcessorPolicy {
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
    // It is there before it is needed: see `Clerk`.
    clerk.start();
  }

  /** Asks for a share. It is there a few milliseconds later. */
  ask(wanted: ProcessorShare): void {
    if (mayRaisePriority) this.#setNice(wanted);
    clerk.tell(`${flagOf[wanted]} ${this.#pid}\n`);
  }

  /** Where the policy cannot be set, at least this can, and at once. */
  #setNice(wanted: ProcessorShare): void {
    const nice = wanted === 'usual' ? usualPriority : LOW;
    for (const thread of threadsOf(this.#pid)) setNice(thread, nice);
  }
}

/** Without `chrt` (util-linux) what it is told comes to nothing. It ends with its input. */
const SCRIPT = `
while read -r flag pid; do
  chrt --all-tasks "$flag" --pid 0 "$pid" 2>/dev/null
done
`;

/**
 * Sets the policies of processes for this one: a shell that is started once. To start a program
 * from here stops everything here until its memory is mapped for the child: 9 ms at 290 MiB.
 */
class Clerk {
  #shell: ChildProcess | null = null;

  start(): void {
    if (this.#shell !== null) return;
    const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'] });
    const forget = (): void => {
      if (this.#shell === shell) this.#shell = null;
    };
    shell.once('error', forget).once('exit', forget);
    // That it has ended is told otherwise.
    shell.stdin.on('error', () => {});
    shell.unref();
    unref(shell.stdin);
    this.#shell = shell;
  }

  tell(line: string): void {
    this.start();
    this.#shell?.stdin?.write(line);
  }
}

/** A pipe to a child is a socket, which is not said of it. */
function unref(stream: object): void {
  if (stream instanceof Socket) stream.unref();
}

const clerk = new Clerk();

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
