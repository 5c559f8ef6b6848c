import { emptyEvidence, extendEvidence } from '../analysis/evidence.ts';
import type { Evidence } from '../analysis/evidence.ts';
import type { VersionRef } from '../catalog/version.ts';
import type { Result } from '../lib/result.ts';
import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { defaultEndpointSettings } from '../routing/endpoint.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import type { CatalogVersion } from '../routing/table.ts';
import { asCandidate, contendersOf, evidenceKey } from '../rollout/contenders.ts';
import { decide } from '../rollout/decide.ts';
import type { Fleet } from '../rollout/readiness.ts';
import type { Refusal } from '../rollout/refusal.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { sharesOf } from '../rollout/share.ts';
import { startRollout } from '../rollout/start.ts';
import { examine } from '../rollout/tick.ts';
import type { Judgement } from '../rollout/world.ts';
import type { Window } from '../telemetry/window.ts';
import type { RolloutState, StartDetail } from './record.ts';

/** A rollout as it was. Its salt is nobody's business, and no decision looks at it. */
export const rolloutOf = (state: RolloutState, spec: RolloutSpec): Rollout => ({
  ...state,
  spec,
  salt: NO_SALT,
});

/** Starts a rollout again, perhaps under another declaration. */
export function startAgain(
  { endpoint, baseline, candidate, attributes, state }: StartDetail,
  spec: RolloutSpec,
): Result<Rollout, Refusal> {
  const { id, createdBy, createdAt } = state;
  const others = state.others.map(({ version }) => version);
  const versions = [candidate, ...others, baseline].map(known);
  const before = standIn(endpoint, baseline, createdAt);
  const settings = { ...before.settings, attributes };
  const { slice } = state;
  const room = slice === undefined ? {} : { slice, layerSalt: NO_SALT };
  const wish = { id, endpoint, candidate, others, spec, room };
  return startRollout(
    { ...wish, salt: NO_SALT, createdBy, now: createdAt },
    {
      endpoints: [{ ...before, settings }],
      rollouts: [],
      models: [{ name: candidate.model, versions }],
    },
  );
}

/** The evidence about each candidate, by the key under which it is kept. */
export function evidenceOf(
  rollout: Rollout,
  windowsOf: (place: number) => readonly Window[],
): ReadonlyMap<string, Evidence> {
  const shares = sharesOf(rollout);
  const each = contendersOf(rollout).map((one, place) => {
    const alone = asCandidate(rollout, one, shares);
    const evidence = extendEvidence(emptyEvidence(alone), alone, windowsOf(place));
    return [evidenceKey(rollout, one), evidence] as const;
  });
  return new Map(each);
}

/** What a rollout is judged by, again. */
export type Again = {
  readonly rollout: Rollout;
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly outcomes: Judgement['outcomes'];
  readonly fleet: Fleet;
  readonly now: Instant;
  readonly overtakenBy?: VersionRef | undefined;
};

/** Judges a rollout by the very functions that judge it in a tick. */
export function judgeAgain({ rollout, evidence, outcomes, fleet, now, ...by }: Again): Judgement {
  const { verdicts, thresholdsMs } = examine(rollout, { evidence, outcomes, now });
  const decision = decide({ rollout, verdicts, outcomes, thresholdsMs, fleet, now, ...by });
  return { verdicts, outcomes, decision };
}

/** An endpoint of which nothing but its name and version is known: enough to command a rollout. */
export const standIn = (name: string, version: VersionRef, at: Instant): Endpoint => ({
  name,
  model: version.model,
  version,
  previous: null,
  settings: defaultEndpointSettings,
  revision: 1,
  createdAt: at,
  changedAt: at,
});

const NO_SALT = '0'.repeat(32);

/** That the two may stand in for each other was found out when the rollout was started. */
const known = ({ model, version, digest }: VersionRef): CatalogVersion => ({
  model,
  version,
  digest,
  label: '',
  bytes: 0,
  signature: { inputs: [], outputs: [] },
  createdAt: instant(0),
});
