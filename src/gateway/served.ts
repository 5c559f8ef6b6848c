import { isContested, mirroredArms } from '../core/routing/table.ts';
import type { Signature } from '../core/catalog/signature.ts';
import { invariant } from '../core/lib/invariant.ts';
import { compileRoute } from '../core/routing/assign.ts';
import type { CompiledRoute } from '../core/routing/assign.ts';
import { segmentNames } from '../core/segment/segments.ts';
import { compileMirror } from '../core/routing/mirror.ts';
import type { CompiledMirror } from '../core/routing/mirror.ts';
import { compileSlice } from '../core/routing/slice.ts';
import type { CompiledSlice } from '../core/routing/slice.ts';
import type {
  CatalogModel,
  CatalogVersion,
  LaneRoute,
  Route,
  RouteMirror,
  RoutingTable,
} from '../core/routing/table.ts';
import { predictionIdPrefix } from '../protocol/inference/prediction-id.ts';
import type { PredictionOrigin } from '../protocol/inference/prediction-id.ts';
import { audienceOf } from './audience.ts';
import type { IsInside } from './audience.ts';
import type { Deployment, Deployments } from './deployments.ts';
import type { Exposures, ExposureSlot } from './exposures.ts';
import type { Beside, FuseCircuit } from './fuse.ts';
import type { ArmMeter, Metrics } from './metrics.ts';
import type { ServedLog } from './prediction-log.ts';
import type { MirrorCircuit } from './mirror-circuit.ts';
import { featureReader } from './feature-reader.ts';
import type { FeatureReader } from './feature-reader.ts';
import { predictedReader } from './predicted.ts';
import type { PredictedReader } from './predicted.ts';
import { segmentReader } from './segment.ts';
import type { SegmentReader } from './segment.ts';
import { OUTSIDE_ARM } from './recorder.ts';
import type { Recorder, Slot } from './recorder.ts';

/** A routing table made ready to answer from: no request looks anything up twice. */
export type ServedTable = {
  readonly generation: number;
  readonly routes: ReadonlyMap<string, ServedRoute>;
  readonly models: ReadonlyMap<string, CatalogModel>;
  /** Endpoints by the model they serve. */
  readonly endpointsOf: ReadonlyMap<string, readonly ServedRoute[]>;
  /** The endpoint that is meant when none is named: the only one there is. */
  readonly only: ServedRoute | null;
};

/** A route made ready. */
export type ServedRoute = ServedLaneRoute & {
  /** Units that are answered otherwise; none for most endpoints. */
  readonly lanes: readonly ServedLane[];
};

/** A slice of the units of an endpoint, and the route that is theirs. */
export type ServedLane = { readonly slice: CompiledSlice; readonly served: ServedLaneRoute };

/** The route of some units of an endpoint, or of all, made ready. */
export type ServedLaneRoute = {
  readonly route: LaneRoute;
  readonly compiled: CompiledRoute;
  readonly baseline: ServedArm;
  readonly arms: readonly ServedArm[];
  /** Null when everybody is assigned. */
  readonly audience: ServedAudience | null;
  /** Null where requests are not told apart. */
  readonly segmentOf: SegmentReader | null;
  /** None where nothing is copied. */
  readonly mirrors: readonly ServedMirror[];
  /** Null where no prediction is kept to be looked up. */
  readonly log: ServedLog | null;
  /** Null where nothing says what features to count. */
  readonly features: FeatureReader | null;
  /** Null without a rollout. */
  readonly fuse: FuseCircuit | null;
  readonly beside: Beside;
};

/** Which requests are copied, to whom, and what keeps that within its budget. */
export type ServedMirror = {
  readonly spec: RouteMirror;
  readonly sampling: CompiledMirror;
  readonly arm: ServedArm;
  readonly circuit: MirrorCircuit;
};

/** Who is assigned, and the baseline as it answers everybody else. */
export type ServedAudience = { readonly isInside: IsInside; readonly outside: ServedArm };

/** What is told of the units of an arm: in their prediction ids, and to control. */
export type ArmMarks = {
  /** Where the units assigned to it are told of; null outside any rollout. */
  readonly exposure: ExposureSlot | null;
  readonly idPrefix: string;
  /** Of answers that the baseline gave to a unit of this arm. */
  readonly standInPrefix: string;
};

/** An arm made ready. */
export type ServedArm = ArmMarks & {
  /** Those of the units of each segment, by its index; empty where a rollout tells none apart. */
  readonly bySegment: readonly ArmMarks[];
  readonly name: string;
  readonly isCandidate: boolean;
  readonly version: CatalogVersion;
  readonly deployment: Deployment;
  readonly meter: ArmMeter;
  /** Null for a version asked for by number: no evidence. */
  readonly slot: Slot | null;
  /** Inputs that fit the baseline fit this one too. */
  readonly hasBaselineInputs: boolean;
  readonly predicted: PredictedReader;
  /** Headers that are the same for all its answers. */
  readonly headers: readonly string[];
  /** First part of its answers in the Open Inference Protocol. */
  readonly opening: string;
};

/** What arms are made of. */
export type ServingParts = {
  readonly deployments: Deployments;
  readonly recorder: Recorder;
  readonly exposures: Exposures;
  readonly metrics: Metrics;
  /** The fuse of a route; null without a rollout. */
  readonly fuseOf: (route: Route) => FuseCircuit | null;
  /** The circuit of a mirrored arm. */
  readonly mirrorOf: (route: Route, arm: string) => MirrorCircuit | null;
  /** What is kept of a route's predictions; null: nothing. */
  readonly logOf: (route: Route) => ServedLog | null;
};

/** The arm name of answers made by a version that was asked for by number. */
export const PINNED_ARM = 'pinned';

/** Makes a table ready. The table has been checked: it contradicts itself nowhere. */
export function serveTable(
  table: RoutingTable,
  routes: ReadonlyMap<string, ServedRoute>,
): ServedTable {
  const endpointsOf = new Map<string, ServedRoute[]>();
  for (const served of routes.values()) {
    const known = endpointsOf.get(served.route.model);
    if (known === undefined) endpointsOf.set(served.route.model, [served]);
    else known.push(served);
  }
  const [only] = routes.values();
  return {
    generation: table.generation,
    routes,
    models: new Map(table.models.map((model) => [model.name, model])),
    endpointsOf,
    only: only !== undefined && routes.size === 1 ? only : null,
  };
}

/** Versions by digest, as the table has them. */
export const versionsByDigest = (table: RoutingTable): ReadonlyMap<string, CatalogVersion> =>
  new Map(table.models.flatMap(({ versions }) => versions.map((v) => [v.digest, v])));

type Known = Pick<RoutingTable, 'generation'> & {
  readonly versions: ReadonlyMap<string, CatalogVersion>;
};

/** Makes one route ready, and its lanes. */
export function serveRoute(route: Route, table: Known, parts: ServingParts): ServedRoute {
  const lanes = (route.lanes ?? []).map((lane) => ({
    slice: compileSlice(lane.slice),
    served: serveLane(lane.route, table, parts),
  }));
  return { ...serveLane(route, table, parts), lanes };
}

/** The routes of an endpoint made ready: its own, and that of each lane. */
export const servedIn = (served: ServedRoute): readonly ServedLaneRoute[] => [
  served,
  ...served.lanes.map((lane) => lane.served),
];

function serveLane(route: LaneRoute, table: Known, parts: ServingParts): ServedLaneRoute {
  const [first] = route.arms;
  const baselineVersion = table.versions.get(first?.version.digest ?? '');
  invariant(baselineVersion !== undefined, 'a checked table lists every version');
  const arms = route.arms.map((arm, armIndex): ServedArm => {
    const listed = table.versions.get(arm.version.digest);
    invariant(listed !== undefined, 'a checked table lists every version');
    // One content may be registered twice: what counts is the name under which the arm has it.
    const version = { ...listed, ...arm.version };
    const { generation } = table;
    const { endpoint, revision } = route;
    const rollout = isContested(route) ? route.rollout : null;
    const shareBps = route.split[armIndex]?.bps ?? 0;
    const made = { endpoint, generation, rollout, revision, assigned: arm.name, shareBps };
    const standIn = { arm: first?.name ?? '', version: baselineVersion.version };
    const marksIn = (segment: string | null, index = -1): ArmMarks => {
      const propensity = route.segmentSplits?.[index]?.[armIndex]?.bps ?? shareBps;
      const own = { ...made, shareBps: propensity, ...(segment === null ? {} : { segment }) };
      return {
        exposure: parts.exposures.slot(route, armIndex, segment),
        idPrefix: predictionIdPrefix({ ...own, arm: arm.name, version: version.version }),
        standInPrefix: predictionIdPrefix({ ...own, ...standIn }),
      };
    };
    const { segments } = route;
    const names = segments === undefined || rollout === null ? [] : segmentNames(segments);
    return {
      ...armOf({
        route,
        generation,
        version,
        arm: arm.name,
        deployment: parts.deployments.of(version),
        metrics: parts.metrics,
        made: { ...made, arm: arm.name, version: version.version },
      }),
      isCandidate: arm.role === 'candidate',
      slot: parts.recorder.slot(route, armIndex),
      ...marksIn(null),
      bySegment: names.map((name, index) => marksIn(name, index)),
      hasBaselineInputs: sameInputs(version.signature, baselineVersion.signature),
    };
  });
  const [baseline] = arms;
  invariant(baseline !== undefined, 'a checked route has a baseline');
  const beside = (route.split[0]?.bps ?? 0) > 0 ? 'traffic' : besideNoTraffic(route);
  const compiled = compileRoute(route);
  const audience = servedAudience(route, { generation: table.generation, baseline, parts });
  const mirrors = servedMirrors(route, arms, parts);
  const [fuse, log] = [parts.fuseOf(route), parts.logOf(route)];
  const features = featureReader(baselineVersion);
  const ready = { audience, segmentOf: segmentReader(route), mirrors, log, features, fuse, beside };
  return { route, compiled, baseline, arms, ...ready };
}

function servedMirrors(
  route: Route,
  arms: readonly ServedArm[],
  { mirrorOf }: ServingParts,
): readonly ServedMirror[] {
  const spec = route.mirror;
  if (spec === null) return [];
  const sampling = compileMirror(route, spec);
  return mirroredArms(spec).flatMap((name) => {
    const arm = arms.find((one) => one.name === name);
    const circuit = mirrorOf(route, name);
    return arm === undefined || circuit === null ? [] : [{ spec, sampling, arm, circuit }];
  });
}

function servedAudience(
  route: Route,
  made: {
    readonly generation: number;
    readonly baseline: ServedArm;
    readonly parts: ServingParts;
  },
): ServedAudience | null {
  const isInside = audienceOf(route);
  if (isInside === null) return null;
  const { generation, baseline, parts } = made;
  const { version, deployment } = baseline;
  const origin = { route, generation, version, deployment, metrics: parts.metrics };
  const slot = parts.recorder.outsideSlot(route);
  const outside = { ...unassignedArm(origin, OUTSIDE_ARM), slot, hasBaselineInputs: true };
  return { isInside, outside };
}

/** What is told of the units of an arm in a segment; null: requests are not told apart. */
export const marksOf = (arm: ServedArm, segment: number | null): ArmMarks =>
  segment === null ? arm : (arm.bySegment[segment] ?? arm);

const besideNoTraffic = ({ fallback }: Route): Beside =>
  fallback === 'baseline' ? 'fallback' : 'nothing';

/** Names an arm to be made. */
export type ArmOrigin = {
  readonly route: Route;
  readonly generation: number;
  readonly version: CatalogVersion;
  readonly arm: string;
  readonly deployment: Deployment;
  readonly metrics: Metrics;
  /** What its prediction ids say. */
  readonly made: PredictionOrigin;
};

/** The arm for a version that was asked for by number. */
export const pinnedArm = (origin: UnassignedOrigin): ServedArm => unassignedArm(origin, PINNED_ARM);

type UnassignedOrigin = Omit<ArmOrigin, 'arm' | 'made'>;

/** An arm nobody was assigned to: what it answers is of no rollout. */
function unassignedArm(origin: UnassignedOrigin, arm: string): ServedArm {
  const { route, generation, version } = origin;
  const { endpoint, revision } = route;
  const named = { arm, assigned: arm, version: version.version };
  const made = { endpoint, generation, rollout: null, revision, shareBps: null, ...named };
  return armOf({ ...origin, arm, made });
}

function armOf({ route, version, arm, deployment, metrics, made }: ArmOrigin): ServedArm {
  const { endpoint } = route;
  const idPrefix = predictionIdPrefix(made);
  return {
    name: arm,
    isCandidate: false,
    version,
    deployment,
    meter: metrics.meter({ endpoint, model: version.model, version: version.version, arm }),
    slot: null,
    exposure: null,
    bySegment: [],
    hasBaselineInputs: false,
    idPrefix,
    standInPrefix: idPrefix,
    predicted: predictedReader(version.signature),
    headers: ['x-understudy-arm', arm, 'x-model-version', String(version.version)],
    opening: `{"model_name":${JSON.stringify(endpoint)},"model_version":"${version.version}"`,
  };
}

function sameInputs(left: Signature, right: Signature): boolean {
  return JSON.stringify(left.inputs) === JSON.stringify(right.inputs);
}
