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
  DIGEST_INVALID: {
    status: 422,
    meaning: 'A digest is not `sha256:` and 64 lower-case hexadecimal digits.',
    fix: 'Use the digest the upload answered with.',
  },
  MODEL_UNKNOWN: {
    status: 404,
    meaning: 'No model has this name.',
    fix: 'List the models with `understudy model list`; the first push creates one.',
  },
  VERSION_UNKNOWN: {
    status: 404,
    meaning: 'The model has no version of this number, label, alias or digest.',
    fix: 'List them with `understudy model list MODEL`.',
  },
  NAME_INVALID: {
    status: 422,
    meaning: 'A name of a model, version, label or alias is not written as names are.',
    fix: 'Write MODEL, MODEL@3, MODEL@label, MODEL@alias, MODEL@latest or MODEL@sha256:….',
  },
  LABEL_TAKEN: {
    status: 409,
    meaning: 'Another version of the model, with other bytes, or an alias has this label.',
    fix: 'Choose another label, or leave it out to get one made from the time.',
  },
  ALIAS_CONFLICT: {
    status: 409,
    meaning: 'The alias does not point where the caller believed.',
    fix: 'Read the alias again, then repeat with its present version as `expect`.',
  },
  ALIAS_TAKEN: {
    status: 409,
    meaning: 'A version of the model has this label, so it cannot be an alias too.',
    fix: 'Choose another name for the alias.',
  },
  ALIAS_UNKNOWN: {
    status: 404,
    meaning: 'The model has no alias of this name.',
    fix: 'List them with `understudy model show MODEL`.',
  },
  VERSION_IN_USE: {
    status: 409,
    meaning: 'The version is served, may be gone back to, or is otherwise referred to.',
    fix: 'Move what refers to it first; the sentence names it.',
  },
  PROVENANCE_MISMATCH: {
    status: 422,
    meaning: 'A golden or lineage file says it belongs to other bytes than those pushed.',
    fix: 'Push the files that were made together with this model file.',
  },
  REFERENCE_MISMATCH: {
    status: 422,
    meaning: 'The reference of a lineage file names inputs or columns the model does not have.',
    fix:
      'Make it with `understudy model reference --input NAME`, ' +
      'from the columns the model takes.',
  },
} as const satisfies Record<string, FaultEntry>;
