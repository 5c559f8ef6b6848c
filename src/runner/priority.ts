import { readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** A third of the share of others where processors are scarce, and all where they are not. */
const LOW = 5;
/** The right to raise a priority again, among the rights of a process (capabilities(7)). */
const CAP_SYS_NICE = 23n;

/**
 * Lets others go first while `work` is done. Where a process may lower its priority but never raise
 * it again, nothing is done: it would answer slowly for ever.
 */
export async function withLowPriority<T>(work: () => Promise<T>): Promise<T> {
  if (!mayRaisePriority()) return work();
  const before = getPriority();
  if (before >= LOW) return work();
  setPriority(LOW);
  try {
    return await work();
  } finally {
    // Its gateway may have set another meanwhile.
    if (getPriority() === LOW) setPriority(before);
  }
}

function mayRaisePriority(): boolean {
  try {
    const rights = /^CapEff:\s+([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return rights !== undefined && ((BigInt(`0x${rights}`) >> CAP_SYS_NICE) & 1n) === 1n;
  } catch {
    return false;
  }
}
