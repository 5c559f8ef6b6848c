import { refOf, versionName } from '../catalog/version.ts';
import { err, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Instant } from '../lib/units.ts';
import { count } from '../lib/wording.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import { audienceRefusal } from './audience-refusal.ts';
import { candidatesIn } from './candidates.ts';
import type { VersionName } from './candidates.ts';
import { freshRollout } from './fresh.ts';
import { outcomeProblem } from './outcome-problems.ts';
import { notify } from './step.ts';
import type { Effect } from './effect.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { segmentsRefusal, withSegments } from './segments-refusal.ts';
import { isFinal, isQueued } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import type { RolloutSpec } from './spec.ts';
import { roomFor } from './room.ts';
import type { NoRoom, Room } from './room.ts';
import { specProblems } from './spec-problems.ts';
import type { World } from './world.ts';

/** A rollout somebody asks for. */
export type StartRequest = {
  /** Unique; becomes `Rollout.id`. */
  readonly id: string;
  readonly endpoint: string;
  readonly candidate: VersionName;
  /** Further ones, for strategies that compare several; absent: none. */
  readonly others?: readonly VersionName[];
  readonly spec: RolloutSpec;
  /** 32 hexadecimal digits from a secure source. */
  readonly salt: string;
  /** Its part of the units, where that was found before; absent: it is found. */
  readonly room?: Room;
  readonly createdBy: string;
  readonly now: Instant;
};

/** What a start is judged by. */
export type StartWorld = Pick<World, 'endpoints' | 'rollouts' | 'models'> & {
  /** Metrics of the endpoint's feedback that are declared; absent: nobody knows. */
  readonly metrics?: readonly string[];
};

/** Makes the rollout, or says why it does not start. Nothing is sent to the candidate yet. */
export function startRollout(request: StartRequest, world: StartWorld): Result<Rollout, Refusal> {
  const { spec, now } = request;
  const endpoint = world.endpoints.find(({ name }) => name === request.endpoint);
  if (endpoint === undefined) {
    const sentence = `There is no endpoint ${request.endpoint}.`;
    return err(refusal('ROLLOUT_ENDPOINT_UNKNOWN', sentence, 'endpoint'));
  }
  const room: Result<Room, NoRoom> =
    request.room === undefined ? roomAt(request, world.rollouts) : ok(request.room);
  const problem =
    baselineProblem(spec, endpoint) ??
    declarationProblem(spec) ??
    audienceRefusal(spec, endpoint.settings.attributes) ??
    segmentsRefusal(spec, endpoint) ??
    outcomeProblem(spec, { now, metrics: world.metrics ?? null });
  if (problem !== null) return err(problem);
  if (!room.ok) return err(room.error.refusal);
  const candidates = [request.candidate, ...(request.others ?? [])];
  const found = candidatesIn({ candidates, endpoint, spec }, world.models);
  if (!found.ok) return found;
  const { id, salt, createdBy } = request;
  const fresh = freshRollout({
    id,
    endpoint: endpoint.name,
    baseline: refOf(endpoint.version),
    ...found.value,
    spec: withSegments(spec, endpoint),
    salt,
    createdBy,
    now,
  });
  return ok({ ...fresh, ...room.value });
}

/** What is told when a rollout has been made, or begins to wait. */
export const startEffects = (rollout: Rollout, reason: string): readonly Effect[] => [
  notify(rollout, {
    kind: isQueued(rollout) ? 'rollout.queued' : 'rollout.started',
    sentence: `${rollout.createdBy}: ${reason}`,
  }),
];

/** Where a rollout may go on beside those of its endpoint that have not ended. */
export function roomAt(
  { endpoint, spec, salt }: Pick<StartRequest, 'endpoint' | 'spec' | 'salt'>,
  rollouts: readonly Rollout[],
): Result<Room, NoRoom> {
  const others = rollouts.filter((one) => one.endpoint === endpoint && !isFinal(one));
  return roomFor({ slice: spec.slice, salt }, others);
}

/** Who says what he goes back to is not given something else. */
function baselineProblem({ baseline }: RolloutSpec, endpoint: Endpoint): Refusal | null {
  const { name, version } = endpoint;
  if (baseline === undefined) return null;
  if (baseline.model === version.model && baseline.version === version.version) return null;
  const { model, version: number } = baseline;
  const sentence = `${name} serves ${versionName(version)}, not ${model}@${number} as declared.`;
  return refusal('ROLLOUT_BASELINE_DIFFERS', sentence, 'baseline');
}

function declarationProblem(spec: RolloutSpec): Refusal | null {
  if (!spec.checks.some(({ onFail }) => onFail === 'hard')) {
    const soft = spec.checks.length;
    const lack =
      soft === 0 ? 'No triggers are declared' : `None of the ${count(soft)} triggers is hard`;
    const sentence = `${lack}: nothing would take a bad candidate out again.`;
    return refusal('ROLLOUT_NO_TRIGGER', sentence, 'triggers');
  }
  const [first, ...others] = specProblems(spec);
  if (first === undefined) return null;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return refusal('ROLLOUT_SPEC_INVALID', `${first.sentence}${more}.`, first.path);
}
