import type { GatewayState } from '../../core/rollout/fleet.ts';
import type { Window } from '../../core/telemetry/window.ts';

/**
 * What a gateway tells control, every second and at once when a fuse trips or a version is ready.
 */
export type GatewayReport = Omit<GatewayState, 'seenAt'> & {
  readonly schema: 1;
  /** Random per process start: windows of a restarted gateway add up, re-sent ones do not. */
  readonly instance: string;
  /** Counts the reports of this instance: one that comes late says nothing new. */
  readonly sequence: number;
  /** Why the newest table was refused; null when it was applied. */
  readonly rejected: { readonly generation: number; readonly message: string } | null;
  /** Windows closed since the last report that was confirmed; sending one twice is harmless. */
  readonly windows: readonly Window[];
  /** Windows given up because control was away for too long. */
  readonly windowsDropped: number;
};
