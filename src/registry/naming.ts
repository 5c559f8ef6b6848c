import { isDigest } from '../core/catalog/digest.ts';
import { Fault } from '../protocol/errors.ts';
import { aliasNameSchema, RESERVED_ALIAS } from '../protocol/admin/alias.ts';
import { modelNameSchema } from '../protocol/admin/model.ts';
import { labelSchema } from '../protocol/admin/version.ts';
import { assertNever } from '../core/lib/invariant.ts';
import type { Alias } from '../core/catalog/alias.ts';
import type { Version } from '../core/catalog/version.ts';

/** Which version of a model is meant; `newest`: the one with the greatest number. */
export type VersionPick =
  | { readonly type: 'newest' }
  | { readonly type: 'number'; readonly number: number }
  | { readonly type: 'digest'; readonly digest: string }
  | { readonly type: 'name'; readonly name: string };

/** A model with one of its versions picked. */
export type PickedName = { readonly model: string; readonly pick: VersionPick };

/** What is known of one model: all its versions and aliases, in any order. */
export type ModelCatalog = {
  readonly versions: readonly Version[];
  readonly aliases: readonly Alias[];
};

/**
 * Reads `model`, `model@3`, `model@label`, `model@alias`, `model@latest` or `model@sha256:…`. A
 * bare name means the newest, so it is for looking at, not for deploying: whoever deploys pins what
 * he resolved. Faults: `NAME_INVALID`.
 */
export function parseVersionName(text: string): PickedName {
  const at = text.indexOf('@');
  const model = at === -1 ? text : text.slice(0, at);
  if (!modelNameSchema.safeParse(model).success) {
    throw new Fault('NAME_INVALID', `${shown(model)} is not a model name.`);
  }
  return { model, pick: at === -1 ? { type: 'newest' } : parseVersionPick(text.slice(at + 1)) };
}

/** Reads what stands behind the `@`. Faults: `NAME_INVALID`. */
export function parseVersionPick(text: string): VersionPick {
  if (text === RESERVED_ALIAS) return { type: 'newest' };
  if (/^[1-9][0-9]{0,8}$/.test(text)) return { type: 'number', number: Number(text) };
  if (isDigest(text)) return { type: 'digest', digest: text };
  if (labelSchema.safeParse(text).success) return { type: 'name', name: text };
  if (aliasNameSchema.safeParse(text).success) return { type: 'name', name: text };
  throw new Fault('NAME_INVALID', `${shown(text)} is no number, label, alias or digest.`);
}

/**
 * The version a name means. A label and an alias are never the same text within a model, so a name
 * has one meaning. Faults: `VERSION_UNKNOWN`.
 */
export function resolveVersion({ model, pick }: PickedName, catalog: ModelCatalog): Version {
  const found = find(pick, catalog);
  if (found !== undefined) return found;
  const numbers = catalog.versions.map(({ version }) => version);
  const has =
    numbers.length === 0
      ? 'it has none yet'
      : `it has ${numbers.length}, the newest is ${Math.max(...numbers)}`;
  throw new Fault('VERSION_UNKNOWN', `${model} has no version ${pickText(pick)}; ${has}.`);
}

function find(pick: VersionPick, { versions, aliases }: ModelCatalog): Version | undefined {
  switch (pick.type) {
    case 'newest':
      return newest(versions);
    case 'number':
      return versions.find(({ version }) => version === pick.number);
    case 'digest':
      return versions.find(({ digest }) => digest === pick.digest);
    case 'name': {
      const alias = aliases.find(({ name }) => name === pick.name);
      if (alias === undefined) return versions.find(({ label }) => label === pick.name);
      return versions.find(({ version }) => version === alias.version);
    }
    default:
      return assertNever(pick, 'version pick');
  }
}

/** The version with the greatest number. Numbers are compared as numbers: 10 comes after 9. */
export const newest = (versions: readonly Version[]): Version | undefined =>
  versions.reduce<Version | undefined>(
    (best, one) => (best === undefined || one.version > best.version ? one : best),
    undefined,
  );

function pickText(pick: VersionPick): string {
  switch (pick.type) {
    case 'newest':
      return RESERVED_ALIAS;
    case 'number':
      return String(pick.number);
    case 'digest':
      return pick.digest;
    case 'name':
      return shown(pick.name);
    default:
      return assertNever(pick, 'version pick');
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 80));
