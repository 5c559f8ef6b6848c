import { isFinal } from '../core/rollout/rollout.ts';
import { err, ok } from '../core/lib/result.ts';
import { sameVersion, versionName } from '../core/catalog/version.ts';
import { newest } from './naming.ts';
import type { Version, VersionRef } from '../core/catalog/version.ts';
import type { Result } from '../core/lib/result.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import type { Endpoint } from '../core/routing/endpoint.ts';
import type { ModelCatalog } from './naming.ts';
import { contendersOf } from '../core/rollout/contenders.ts';

/** All that may refer to a version of a model. */
export type Referrers = ModelCatalog & {
  readonly endpoints: readonly Endpoint[];
  readonly rollouts: readonly Rollout[];
};

/**
 * Whether a version may be removed, else the sentence that says what still refers to it. What is
 * served, what can be gone back to, what a rollout is about and what an alias names is kept; and
 * the newest of a model always, so that its number is never given to other bytes.
 */
export function mayDelete(version: Version, referrers: Referrers): Result<null, string> {
  const reason =
    servedBy(version, referrers) ??
    rolledOutBy(version, referrers) ??
    namedBy(version, referrers) ??
    newestOf(version, referrers);
  return reason === null ? ok(null) : err(`${versionName(version)} ${reason}`);
}

function servedBy(version: VersionRef, { endpoints }: Referrers): string | null {
  for (const endpoint of endpoints) {
    if (sameVersion(endpoint.version, version)) return `is served by ${endpoint.name}.`;
    if (endpoint.previous !== null && sameVersion(endpoint.previous, version)) {
      return `is what ${endpoint.name} goes back to on a rollback.`;
    }
  }
  return null;
}

function rolledOutBy(version: VersionRef, { rollouts }: Referrers): string | null {
  const about = rollouts.find(
    (rollout) =>
      !isFinal(rollout) &&
      (sameVersion(rollout.baseline, version) ||
        contendersOf(rollout).some((one) => sameVersion(one.version, version))),
  );
  return about === undefined ? null : `is part of rollout ${about.id}, which is not over.`;
}

function namedBy({ model, version }: VersionRef, { aliases }: Referrers): string | null {
  const alias = aliases.find((one) => one.model === model && one.version === version);
  return alias === undefined ? null : `has the alias ${alias.name}.`;
}

function newestOf({ model, version }: VersionRef, { versions }: Referrers): string | null {
  const latest = newest(versions.filter((one) => one.model === model));
  if (latest?.version !== version) return null;
  return 'is the newest of its model; removing it would give its number to other bytes.';
}

/** Whether no version but `removed` has its bytes, so that they may go too. */
export const blobIsFree = (removed: VersionRef, versions: readonly VersionRef[]): boolean =>
  versions.every((one) => one.digest !== removed.digest || sameVersion(one, removed));
