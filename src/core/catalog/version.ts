import type { Instant } from '../lib/units.ts';
import type { Lineage } from './lineage.ts';
import type { Signature } from './signature.ts';

/** Names a version so that no later upload can change what is meant: number and content digest. */
export type VersionRef = {
  readonly model: string;
  /** 1, 2, 3, … in the order of registration within the model. */
  readonly version: number;
  /** `sha256:` and 64 hexadecimal digits of the artefact's bytes. */
  readonly digest: string;
};

/** An immutable version of a model (G1). Never edited, only followed by another. */
export type Version = VersionRef & {
  /** A name for people, e.g. `2026-11-21T10-04-05Z` or `v1.2.0`; unique within the model. */
  readonly label: string;
  readonly format: 'onnx';
  readonly bytes: number;
  readonly signature: Signature;
  readonly createdAt: Instant;
  readonly author: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly lineage: Lineage | null;
  readonly admission: AdmissionReport;
  /** Digest of its golden rows, which gateways have answered again; absent: it has none. */
  readonly golden?: string;
};

/** What was checked before the version was let in, kept as evidence (C1). */
export type AdmissionReport = {
  readonly checks: readonly { readonly name: string; readonly detail: string }[];
  readonly loadMs: number;
  readonly probeMs: number;
  readonly peakBytes: number;
};

/** Exactly the reference part of something that carries one. */
export const refOf = ({ model, version, digest }: VersionRef): VersionRef => ({
  model,
  version,
  digest,
});

/** How people write a version: `name@3`. */
export const versionName = ({ model, version }: VersionRef): string => `${model}@${version}`;

/** Whether two references mean the same bytes under the same name. */
export const sameVersion = (a: VersionRef, b: VersionRef): boolean =>
  a.model === b.model && a.version === b.version && a.digest === b.digest;
