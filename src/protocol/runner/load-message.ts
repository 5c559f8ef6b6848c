import type { Signature } from '../../core/catalog/signature.ts';

/** The first frame a runner gets, as JSON: which file to serve, and what it should be. */
export type LoadMessage = {
  /** Absolute path of the file. */
  readonly path: string;
  /** `sha256:` and 64 hexadecimal digits of its bytes. */
  readonly digest: string;
  readonly signature: Signature;
  /** Largest frame either side may send. */
  readonly frameBytesMax: number;
  /** Most rows of several requests that may be computed together; 1 turns it off. */
  readonly batchRowsMax: number;
  /** Whether requests wait for it: else it lets others go first while it loads. */
  readonly isUrgent: boolean;
};
