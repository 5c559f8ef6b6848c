import { setImmediate } from 'node:timers/promises';

/**
 * Lets everything else this process has to do go on: long work is cut into pieces with one of these
 * between them. It waits for no time, so that it means the same on every clock.
 */
export const breathe = (): Promise<void> => setImmediate();

/** Nothing else waits much longer than this for its turn, a rollback least of all. */
export const PIECE_MS = 5;

/** Does long work step by step, and breathes whenever it has taken long enough by this clock. */
export async function inPieces<T>(
  steps: Generator<undefined, T>,
  monotonicMs: () => number = () => performance.now(),
): Promise<T> {
  let until = monotonicMs() + PIECE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (monotonicMs() < until) continue;
    await breathe();
    until = monotonicMs() + PIECE_MS;
  }
}
