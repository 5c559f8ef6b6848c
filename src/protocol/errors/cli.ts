import type { FaultEntry } from './entry.ts';

/** Faults of the command line. */
export const cliFaults = {
  USAGE: {
    status: 400,
    meaning: 'The words of a command are off.',
    fix: 'See `understudy help` and the help of the command.',
  },
  CONTROL_UNREACHABLE: {
    status: 503,
    meaning: 'The control plane does not answer.',
    fix: 'Start it (`understudy serve`), or name it with --server or UNDERSTUDY_SERVER.',
  },
} as const satisfies Record<string, FaultEntry>;
