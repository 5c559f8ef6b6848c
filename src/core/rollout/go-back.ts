import { versionName } from '../catalog/version.ts';
import { err, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Instant } from '../lib/units.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';

/**
 * Takes an endpoint without a rollout back to the version before. Afterwards no version before is
 * known: somebody who asks twice, to be sure, must never bring back what he took out.
 */
export function goBack(endpoint: Endpoint, now: Instant): Result<Endpoint, Refusal> {
  const { name, version, previous, revision } = endpoint;
  if (previous === null) {
    const sentence = `${name} serves ${versionName(version)}; no earlier version is known.`;
    return err(refusal('ROLLOUT_NOTHING_BEFORE', sentence));
  }
  const after = { version: previous, previous: null, revision: revision + 1, changedAt: now };
  return ok({ ...endpoint, ...after });
}
