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
  /** What the processes of versions use; absent: nothing is known of it. */
  readonly runners?: readonly RunnerUse[];
};

/** What the processes of one version use now, and have used since they were started. */
export type RunnerUse = {
  readonly digest: string;
  readonly residentBytes: number;
  /** Of all its processes so far; begins again at 0 when the version is loaded again. */
  readonly cpuMs: number;
  /** Predictions they made so far; begins again with `cpuMs`. */
  readonly predictions: number;
};
