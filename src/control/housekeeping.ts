import { instant } from '../core/lib/units.ts';
import { emptyChange } from '../ports/store.ts';
import type { ControlContext } from './context.ts';

const EVERY_MS = 600_000;

/** Forgets evidence that is older than it is kept for, until `signal` is aborted. */
export async function keepHouse(context: ControlContext, signal: AbortSignal): Promise<void> {
  const { clock, store, limits, log } = context;
  while (!signal.aborted) {
    const before = instant(Math.max(0, clock.now() - limits.windowsKeptMs));
    try {
      await store.commit({ ...emptyChange, windowsForgottenBefore: before });
    } catch (error) {
      log.warn({ error: String(error) }, 'old evidence could not be forgotten; later again');
    }
    await clock.sleep(EVERY_MS, signal);
  }
}
