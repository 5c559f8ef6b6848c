import { aliasBody } from '../../protocol/admin/alias.ts';
import { versionBody, type VersionBody } from '../../protocol/admin/version.ts';
import type { Version } from '../../core/catalog/version.ts';
import { Fault } from '../../protocol/errors.ts';
import { pointAlias } from '../../registry/aliasing.ts';
import {
  newest,
  parseVersionPick,
  resolveVersion,
  type ModelCatalog,
} from '../../registry/naming.ts';
import { mayDelete } from '../../registry/retention.ts';
import { newVersion, planPush } from '../../registry/versioning.ts';
import { momentBody } from '../../protocol/admin/scalars.ts';
import { activeRolloutsOf, endpointsOf, versionKey, versionsOf, type State } from '../state.ts';
import type { Golden } from '../../protocol/admin/golden.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from './handler.ts';

/** All that is known of one model. */
export function modelCatalog(state: State, model: string): ModelCatalog {
  const aliases = [...state.records.alias.values()].map(({ value }) => value);
  return {
    versions: versionsOf(state, model),
    aliases: aliases.filter((alias) => alias.model === model),
  };
}

function knownCatalog(state: State, model: string): ModelCatalog {
  if (!state.records.model.has(model)) {
    throw new Fault('MODEL_UNKNOWN', `there is no model ${model}`);
  }
  return modelCatalog(state, model);
}

function viewOf(version: Version, { aliases }: ModelCatalog): VersionBody {
  const pointing = aliases.filter((alias) => alias.version === version.version);
  return versionBody(
    version,
    pointing.map(({ name }) => name),
  );
}

/** Golden rows lie beside model files, under their digest, for every gateway to answer again. */
async function keepGolden(
  { blobs }: ControlContext,
  golden: Golden,
  signal: AbortSignal,
): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(golden));
  const one = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  const { digest } = await blobs.put(one(), { bytesMax: bytes.byteLength, signal });
  return digest;
}

/** Calls about model files, models, versions and aliases. */
export const modelHandlers: Pick<
  Handlers,
  | 'blob.put'
  | 'blob.read'
  | 'model.list'
  | 'version.list'
  | 'version.read'
  | 'version.push'
  | 'version.delete'
  | 'alias.list'
  | 'alias.move'
> = {
  'blob.put': ({ blobs, limits }, { body, signal }) =>
    blobs.put(body, { bytesMax: limits.blobBytesMax, signal }),

  'blob.read': ({ blobs }, { params, signal }) => blobs.read(params.digest, signal),

  'model.list': async ({ journal }) => {
    const state = journal.state();
    return [...state.records.model.values()].map(({ value }) => {
      const versions = versionsOf(state, value.name);
      return {
        name: value.name,
        createdAt: momentBody(value.createdAt),
        versions: versions.length,
        latest: newest(versions)?.version ?? null,
      };
    });
  },

  'version.list': async ({ journal }, { params }) => {
    const catalog = knownCatalog(journal.state(), params.model);
    return catalog.versions.map((version) => viewOf(version, catalog)).reverse();
  },

  'version.read': async ({ journal }, { params: { model, version } }) => {
    const catalog = knownCatalog(journal.state(), model);
    return viewOf(resolveVersion({ model, pick: parseVersionPick(version) }, catalog), catalog);
  },

  'version.push': async (context, { params, body, principal, signal, commit }) => {
    const { journal, registry } = context;
    const { model } = params;
    const early = planPush({ body, catalog: modelCatalog(journal.state(), model) });
    // Admission takes seconds and happens outside the journal; what is in the catalog may have
    // changed when it ends, so the push is planned again in the transaction.
    const admitted =
      early.type === 'new' ? await registry.admit(body.digest, body.golden, signal) : null;
    const golden =
      admitted === null || body.golden === null
        ? null
        : await keepGolden(context, body.golden, signal);
    return commit((state, now) => {
      const catalog = modelCatalog(state, model);
      const plan = planPush({ body, catalog });
      if (plan.type === 'existing' || admitted === null) {
        const version = plan.type === 'existing' ? plan.version : catalog.versions.at(-1);
        if (version === undefined) throw new Fault('VERSION_UNKNOWN', 'the version was deleted');
        const ignored = plan.type === 'existing' ? [...plan.ignored] : [];
        return { answer: { version: viewOf(version, catalog), created: false, ignored } };
      }
      const made = { model, body, catalog, admitted, golden, author: principal.name, now };
      const version = newVersion(made);
      const isFirst = !state.records.model.has(model);
      return {
        puts: [
          ...(isFirst
            ? ([{ kind: 'model', key: model, value: { name: model, createdAt: now } }] as const)
            : []),
          { kind: 'version', key: versionKey(version), value: version },
        ],
        audit: [
          {
            at: now,
            actor: principal.name,
            action: 'version.push',
            subject: `version/${model}@${version.version}`,
            reason: `pushed as ${version.label}`,
            detail: { digest: version.digest, bytes: version.bytes, admission: version.admission },
          },
        ],
        answer: { version: viewOf(version, catalog), created: true, ignored: [] },
      };
    });
  },

  'version.delete': async ({ blobs, journal }, { params, principal, commit }) => {
    const deleted = await commit((state, now) => {
      const { model } = params;
      const catalog = knownCatalog(state, model);
      const version = resolveVersion({ model, pick: parseVersionPick(params.version) }, catalog);
      const verdict = mayDelete(version, {
        ...catalog,
        endpoints: endpointsOf(state),
        rollouts: activeRolloutsOf(state),
      });
      if (!verdict.ok) throw new Fault('VERSION_IN_USE', verdict.error);
      return {
        removes: [{ kind: 'version', key: versionKey(version) }],
        audit: [
          {
            at: now,
            actor: principal.name,
            action: 'version.delete',
            subject: `version/${model}@${version.version}`,
            reason: 'deleted on request',
            detail: { digest: version.digest },
          },
        ],
        answer: viewOf(version, catalog),
      };
    });
    const all = [...journal.state().records.version.values()].map(({ value }) => value);
    if (all.every(({ digest }) => digest !== deleted.digest)) await blobs.remove(deleted.digest);
    const { golden } = deleted;
    if (golden !== undefined && all.every((one) => one.golden !== golden)) {
      await blobs.remove(golden);
    }
    return deleted;
  },

  'alias.list': async ({ journal }, { params }) =>
    knownCatalog(journal.state(), params.model).aliases.map(aliasBody),

  'alias.move': async (_context, { params, body, principal, commit }) =>
    commit((state, now) => {
      const { model, alias: name } = params;
      const catalog = knownCatalog(state, model);
      const before = catalog.aliases.find((alias) => alias.name === name) ?? null;
      const alias = pointAlias({ model, name, ...body, who: principal.name, now }, catalog);
      const answer = aliasBody(alias);
      if (alias === before) return { answer };
      return {
        puts: [{ kind: 'alias', key: `${model}/${name}`, value: alias }],
        audit: [
          {
            at: now,
            actor: principal.name,
            action: 'alias.move',
            subject: `alias/${model}/${name}`,
            reason: `from ${before?.version ?? 'nothing'} to ${body.version}`,
            detail: { from: before?.version ?? null, to: body.version },
          },
        ],
        answer,
      };
    }),
};
