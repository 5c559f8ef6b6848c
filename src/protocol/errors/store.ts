import type { FaultEntry } from './entry.ts';

/** Faults of the store that holds the state. */
export const storeFaults = {
  STORE_NEWER: {
    status: 503,
    meaning:
      'The database was written by a newer version of Understudy, which this one cannot read.',
    fix: 'Run the newer version, or restore the data directory from before the upgrade.',
  },
  STORE_CORRUPT: {
    status: 503,
    meaning: 'The database file is damaged, or is no Understudy database.',
    fix: 'Keep the file aside, check the disk, and restore the data directory from a copy.',
  },
  STORE_READ_ONLY: {
    status: 503,
    meaning: 'The database cannot be written: file, directory or disk is read-only.',
    fix: 'Give the account that runs Understudy write access to the data directory.',
  },
  STORE_BUSY: {
    status: 503,
    meaning: 'Another process has kept the database locked for too long.',
    fix: 'End other programs that have the database open; then repeat.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    meaning: 'The database cannot be opened, read or written.',
    fix: 'Check that the data directory exists, is readable, and that its disk works.',
  },
} as const satisfies Record<string, FaultEntry>;
