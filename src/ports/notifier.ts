import type { Effect } from '../core/rollout/effect.ts';

/** Tells somebody. Sending the same effect twice must be harmless: receivers dedupe on its id. */
export interface Notifier {
  send(effect: Effect, signal: AbortSignal): Promise<void>;
}
