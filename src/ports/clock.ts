import type { Instant } from '../core/lib/units.ts';

/** Time, passed in so that the simulator can make it. Repeating any call is harmless. */
export interface Clock {
  /** Wall time; may jump. For stamps people read and for bucket starts. */
  now(): Instant;
  /** Milliseconds since an arbitrary start; never goes back. For durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` is aborted; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
