import type { Instant } from '../core/lib/units.ts';
import type { Outcome } from '../core/telemetry/observation.ts';
import type { Sink } from './sink.ts';

/** Where predictions are kept for people to look up. */
export type PredictionSink = Sink<LoggedPrediction>;

/** One attempt of a version to predict. What nobody may read is replaced already. */
export type LoggedPrediction = {
  readonly at: Instant;
  readonly endpoint: string;
  readonly model: string;
  readonly version: number;
  readonly arm: string;
  /** The arm the unit was assigned to: another one when the baseline stood in for it. */
  readonly assigned: string;
  readonly rollout: string | null;
  /** Null when there was no prediction, or it was not what the user got. */
  readonly predictionId: string | null;
  /** Null when the request named none. */
  readonly unit: string | null;
  readonly outcome: Outcome;
  readonly latencyMs: number;
  /** The user got another version's answer instead. */
  readonly isReplaced: boolean;
  /** Null: not asked for. */
  readonly inputs: readonly LoggedTensor[] | null;
  readonly outputs: readonly LoggedTensor[] | null;
  /** Rules that name nothing this version has: on their side no values were kept at all. */
  readonly withheld: readonly string[];
};

/** A tensor as it is written. */
export type LoggedTensor = {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** JSON, nested by the shape; null: too large, or withheld. */
  readonly data: string | null;
};
