import type { Reference } from './reference.ts';

/** Where a version came from, so that it can be made again months later (G2). Free-form texts. */
export type Lineage = {
  readonly data: readonly LineageInput[];
  readonly code: readonly LineageInput[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly command: string | null;
  readonly seed: number | null;
  readonly createdBy: string | null;
  /** What the training data looked like; absent: nobody said. */
  readonly reference?: Reference;
};

/** One thing a version was made from, named and pinned by digest. */
export type LineageInput = {
  readonly name: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
};
