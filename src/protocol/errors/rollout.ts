import type { RefusalCode } from '../../core/rollout/refusal.ts';
import type { FaultEntry } from './entry.ts';

/** Faults of rollouts. Every refusal of the core has its row. */
export const rolloutFaults = {
  ROLLOUT_UNKNOWN: {
    status: 404,
    meaning: 'No rollout has this id.',
    fix: 'List them with `understudy rollout list`.',
  },
  ROLLOUT_CONFLICT: {
    status: 409,
    meaning: 'The rollout changed since it was read.',
    fix: 'Read the rollout again and repeat the command.',
  },
  ROLLOUT_ENDPOINT_UNKNOWN: {
    status: 404,
    meaning: 'The rollout names an endpoint that does not exist.',
    fix: 'List the endpoints with `understudy endpoint list`, or create it first.',
  },
  ROLLOUT_VERSION_UNKNOWN: {
    status: 404,
    meaning: 'The rollout names a version that is not registered.',
    fix: 'Push the version first (`understudy model push`), or see `understudy model list`.',
  },
  ROLLOUT_OTHER_MODEL: {
    status: 422,
    meaning: 'The candidate is a version of another model than the endpoint serves.',
    fix: 'Name a version of the model the endpoint serves.',
  },
  ROLLOUT_SAME_VERSION: {
    status: 409,
    meaning: 'The candidate is in production already.',
    fix: 'Name another version; nothing needs to be done for this one.',
  },
  ROLLOUT_ACTIVE: {
    status: 409,
    meaning: 'Another rollout of this endpoint has not ended yet.',
    fix: 'Wait for it, end it first, or declare `onBusy: queue` or `onBusy: supersede`.',
  },
  ROLLOUT_NO_ROOM: {
    status: 409,
    meaning: 'Other tests of the endpoint have too many of its units.',
    fix: 'Ask for a smaller `slice`, end a test, or declare `onBusy: queue`.',
  },
  ROLLOUT_QUEUE_FULL: {
    status: 409,
    meaning: 'As many rollouts wait for the endpoint as may.',
    fix: 'Cancel some of those that `understudy rollout list --endpoint NAME --active` shows.',
  },
  ROLLOUT_BASELINE_DIFFERS: {
    status: 409,
    meaning: 'The endpoint serves another version than the rollout is to go back to.',
    fix: 'Name the version in production as `baseline`, or leave it out to take what is served.',
  },
  ROLLOUT_NO_TRIGGER: {
    status: 422,
    meaning: 'No trigger is declared that would roll the candidate back by itself.',
    fix: 'Declare at least one trigger with `onFail: hard`, or write `triggers: default`.',
  },
  ROLLOUT_GOLDEN_MISSING: {
    status: 422,
    meaning: 'The candidate has no golden rows to prove itself by, and the rollout requires them.',
    fix: 'Push the version with `--golden FILE`, or leave `golden: required` out.',
  },
  ROLLOUT_SPEC_INVALID: {
    status: 422,
    meaning: 'The declaration of the rollout is not sound.',
    fix: 'Correct the field named by `path`; the guide to rollout.yaml shows every field.',
  },
  ROLLOUT_METRIC_UNKNOWN: {
    status: 422,
    meaning: 'The strategy is judged by a metric that nobody has declared at the endpoint.',
    fix: 'Correct the name, or declare the metric first; `label` and `reward` are always known.',
  },
  ROLLOUT_ARM_UNKNOWN: {
    status: 422,
    meaning: 'The rollout has no such candidate, or it was taken out.',
    fix: 'Name one of the arms that `understudy rollout show` lists with `--arm`.',
  },
  ROLLOUT_SIGNATURE_DIFFERS: {
    status: 409,
    meaning: 'The candidate does not take or give what the version in production does.',
    fix: 'Export the candidate with the same inputs and outputs, or serve it under a new endpoint.',
  },
  ROLLOUT_COMMAND_REFUSED: {
    status: 409,
    meaning: 'The command does not apply to the phase the rollout is in.',
    fix: 'See the phase with `understudy rollout show`; rolling back is always possible.',
  },
  ROLLOUT_ENDED: {
    status: 409,
    meaning: 'The rollout has ended; nothing can happen to it any more.',
    fix: 'To go back to the version before, use `understudy rollback ENDPOINT`.',
  },
  ROLLOUT_NOTHING_BEFORE: {
    status: 409,
    meaning: 'The endpoint has no earlier version to go back to.',
    fix: 'Start a rollout of the version you want, or create the endpoint anew with it.',
  },
  SEGMENTS_INVALID: {
    status: 422,
    meaning: 'The segments do not fit the attributes that the endpoint declares, or are too many.',
    fix: 'Correct them at `path`; `understudy endpoint show` lists the attributes and their types.',
  },
  AUDIENCE_TOO_LONG: {
    status: 422,
    meaning: 'An audience has too many characters or statements, or a text in it is too long.',
    fix: 'Let callers send one attribute that says it, such as a group, and name that.',
  },
  AUDIENCE_TOO_DEEP: {
    status: 422,
    meaning: 'In an audience, `not`, `and`, `or` or brackets lie too deep in each other.',
    fix: 'Write it flatter: `a and b and c` needs no brackets.',
  },
  AUDIENCE_UNREADABLE: {
    status: 422,
    meaning: 'An audience is not in the language of audiences.',
    fix: 'Correct it at the column that is named; the guide to audiences shows the language.',
  },
  AUDIENCE_LIST_EMPTY: {
    status: 422,
    meaning: 'An audience compares with an empty list, so nobody or everybody would be in it.',
    fix: 'Name at least one value, or leave the statement out.',
  },
  AUDIENCE_VALUE_REPEATED: {
    status: 422,
    meaning: 'A list in an audience has a value twice; perhaps another was meant.',
    fix: 'Name each value once.',
  },
  AUDIENCE_ATTRIBUTE_UNKNOWN: {
    status: 422,
    meaning: 'An audience speaks of an attribute that the endpoint does not declare.',
    fix: 'Declare it with `understudy endpoint set ENDPOINT --attribute …`, or correct its name.',
  },
  AUDIENCE_TYPE_DIFFERS: {
    status: 422,
    meaning: 'An audience compares an attribute with a value of another type.',
    fix: 'Quote texts that look like numbers, do not quote numbers, or declare another type.',
  },
} as const satisfies Record<RefusalCode, FaultEntry> & Record<string, FaultEntry>;
