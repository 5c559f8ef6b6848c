import type { Instant } from '../core/lib/units.ts';
import type { Compared, Outcome } from '../core/telemetry/observation.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import type { Sink } from './sink.ts';

/** Where both answers to mirrored requests are kept, for people to look at. */
export type PairSink = Sink<Pair>;

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
