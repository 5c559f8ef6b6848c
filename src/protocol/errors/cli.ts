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
  GATEWAY_UNREACHABLE: {
    status: 503,
    meaning: 'The gateway does not answer.',
    fix: 'Start it (`understudy serve`), or name it with --gateway.',
  },
  TIMEOUT: {
    status: 504,
    meaning: 'What was waited for did not come in time.',
    fix: 'Allow more time with --timeout; see with `understudy status` what became of it.',
  },
  ANSWER_INVALID: {
    status: 502,
    meaning: 'Something answered that does not speak as Understudy does.',
    fix: 'See whether the address is that of Understudy and not of something before it.',
  },
  DUCKDB_MISSING: {
    status: 501,
    meaning: 'SQL and Parquet need DuckDB, an optional package, and it cannot be loaded.',
    fix: 'Install it where Understudy is: `npm install @duckdb/node-api@1.5.5-r.5`.',
  },
  SQL_INVALID: {
    status: 400,
    meaning: 'DuckDB refuses the query.',
    fix: 'Correct it; the guide to the prediction log lists the columns of `predictions`.',
  },
  TOKEN_MISSING: {
    status: 401,
    meaning: 'There is no token to show to the admin API.',
    fix: 'Name a file with --token-file, set UNDERSTUDY_TOKEN, or run it where the data lies.',
  },
  FILE_UNREADABLE: {
    status: 400,
    meaning: 'A file that was named cannot be read.',
    fix: 'Look whether it exists and may be read, and whether its name is spelt right.',
  },
  FILE_UNWRITABLE: {
    status: 400,
    meaning: 'A file cannot be written where it was asked for.',
    fix: 'Choose another place with --output, or add --force to replace what is there.',
  },
  FILE_INVALID: {
    status: 422,
    meaning: 'A file, or a value on the command line, is not what it must be.',
    fix: 'Correct it where the sentence says.',
  },
  NOT_CONFIRMED: {
    status: 409,
    meaning: 'An act that raises the risk was not confirmed.',
    fix: 'Type the word that is asked for, or add --yes.',
  },
} as const satisfies Record<string, FaultEntry>;
