import type { Predicted } from '../feedback/predicted.ts';
import type { FeatureRow } from './feature-counts.ts';

/** How one attempt to predict ended. Only a request's first attempt counts, for its own arm. */
export const OUTCOMES = [
  'ok',
  /** HTTP was fine, but the prediction is null, NaN, infinite or wrongly shaped. */
  'null_prediction',
  'model_error',
  'timeout',
  /** The runner died under the request, or refuses an input that killed one. */
  'crash',
  /** Our own queues were full; says nothing of the model unless only one arm sheds. */
  'overload',
  /** The caller's mistake; counts for neither arm. */
  'client_error',
  /** The caller went away; counts for neither arm. */
  'cancelled',
] as const;

/** How one attempt ended. */
export type Outcome = (typeof OUTCOMES)[number];

/** What an outcome means for the evidence. Null: the attempt is not evidence at all. */
export const lossOf: Readonly<Record<Outcome, 'none' | 'null' | 'error' | null>> = {
  ok: 'none',
  null_prediction: 'null',
  model_error: 'error',
  timeout: 'error',
  crash: 'error',
  overload: 'error',
  client_error: null,
  cancelled: null,
};

/** What happened to one request, for the arm that was assigned first. */
export type Observation = {
  /** A hash of the unit, an integer below 2^53: requests of one unit are one piece of evidence. */
  readonly unit: number;
  readonly outcome: Outcome;
  readonly latencyMs: number;
  /** The user was answered by the baseline because this arm failed. */
  readonly fallback: boolean;
  /** Index of the segment the request is in; null or absent where requests are not told apart. */
  readonly segment?: number | null;
  /** Of a copy: what its answer said beside the user's. Absent where there were not two. */
  readonly compared?: Compared;
  /** What the answer said. Absent where there was none, or none that is counted. */
  readonly predicted?: Predicted;
  /** What was asked, where that is counted. */
  readonly features?: FeatureRow | null;
};

/** Rows of two answers to one request, and those in which they differ. */
export type Compared = { readonly rows: number; readonly differing: number };

/** One number for every outcome. */
export const perOutcome = (count: (outcome: Outcome) => number): Record<Outcome, number> => ({
  ok: count('ok'),
  null_prediction: count('null_prediction'),
  model_error: count('model_error'),
  timeout: count('timeout'),
  crash: count('crash'),
  overload: count('overload'),
  client_error: count('client_error'),
  cancelled: count('cancelled'),
});
