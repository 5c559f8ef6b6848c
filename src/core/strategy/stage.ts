import type { Bps } from '../lib/units.ts';
import { defaultComparison } from '../telemetry/comparison.ts';
import type { Comparison } from '../telemetry/comparison.ts';

/**
 * One step of a rollout: who may get the candidate, how many of them do, and what must be shown
 * before the next. Every strategy is a list of these and a rule that says when to go on.
 */
export type Stage = {
  /** For people: `5 %`, `green`, `alpha`. */
  readonly name: string;
  /** Part of the audience the candidates get, all together. */
  readonly share: Bps;
  /** What each candidate gets, in order, summing to `share`; null: all the same. */
  readonly split: readonly Bps[] | null;
  /** Who may be assigned at all, in the audience language; null: everybody. */
  readonly audience: string | null;
  /** Copies of requests that the candidate answers unseen; null: none. */
  readonly mirror: Mirror | null;
  /**
   * The stage is passed when every check is shown to be below this many times the rate that is no
   * harm: the baseline's times the check's own ratio.
   */
  readonly margin: number;
  /** The stage lasts at least this long, whatever the evidence. */
  readonly leastMs: number;
};

/**
 * How many requests are copied to the candidate, and what that may cost (S3). Both budgets are
 * those of one gateway.
 */
export type Mirror = {
  /** Part of the units whose requests are copied. */
  readonly sample: Bps;
  readonly perSecondMax: number;
  readonly inFlightMax: number;
  readonly deadlineMs: number;
  /** When the candidate's answer counts as the user's. */
  readonly comparison: Comparison;
  /** Classes of both answers are kept until it is known which was true; absent: they are not. */
  readonly isPaired?: true;
};

/** A stage for everybody, without copies. */
export const plainStage = (
  said: Pick<Stage, 'name' | 'share' | 'margin' | 'leastMs'> & Partial<Stage>,
): Stage => ({ split: null, audience: null, mirror: null, ...said });

/** What nobody said anything else about. */
export const defaultMirror = {
  perSecondMax: 200,
  inFlightMax: 32,
  deadlineMs: 2_000,
  comparison: defaultComparison,
} as const satisfies Omit<Mirror, 'sample'>;
