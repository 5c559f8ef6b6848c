import type { Instant } from '../lib/units.ts';
import type { FeedbackValue, Stretch } from './feedback.ts';
import type { Predicted } from './predicted.ts';

/** The metric under which pairs are summed; no feedback can name it. */
export const PAIRED_METRIC = 'label/paired';

/**
 * Halves of pairs that are remembered, of all rollouts; the oldest give way. About 200 bytes each,
 * so that it is a disk's worth and no more.
 */
export const PAIR_HALVES_MAX = 1_000_000;

/** Names a prediction: who made it, and which of his it was. */
export type PredictionKey = { readonly maker: string; readonly number: number };

/** What was named: a class, or a number. */
export type Named = FeedbackValue;

/**
 * What a copy of a request was answered with, beside the user's answer: it waits for what was true.
 */
export type CopiedAnswer = PredictionKey & {
  readonly rollout: string;
  /** Of the copy. */
  readonly arm: string;
  readonly unit: number;
  /** When the user was answered. */
  readonly at: Instant;
  /** The stretch its unit belongs to, if nobody has told of the unit before. */
  readonly unitStretch: Stretch;
  readonly user: Named;
  readonly copy: Named;
};

/** What was true of a prediction: it waits for copies that are yet to be told of. */
export type KnownTruth = PredictionKey & { readonly at: Instant; readonly truth: string };

/** One of two that belong together, whichever came first. */
export type PairHalf =
  | ({ readonly side: 'copy' } & CopiedAnswer)
  | ({ readonly side: 'truth' } & KnownTruth);

/** What an answer named that a label can be held against; null: nothing. */
export const namedBy = ({ label, score }: Predicted): Named | null =>
  label ?? (score?.kind === 'value' ? score.value : null);

/**
 * How much better the copy was. Of classes 1 when it alone was right, -1 when the user's answer
 * was, or 0; of numbers how much closer to the truth it was. Null: they cannot be compared.
 */
export function differenceOf(
  { user, copy }: Pick<CopiedAnswer, 'user' | 'copy'>,
  truth: string,
): number | null {
  if (typeof user === 'number' && typeof copy === 'number') {
    const number = Number(truth);
    return Number.isFinite(number) ? Math.abs(user - number) - Math.abs(copy - number) : null;
  }
  if (typeof user !== typeof copy) return null;
  return copy === user ? 0 : copy === truth ? 1 : user === truth ? -1 : 0;
}
