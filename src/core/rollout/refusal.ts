import { AUDIENCE_CODES } from '../audience/problem.ts';

/** Why what was asked of a rollout is not done. Each code is a row of the fault catalogue. */
export const REFUSAL_CODES = [
  'ROLLOUT_ENDPOINT_UNKNOWN',
  'ROLLOUT_VERSION_UNKNOWN',
  'ROLLOUT_OTHER_MODEL',
  'ROLLOUT_SAME_VERSION',
  'ROLLOUT_ACTIVE',
  'ROLLOUT_NO_ROOM',
  'ROLLOUT_QUEUE_FULL',
  'ROLLOUT_BASELINE_DIFFERS',
  'ROLLOUT_NO_TRIGGER',
  'ROLLOUT_GOLDEN_MISSING',
  'ROLLOUT_SPEC_INVALID',
  'ROLLOUT_METRIC_UNKNOWN',
  'ROLLOUT_ARM_UNKNOWN',
  'ROLLOUT_SIGNATURE_DIFFERS',
  'ROLLOUT_COMMAND_REFUSED',
  'ROLLOUT_ENDED',
  'ROLLOUT_NOTHING_BEFORE',
  'SEGMENTS_INVALID',
  ...AUDIENCE_CODES,
] as const;

/** Stable name of a refusal. */
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** A refusal with what a person needs to mend it. */
export type Refusal = {
  readonly code: RefusalCode;
  /** What happened, with the numbers or names. */
  readonly sentence: string;
  /** Path into the declaration it is about, e.g. `strategy.stages[1].share`; null: the whole. */
  readonly path: string | null;
};

/** A refusal as a value. */
export const refusal = (
  code: RefusalCode,
  sentence: string,
  path: string | null = null,
): Refusal => ({
  code,
  sentence,
  path,
});
