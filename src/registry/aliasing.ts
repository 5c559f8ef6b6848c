import { moveAlias } from '../core/catalog/alias.ts';
import { Fault } from '../protocol/errors.ts';
import { resolveVersion } from './naming.ts';
import type { Alias } from '../core/catalog/alias.ts';
import type { Instant } from '../core/lib/units.ts';
import type { ModelCatalog } from './naming.ts';

/** A request to point an alias at a version. */
export type AliasRequest = {
  readonly model: string;
  readonly name: string;
  /** Number of the version it shall point at. */
  readonly version: number;
  /** Number of the version the caller believes it points at; null: that there is no such alias. */
  readonly expect: number | null;
  readonly who: string;
  readonly now: Instant;
};

/**
 * The alias after the move, with its history. Moving it where it points already gives back the same
 * object. Faults: `ALIAS_CONFLICT`, `ALIAS_TAKEN`, `VERSION_UNKNOWN`.
 */
export function pointAlias(request: AliasRequest, catalog: ModelCatalog): Alias {
  const { model, name, version, expect, who, now } = request;
  const current = catalog.aliases.find((alias) => alias.name === name) ?? null;
  if ((current?.version ?? null) !== expect) {
    const points = current === null ? 'does not exist' : `points at ${current.version}`;
    const believed = expect === null ? 'that it does not exist' : `${expect}`;
    const what = `The alias ${name} of ${model} ${points}; the request expected ${believed}.`;
    throw new Fault('ALIAS_CONFLICT', what, 'expect');
  }
  if (current === null) refuseLabel(request, catalog);
  resolveVersion({ model, pick: { type: 'number', number: version } }, catalog);
  if (current?.version === version) return current;
  return moveAlias(current, { model, name, version, movedAt: now, movedBy: who });
}

function refuseLabel({ model, name }: AliasRequest, { versions }: ModelCatalog): void {
  const holder = versions.find(({ label }) => label === name);
  if (holder === undefined) return;
  const what = `${model}@${holder.version} has the label ${name}.`;
  throw new Fault('ALIAS_TAKEN', what, 'name');
}
