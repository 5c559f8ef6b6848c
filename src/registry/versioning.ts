import { sameJson } from '../core/lib/canonical.ts';
import { instant } from '../core/lib/units.ts';
import { Fault } from '../protocol/errors.ts';
import { lineageOf } from '../protocol/admin/version.ts';
import { newest } from './naming.ts';
import { requireReference } from './reference.ts';
import type { AdmissionReport, Version } from '../core/catalog/version.ts';
import type { Signature } from '../core/catalog/signature.ts';
import type { Instant } from '../core/lib/units.ts';
import type { PushBody } from '../protocol/admin/version.ts';
import type { ModelCatalog } from './naming.ts';

/** What admission found out about the bytes. */
export type Admitted = {
  readonly signature: Signature;
  readonly report: AdmissionReport;
  readonly bytes: number;
};

/**
 * What a push comes to. `existing`: the model has these bytes already; nothing is to be done, and
 * `ignored` names the fields of the push that say something else than what is there.
 */
export type PushPlan =
  | { readonly type: 'existing'; readonly version: Version; readonly ignored: readonly string[] }
  | { readonly type: 'new' };

/** A push to a model, with what the model has. */
export type Push = { readonly body: PushBody; readonly catalog: ModelCatalog };

/**
 * Tells before the costly admission whether a push can lead to a new version.
 * Faults: `LABEL_TAKEN`, `PROVENANCE_MISMATCH`.
 */
export function planPush({ body, catalog }: Push): PushPlan {
  refuseOtherProvenance(body);
  const version = catalog.versions.find(({ digest }) => digest === body.digest);
  if (version !== undefined) return { type: 'existing', version, ignored: ignored(body, version) };
  if (body.label !== undefined) refuseTakenLabel(body.label, catalog);
  return { type: 'new' };
}

function refuseOtherProvenance({ digest, golden, lineage }: PushBody): void {
  const claims = [
    { file: 'golden', path: 'golden.digest', claim: golden?.digest },
    { file: 'lineage', path: 'lineage.artefact.digest', claim: lineage?.artefact?.digest },
  ];
  for (const { file, path, claim } of claims) {
    if (claim === undefined || claim === digest) continue;
    const what = `The ${file} file belongs to ${claim}, but ${digest} is pushed.`;
    throw new Fault('PROVENANCE_MISMATCH', what, path);
  }
}

function refuseTakenLabel(label: string, { versions, aliases }: ModelCatalog): void {
  const holder = versions.find((version) => version.label === label);
  if (holder !== undefined) {
    const what = `${holder.model}@${holder.version} has the label ${label} and other bytes.`;
    throw new Fault('LABEL_TAKEN', what, 'label');
  }
  const alias = aliases.find(({ name }) => name === label);
  if (alias !== undefined) {
    throw new Fault('LABEL_TAKEN', `${label} is an alias of ${alias.model}.`, 'label');
  }
}

function ignored(body: PushBody, version: Version): readonly string[] {
  const lineage = body.lineage === null ? null : lineageOf(body.lineage);
  const differs = {
    label: body.label !== undefined && body.label !== version.label,
    metrics: Object.keys(body.metrics).length > 0 && !sameJson(body.metrics, version.metrics),
    tags: Object.keys(body.tags).length > 0 && !sameJson(body.tags, version.tags),
    lineage: lineage !== null && !sameJson(lineage, version.lineage),
  };
  return Object.entries(differs).flatMap(([field, differing]) => (differing ? [field] : []));
}

/** What a version is made of, beside the push. */
export type Registration = Push & {
  readonly model: string;
  readonly admitted: Admitted;
  /** Digest of the stored golden rows; null: none were given. */
  readonly golden: string | null;
  readonly author: string;
  readonly now: Instant;
};

/**
 * The version an admitted push becomes. Its number is one more than the greatest there is, which is
 * never given twice because the newest version is never removed. Fault `REFERENCE_MISMATCH`.
 */
export function newVersion({ model, body, catalog, ...rest }: Registration): Version {
  const { admitted, golden, author, now } = rest;
  const reference = body.lineage?.reference;
  if (reference !== undefined) requireReference(reference, admitted.signature);
  return {
    model,
    version: (newest(catalog.versions)?.version ?? 0) + 1,
    digest: body.digest,
    label: body.label ?? labelAt(now, catalog),
    format: 'onnx',
    bytes: admitted.bytes,
    signature: admitted.signature,
    createdAt: instant(now),
    author,
    metrics: body.metrics,
    tags: body.tags,
    lineage: body.lineage === null ? null : lineageOf(body.lineage),
    admission: admitted.report,
    ...(golden === null ? {} : { golden }),
  };
}

/**
 * A label from the time, to the second, e.g. `2026-11-21T10-04-05Z`; the second one within the same
 * second ends in `-2`, and so on.
 */
export function labelAt(now: Instant, { versions, aliases }: ModelCatalog): string {
  const taken = new Set([
    ...versions.map(({ label }) => label),
    ...aliases.map(({ name }) => name),
  ]);
  const stamp = `${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
  if (!taken.has(stamp)) return stamp;
  let ordinal = 2;
  while (taken.has(`${stamp}-${ordinal}`)) ordinal += 1;
  return `${stamp}-${ordinal}`;
}
