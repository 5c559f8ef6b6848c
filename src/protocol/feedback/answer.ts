import type { FaultCode } from '../errors.ts';

/**
 * The answer to feedback. `stored`: control has it, on disk. `accepted`: the gateway has it, and
 * hands it on when control is back; sending it again is harmless. `refused`: none of it was good;
 * then it is a fault as well, that of its first line.
 */
export type FeedbackAnswer = {
  readonly state: 'stored' | 'accepted' | 'refused';
  /** Pieces that were taken. A repeat counts here, and nowhere else. */
  readonly taken: number;
  readonly refused: number;
  /** The first of those that were refused. */
  readonly errors: readonly FeedbackError[];
};

/** Why a line of a batch was refused. */
export type FeedbackError = {
  /** From 1. */
  readonly line: number;
  readonly code: FaultCode;
  readonly error: string;
  readonly path: string | null;
};

/** Refused lines that are told; the others are counted. */
export const FEEDBACK_ERRORS_MAX = 1_000;

/** The type of a batch: one JSON object a line. */
export const NDJSON_TYPE = 'application/x-ndjson';
