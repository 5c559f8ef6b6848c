import type { FaultEntry } from './entry.ts';

/** Faults of the registry. */
export const registryFaults = {
  BLOB_NOT_FOUND: {
    status: 404,
    meaning: 'No stored bytes have this digest.',
    fix: 'Upload the file first.',
  },
  BLOB_CORRUPT: {
    status: 500,
    meaning: 'Stored bytes no longer match their digest.',
    fix: 'Push the version again from its source; check the disk.',
  },
  BLOB_TOO_LARGE: {
    status: 413,
    meaning: 'The upload is larger than the configured limit.',
    fix: 'Shrink the model, or raise `registry.bytesMax`.',
  },
  STORAGE_FULL: {
    status: 507,
    meaning: 'There is no room on the disk.',
    fix: 'Free space in the data directory, then repeat.',
  },
} as const satisfies Record<string, FaultEntry>;
