import { sameVersion, type VersionRef } from '../catalog/version.ts';
import { sameJson } from '../lib/canonical.ts';
import { invariant } from '../lib/invariant.ts';
import { sipHash64, sipKey } from '../lib/siphash.ts';
import { bps, WHOLE_BPS } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { isFinal, isQueued, type Rollout } from '../rollout/rollout.ts';
import { BASELINE_ARM, CANDIDATE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import { cededOf, segmentWeightsOf, sharesOf } from '../rollout/share.ts';
import { stageOf } from '../strategy/ladder.ts';
import type { Mirror } from '../strategy/stage.ts';
import type { Endpoint } from './endpoint.ts';

import { noThresholds } from './table.ts';
import { overlaps } from './slice.ts';
import type { Slice } from './slice.ts';
import type {
  Arm,
  CatalogModel,
  LaneRoute,
  Route,
  RouteMirror,
  RoutingTable,
  Split,
} from './table.ts';

/** All the state that makes a routing table, and the table as last published. */
export type Projection = {
  readonly endpoints: readonly Endpoint[];
  /** Per endpoint one goes on, or several in slices; those that wait or have ended are ignored. */
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
  | 'importance'
  | 'split'
  | 'segmentSplits'
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

/** Rows are looked at only for those who asked, and while something is compared. */
const asksImportance = ({ spec }: Rollout): boolean =>
  spec.checks.some(({ metric }) => metric === 'feature_importance');

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
  const own = segmentWeightsOf(rollout);
  // Whoever is going back, or has everything, has no conditions.
  const stage =
    rollout.phase === 'advancing' || rollout.phase === 'holding' ? stageOf(rollout) : null;
  return {
    rollout: rollout.id,
    arms,
    audience: stage?.audience ?? null,
    mirror: mirrorOf(rollout, stage?.mirror ?? null),
    ...(stage !== null && asksImportance(rollout) ? { importance: true as const } : {}),
    split: splitOf(arms, shares, cededOf(rollout)),
    ...(own === null
      ? {}
      : { segmentSplits: own.map(({ shares: each, ceded }) => splitOf(arms, each, ceded)) }),
    salt: rollout.salt,
    fallback: rollout.spec.fallback,
    bucketMs: rollout.spec.bucketMs,
    thresholdsMs: rollout.thresholdsMs,
  };
}

const splitOf = (arms: readonly Arm[], shares: readonly Bps[], ceded: readonly Bps[]): Split =>
  arms.map(({ name }, index) => ({
    arm: name,
    bps: shares[index] ?? bps(0),
    ...(ceded[index] === undefined || ceded[index] === 0 ? {} : { ceded: ceded[index] }),
  }));

/** Everybody's route, and a lane for each rollout that has a slice. */
function routeOf(endpoint: Endpoint, rollouts: readonly Rollout[]): Undated<Route> {
  const alone = rollouts.find(({ slice }) => slice === undefined);
  const { name } = endpoint;
  const ids = rollouts.map(({ id }) => id).join(', ');
  invariant(alone === undefined || rollouts.length === 1, `endpoint ${name} has rollouts ${ids}`);
  const route = laneRouteOf(endpoint, alone);
  const lanes = rollouts
    .flatMap((one) => laneOfRollout(endpoint, one))
    .sort((a, b) => a.slice.fromBps - b.slice.fromBps);
  const meets = lanes.some(
    ({ slice }, i) => i > 0 && overlaps(slice, lanes[i - 1]?.slice ?? slice),
  );
  invariant(!meets, `endpoint ${name} has rollouts that share units: ${ids}`);
  return lanes.length === 0 ? route : { ...route, lanes };
}

function laneOfRollout(endpoint: Endpoint, rollout: Rollout): readonly UndatedLane[] {
  const { slice, layerSalt } = rollout;
  if (slice === undefined || layerSalt === undefined) return [];
  const route = laneRouteOf(endpoint, rollout);
  return [{ slice: { salt: layerSalt, ...slice }, route }];
}

type Undated<R> = Omit<R, 'since' | 'lanes'> & { readonly lanes?: readonly UndatedLane[] };
type UndatedLane = { readonly slice: Slice; readonly route: Omit<LaneRoute, 'since'> };

function laneRouteOf(endpoint: Endpoint, rollout: Rollout | undefined): Omit<LaneRoute, 'since'> {
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

const byEndpoint = (rollouts: readonly Rollout[]): ReadonlyMap<string, readonly Rollout[]> =>
  Map.groupBy(
    rollouts.filter((one) => !isFinal(one) && !isQueued(one)),
    ({ endpoint }) => endpoint,
  );

function inOrder({ name, versions }: CatalogModel): CatalogModel {
  return { name, versions: [...versions].sort((a, b) => b.version - a.version) };
}

/** The route, and each of its lanes, with the generation in which it became what it is. */
function dated(
  { lanes, ...route }: Undated<Route>,
  before: Route | undefined,
  generation: number,
): Route {
  const known = new Map((before?.lanes ?? []).map((lane) => [lane.route.rollout, lane.route]));
  const own = lanes?.map(({ slice, route: lane }) => {
    return { slice, route: since(lane, known.get(lane.rollout), generation) };
  });
  return since(own === undefined ? route : { ...route, lanes: own }, before, generation);
}

function since<R extends LaneRoute>(
  route: Omit<R, 'since'>,
  before: R | undefined,
  generation: number,
): R {
  if (before !== undefined && sameJson({ ...route, since: before.since }, before)) return before;
  return { ...route, since: generation } as R;
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
      .map((endpoint) => routeOf(endpoint, moved.get(endpoint.name) ?? []))
      .map((route) => dated(route, before.get(route.endpoint), generation)),
    models: [...models].sort((a, b) => byText(a.name, b.name)).map(inOrder),
  };
  return sameJson({ ...next, generation: previous.generation }, previous) ? previous : next;
}
