import { differences } from '../catalog/compatible.ts';
import { refOf, sameVersion, versionName } from '../catalog/version.ts';
import type { VersionRef } from '../catalog/version.ts';
import { err, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { plural } from '../lib/wording.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import type { CatalogVersion } from '../routing/table.ts';
import { sequenceOf } from '../strategy/ladder.ts';
import { stagesOfStrategy } from '../strategy/strategies.ts';
import { otherArm } from './arm.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { Contender } from './rollout.ts';
import type { RolloutSpec } from './spec.ts';
import type { World } from './world.ts';

/** A version as people name it. */
export type VersionName = { readonly model: string; readonly version: number };

/** What is to be rolled out, and where. */
export type CandidatesWish = {
  /** At least one, in their order. */
  readonly candidates: readonly VersionName[];
  readonly endpoint: Endpoint;
  readonly spec: RolloutSpec;
};

/** The candidates of a rollout under their arms. */
export type Candidates = {
  readonly candidate: VersionRef;
  readonly others: readonly Contender[];
};

/** Finds the candidates, or says which of them cannot be rolled out. */
export function candidatesIn(
  wish: CandidatesWish,
  models: World['models'],
): Result<Candidates, Refusal> {
  const { candidates, spec } = wish;
  const problem = countProblem(spec, candidates.length);
  if (problem !== null) return err(problem);
  const found: VersionRef[] = [];
  for (const [index, name] of candidates.entries()) {
    const path = candidates.length === 1 ? 'candidate' : `candidates[${index}]`;
    const one = candidateIn(name, { path, wish, models });
    if (!one.ok) return one;
    if (found.some((earlier) => sameVersion(earlier, one.value))) {
      const sentence = `${versionName(one.value)} is named twice; each arm has its own version.`;
      return err(refusal('ROLLOUT_SAME_VERSION', sentence, path));
    }
    found.push(refOf(one.value));
  }
  const [candidate, ...others] = found;
  if (candidate === undefined) {
    return err(refusal('ROLLOUT_VERSION_UNKNOWN', 'No candidate is named.', 'candidate'));
  }
  const arms = others.map((version, index) => ({ arm: otherArm(index + 2), version }));
  return ok({ candidate, others: arms });
}

/** Every strategy says how many candidates it is for: one for each share of its split. */
function countProblem(spec: RolloutSpec, given: number): Refusal | null {
  for (const strategy of sequenceOf(spec)) {
    const wanted = stagesOfStrategy(strategy)[0]?.split?.length ?? 1;
    if (wanted === given) continue;
    const takes = `${strategy.kind} as declared takes ${plural(wanted, 'candidate')}`;
    const sentence = `${takes}, and ${given} ${given === 1 ? 'is' : 'are'} named.`;
    return refusal('ROLLOUT_SPEC_INVALID', sentence, 'candidates');
  }
  return null;
}

type Asked = {
  readonly path: string;
  readonly wish: CandidatesWish;
  readonly models: World['models'];
};

function candidateIn(
  name: VersionName,
  { path, wish: { endpoint }, models }: Asked,
): Result<CatalogVersion, Refusal> {
  const found = versionIn(models, name);
  if (found === null) return err(unknownVersion(name, path));
  if (name.model !== endpoint.model) {
    const sentence = `${endpoint.name} serves ${endpoint.model}, not ${name.model}.`;
    return err(refusal('ROLLOUT_OTHER_MODEL', sentence, path));
  }
  if (sameVersion(found, endpoint.version)) {
    const sentence = `${versionName(found)} is what ${endpoint.name} serves already.`;
    return err(refusal('ROLLOUT_SAME_VERSION', sentence, path));
  }
  const baseline = versionIn(models, endpoint.version);
  if (baseline === null) return err(unknownVersion(endpoint.version, 'endpoint'));
  const different = differences(baseline.signature, found.signature);
  if (different.length === 0) return ok(found);
  const pair = `${versionName(found)} cannot stand in for ${versionName(baseline)}`;
  return err(refusal('ROLLOUT_SIGNATURE_DIFFERS', `${pair}: ${different.join('; ')}.`, path));
}

function versionIn(
  models: World['models'],
  { model, version }: VersionName,
): CatalogVersion | null {
  const found = models.find(({ name }) => name === model);
  return found?.versions.find((one) => one.version === version) ?? null;
}

function unknownVersion({ model, version }: VersionName, path: string): Refusal {
  return refusal('ROLLOUT_VERSION_UNKNOWN', `There is no version ${model}@${version}.`, path);
}
