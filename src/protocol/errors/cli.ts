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
  CONFIG_INVALID: {
    status: 400,
    meaning: 'A setting is misspelt or has a value it cannot have.',
    fix: 'Correct it; `understudy config explain` lists every setting and what won.',
  },
  DATA_IN_USE: {
    status: 409,
    meaning: 'Another process already runs on this data directory.',
    fix: 'Stop the other one, or choose another directory with --data.',
  },
  PORT_IN_USE: {
    status: 409,
    meaning: 'The address is taken by another program.',
    fix: 'Choose another port (--port, --admin-port), or stop the other program.',
  },
} as const satisfies Record<string, FaultEntry>;
