import type { Instant } from '../core/lib/units.ts';
import type { Compared, Outcome } from '../core/telemetry/observation.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';

/** Where both answers to mirrored requests are kept, for people to look at. */
export interface PairSink {
  /**
   * Keeps the pairs, in order, and resolves when they are where they would survive this process.
   * What could not be kept rejects and may be offered again; then some may be there twice.
   */
  append(pairs: readonly Pair[], signal: AbortSignal): Promise<void>;
  /** Finishes what was begun. What is appended afterwards begins anew. */
  close(): Promise<void>;
}

/** What the user got and what another version answered to the same request. */
export type Pair = {
  readonly at: Instant;
  readonly endpoint: string;
  readonly rollout: string;
  readonly requestId: string;
  /** Of the user's answer; null when he got none. */
  readonly predictionId: string | null;
  /** The hash by which the unit is counted; the unit itself is not kept. */
  readonly unit: number;
  readonly user: PairAnswer;
  readonly copy: PairAnswer;
  /** Null where there were not two answers. */
  readonly compared: Compared | null;
};

/** One of the two. */
export type PairAnswer = {
  readonly arm: string;
  readonly version: number;
  readonly outcome: Outcome;
  readonly latencyMs: number;
  /** Empty when there was no prediction. */
  readonly outputs: readonly Tensor[];
};
