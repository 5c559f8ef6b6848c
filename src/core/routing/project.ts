import { sameVersion, type VersionRef } from '../catalog/version.ts';
import { sameJson } from '../lib/canonical.ts';
import { invariant } from '../lib/invariant.ts';
import { sipHash64, sipKey } from '../lib/siphash.ts';
import { bps, WHOLE_BPS } from '../lib/units.ts';
import { isFinal, isQueued, type Rollout } from '../rollout/rollout.ts';
import { BASELINE_ARM, CANDIDATE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import { cededOf, sharesOf } from '../rollout/share.ts';
import { stageOf } from '../strategy/ladder.ts';
import type { Mirror } from '../strategy/stage.ts';
import type { Endpoint } from './endpoint.ts';

import { noThresholds } from './table.ts';
import type { Arm, CatalogModel, Route, RouteMirror, RoutingTable } from './table.ts';

/** All the state that makes a routing table, and the table as last published. */
export type Projection = {
  readonly endpoints: readonly Endpoint[];
  /** At most one per endpoint goes on; those that wait or have ended are ignored. */
  readonly rollouts: readonly Rollout[];
  readonly models: readonly CatalogModel[];
  readonly previous: RoutingTable;
};

/** The table before anything was ever published. */
export const emptyTable: RoutingTable = { schema: 1, generation: 0, routes: [], models: [] };

/** Width of the buckets of an endpoint without a rollout. */
export const QUIET_BUCKET_MS = 10_000;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Salt of an endpoint without a rollout: there is one arm, so nothing can be chosen and it need not
 * be secret, but it must be the same on every gateway.
 */
function quietSalt(endpoint: Endpoint): string {
  const key = sipKey('0'.repeat(32));
  const halves = [0, 1].flatMap((i) => sipHash64(key, `${endpoint.name}/${i}`));
  return halves.map((half) => half.toString(16).padStart(8, '0')).join('');
}

/** What to keep loaded besides the arms: what the endpoint points at and would go back to. */
function warmVersions(endpoint: Endpoint, arms: readonly Arm[]): readonly VersionRef[] {
  const wanted = [endpoint.version, endpoint.previous].filter((version) => version !== null);
  return wanted.filter(
    (version, i) =>
      !arms.some((arm) => sameVersion(arm.version, version)) &&
      wanted.findIndex((other) => sameVersion(other, version)) === i,
  );
}

type Moving = Pick<
  Route,
  | 'rollout'
  | 'arms'
  | 'audience'
  | 'mirror'
  | 'split'
  | 'salt'
  | 'fallback'
  | 'bucketMs'
  | 'thresholdsMs'
>;

/** One arm with everything: nothing is being rolled out. */
function quiet(endpoint: Endpoint): Moving {
  return {
    rollout: null,
    arms: [{ name: BASELINE_ARM, role: 'baseline', version: endpoint.version }],
    audience: null,
    mirror: null,
    split: [{ arm: BASELINE_ARM, bps: bps(WHOLE_BPS) }],
    salt: quietSalt(endpoint),
    fallback: 'none',
    bucketMs: QUIET_BUCKET_MS,
    thresholdsMs: noThresholds,
  };
}

/** Copies go to the candidate; paired, to all challengers that are still in the contest. */
function mirrorOf(rollout: Rollout, mirror: Mirror | null): RouteMirror | null {
  if (mirror === null) return null;
  if (mirror.isPaired !== true) return { ...mirror, arm: CANDIDATE_ARM };
  const { dropped } = rollout;
  const left = contendersOf(rollout).map(({ arm }) => arm);
  const [arm = CANDIDATE_ARM, ...others] = left.filter((one) => !dropped.includes(one));
  return { ...mirror, arm, ...(others.length === 0 ? {} : { others }) };
}

/** Baseline and candidates, shared as the rollout's phase and stage say. */
function moving(rollout: Rollout): Moving {
  const candidates = contendersOf(rollout).map(({ arm, version }) => {
    return { name: arm, role: 'candidate', version } as const;
  });
  const arms = [
    { name: BASELINE_ARM, role: 'baseline', version: rollout.baseline } as const,
    ...candidates,
  ];
  const shares = sharesOf(rollout);
  const ceded = cededOf(rollout);
  // Whoever is going back, or has everything, has no conditions.
  const stage =
    rollout.phase === 'advancing' || rollout.phase === 'holding' ? stageOf(rollout) : null;
  return {
    rollout: rollout.id,
    arms,
    audience: stage?.audience ?? null,
    mirror: mirrorOf(rollout, stage?.mirror ?? null),
    split: arms.map(({ name }, index) => ({
      arm: name,
      bps: shares[index] ?? bps(0),
      ...(ceded[index] === undefined || ceded[index] === 0 ? {} : { ceded: ceded[index] }),
    })),
    salt: rollout.salt,
    fallback: rollout.spec.fallback,
    bucketMs: rollout.spec.bucketMs,
    thresholdsMs: rollout.thresholdsMs,
  };
}

function routeOf(endpoint: Endpoint, rollout: Rollout | undefined): Omit<Route, 'since'> {
  const part = rollout === undefined ? quiet(endpoint) : moving(rollout);
  const { log } = endpoint.settings;
  const segments = rollout === undefined ? endpoint.settings.segments : rollout.spec.segments;
  return {
    endpoint: endpoint.name,
    model: endpoint.model,
    // Both revisions only grow: within a rollout their sum changes with either, never to repeat.
    revision: endpoint.revision + (rollout?.revision ?? 0),
    unitKey: endpoint.settings.unitKey,
    deadlineMs: endpoint.settings.deadlineMs,
    attributes: endpoint.settings.attributes,
    ...(segments === undefined ? {} : { segments }),
    ...(log === undefined || log.sample === 0 ? {} : { log }),
    warm: warmVersions(endpoint, part.arms),
    ...part,
  };
}

function byEndpoint(rollouts: readonly Rollout[]): ReadonlyMap<string, Rollout> {
  const found = new Map<string, Rollout>();
  for (const rollout of rollouts) {
    if (isFinal(rollout) || isQueued(rollout)) continue;
    const other = found.get(rollout.endpoint);
    invariant(
      other === undefined,
      `endpoint ${rollout.endpoint} has two rollouts: ${other?.id} and ${rollout.id}`,
    );
    found.set(rollout.endpoint, rollout);
  }
  return found;
}

function inOrder({ name, versions }: CatalogModel): CatalogModel {
  return { name, versions: [...versions].sort((a, b) => b.version - a.version) };
}

/** The route with the generation in which it became what it is. */
function dated(route: Omit<Route, 'since'>, before: Route | undefined, generation: number): Route {
  if (before !== undefined && sameJson({ ...route, since: before.since }, before)) return before;
  return { ...route, since: generation };
}

/**
 * The routing table that all state together means (law 3). The same state gives the same bytes in
 * whatever order it is read. Gives `previous` itself back when nothing would change, else the next
 * generation.
 */
export function project({ endpoints, rollouts, models, previous }: Projection): RoutingTable {
  const moved = byEndpoint(rollouts);
  const before = new Map(previous.routes.map((route) => [route.endpoint, route]));
  const generation = previous.generation + 1;
  const next: RoutingTable = {
    schema: 1,
    generation,
    routes: [...endpoints]
      .sort((a, b) => byText(a.name, b.name))
      .map((endpoint) => routeOf(endpoint, moved.get(endpoint.name)))
      .map((route) => dated(route, before.get(route.endpoint), generation)),
    models: [...models].sort((a, b) => byText(a.name, b.name)).map(inOrder),
  };
  return sameJson({ ...next, generation: previous.generation }, previous) ? previous : next;
}
