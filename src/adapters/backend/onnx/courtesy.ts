import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { RunDelay } from './system-memory.ts';

/** The least share of a processor that is contended for; all of one that is not. */
const LOW = 19;
/** A runner that users ask as well stays as it is for this long after the last of them. */
const USERS_MS = 10_000;
/** The right to raise a priority again, among the rights of a process (capabilities(7)). */
const CAP_SYS_NICE = 23n;
const NS_PER_MS = 1e6;

/**
 * Lets users go first where processors are scarce: a runner that is given nothing but copies has
 * the lowest priority, until the first request somebody waits for. Where a priority may be lowered
 * but never raised again, nothing is done. What a copy waited for a processor is said, so that it
 * is not taken for the slowness of its model.
 */
export class Courtesy {
  readonly #pid: number;
  readonly #nowMs: () => number;
  readonly #delay: RunDelay;
  #isLow = false;
  #usersMs = Number.NEGATIVE_INFINITY;

  constructor(pid: number, nowMs: () => number) {
    this.#pid = pid;
    this.#nowMs = nowMs;
    this.#delay = new RunDelay(pid);
  }

  /** Somebody waits for what is sent now. */
  beforeUser(): void {
    this.#usersMs = this.#nowMs();
    if (!this.#isLow) return;
    this.#isLow = false;
    for (const thread of threadsOf(this.#pid)) set(thread, usualPriority);
  }

  /** Nobody waits for what is sent now. Gives what `heldMs` wants back; null: it is not told. */
  beforeCopy(): number | null {
    const isForUsers = this.#nowMs() - this.#usersMs < USERS_MS;
    if (!isForUsers) this.lower();
    return this.#delay.ns();
  }

  /** Lets others go first. Said with every copy: a runner that gets ready sets its own, once. */
  lower(): void {
    if (!mayRaisePriority) return;
    this.#isLow = true;
    set(this.#pid, LOW);
  }

  /** How long the runner waited for a processor since `beforeCopy`. */
  heldMs(fromNs: number | null): number {
    const now = fromNs === null ? null : this.#delay.ns();
    return now === null || fromNs === null ? 0 : Math.max(0, now - fromNs) / NS_PER_MS;
  }

  /** The runner has ended. */
  close(): void {
    this.#delay.close();
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

function set(thread: number, priority: number): void {
  try {
    setPriority(thread, priority);
  } catch {
    // It has just ended.
  }
}

/** Of a runner that users ask: the gateway's own. */
const usualPriority = getPriority();

const mayRaisePriority = ((): boolean => {
  try {
    const rights = /^CapEff:\s+([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return rights !== undefined && ((BigInt(`0x${rights}`) >> CAP_SYS_NICE) & 1n) === 1n;
  } catch {
    return false;
  }
})();
