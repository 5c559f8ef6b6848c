import type { FaultEntry } from './entry.ts';

/** Faults of feedback. */
export const feedbackFaults = {
  FEEDBACK_INVALID: {
    status: 400,
    meaning: 'A piece of feedback does not have the shape of one.',
    fix: 'Correct the field named by `path`; the feedback guide shows the shape.',
  },
  PREDICTION_ID_MALFORMED: {
    status: 400,
    meaning: 'A prediction id is cut off, or is none.',
    fix: 'Send the whole `x-prediction-id` of the answer, as it was.',
  },
  PREDICTION_ID_FORGED: {
    status: 400,
    meaning: 'A prediction id was not signed by this installation, or was changed since.',
    fix: 'Send ids to where they come from; the gateways of one installation share one key.',
  },
  PREDICTION_EXPIRED: {
    status: 410,
    meaning: 'The prediction is older than feedback is taken for.',
    fix: 'Send feedback within 400 days of the prediction.',
  },
  FEEDBACK_TOO_MANY: {
    status: 413,
    meaning: 'A batch of feedback has more lines than are taken at once.',
    fix: 'Send it in parts of 50,000 lines or fewer.',
  },
  FEEDBACK_BUFFER_FULL: {
    status: 503,
    meaning: 'Control is away, and the gateway holds all the feedback it may.',
    fix: 'Send all of it again after `Retry-After`; what was taken before is not counted twice.',
  },
} as const satisfies Record<string, FaultEntry>;
