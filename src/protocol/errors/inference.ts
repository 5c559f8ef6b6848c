import type { FaultEntry } from './entry.ts';

/** Faults of the prediction API. */
export const inferenceFaults = {
  ENDPOINT_UNKNOWN: {
    status: 404,
    meaning: 'No endpoint has this name.',
    fix: 'List the endpoints with `understudy endpoint list`.',
  },
} as const satisfies Record<string, FaultEntry>;
