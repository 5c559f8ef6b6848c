import type { AttributeDeclaration } from '../audience/attribute.ts';
import type { FeatureBins } from '../catalog/reference.ts';
import type { Signature } from '../catalog/signature.ts';
import type { VersionRef } from '../catalog/version.ts';
import type { Bps, Instant } from '../lib/units.ts';
import type { Segments } from '../segment/segments.ts';
import type { Mirror } from '../strategy/stage.ts';
import type { UnitKey } from './endpoint.ts';
import type { LogSettings } from './logging.ts';
import type { Slice } from './slice.ts';

/** The whole of what a gateway must know, numbered. A projection of all state, never patched. */
export type RoutingTable = {
  readonly schema: 1;
  /** Grows by one whenever the rest changes; never goes back. */
  readonly generation: number;
  /** In the order of endpoint names. */
  readonly routes: readonly Route[];
  /** In the order of model names. */
  readonly models: readonly CatalogModel[];
};

/** How the requests of one endpoint are answered. */
export type Route = LaneRoute & {
  /** Units that are answered otherwise, in slices that share none; absent: there are none. */
  readonly lanes?: readonly Lane[];
};

/** A slice of the units of an endpoint, and how their requests are answered. */
export type Lane = { readonly slice: Slice; readonly route: LaneRoute };

/** How the requests of an endpoint are answered, of those units that are meant. */
export type LaneRoute = {
  readonly endpoint: string;
  readonly model: string;
  /** The rollout in progress, or null when everything goes to the one arm. */
  readonly rollout: string | null;
  /** Changes when the meaning of the route changes; stamped on every window. */
  readonly revision: number;
  /**
   * The generation of the table in which the route last changed: a gateway that serves from this
   * generation or a later one serves the route as it is, however fast others change.
   */
  readonly since: number;
  /** One baseline, first; then the candidates. */
  readonly arms: readonly Arm[];
  /** What the endpoint declares: `audience` speaks of nothing else. */
  readonly attributes: readonly AttributeDeclaration[];
  /** How requests are told apart in windows and prediction ids; absent: they are not. */
  readonly segments?: Segments;
  /**
   * Who may be assigned at all, in the audience language; everybody else gets the baseline and is
   * no evidence. Null: everybody.
   */
  readonly audience: string | null;
  /** Which requests are copied to the candidate, unseen; null: none. */
  readonly mirror: RouteMirror | null;
  /** Whether rows are looked at for what drives the answers of its arms; absent: nobody asks. */
  readonly importance?: true;
  /** Which predictions are kept for people to look up, and how; absent: none. */
  readonly log?: LogSettings;
  readonly split: Split;
  /**
   * The split of each segment, in their order, where segments have shares of their own; `split` is
   * their mean then. Absent: `split` holds for all.
   */
  readonly segmentSplits?: readonly Split[];
  /** Secret of this rollout, 32 hexadecimal digits: nobody outside can choose an arm. */
  readonly salt: string;
  readonly unitKey: UnitKey;
  /** What the user gets when a candidate fails the request: the baseline's answer, or the error. */
  readonly fallback: Fallback;
  readonly deadlineMs: number;
  readonly bucketMs: number;
  readonly thresholdsMs: Thresholds;
  /** Further versions to keep loaded and warm, e.g. the one to go back to. */
  readonly warm: readonly VersionRef[];
};

/** Copies of requests, after they have been answered. */
export type RouteMirror = Mirror & {
  readonly arm: string;
  /** Further arms that get the same copies, each within a budget of its own; absent: none. */
  readonly others?: readonly string[];
};

/** All arms that get copies. */
export const mirroredArms = ({ arm, others = [] }: RouteMirror): readonly string[] => [
  arm,
  ...others,
];

/** One version under its role in a route. */
export type Arm = {
  readonly name: string;
  readonly role: 'baseline' | 'candidate';
  readonly version: VersionRef;
};

/** Shares of the arms of a route, in the order of its arms; they sum to 10 000. */
export type Split = readonly {
  readonly arm: string;
  readonly bps: Bps;
  /**
   * Of a candidate that was taken out: what it had. Its units get the baseline, whose share has
   * this in it, and nobody else moves. Absent: nothing.
   */
  readonly ceded?: Bps;
}[];

/**
 * Whether requests may get one arm or another. Before that and afterwards whoever is answered takes
 * no part in a comparison: he could not have got another arm.
 */
export const isContested = ({ rollout, split }: Pick<Route, 'rollout' | 'split'>): boolean =>
  rollout !== null && split.some(({ bps }, index) => index > 0 && bps > 0);

/** See `Route.fallback`. */
export type Fallback = 'baseline' | 'none';

/** Latencies above which a request counts as a loss; null where nothing is counted. */
export type Thresholds = {
  /** Frozen 90th percentile of the baseline, with tolerance. */
  readonly slow: number | null;
  /** Frozen 99th percentile of the baseline, with tolerance. */
  readonly tail: number | null;
  /** The declared objective for the 99th percentile. */
  readonly late: number | null;
};

/** Nothing is counted by latency. */
export const noThresholds: Thresholds = { slow: null, tail: null, late: null };

/** A model with the versions a client may name. */
export type CatalogModel = {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly CatalogVersion[];
};

/** What a gateway needs to know of a version to serve it. */
export type CatalogVersion = VersionRef & {
  readonly label: string;
  readonly bytes: number;
  readonly signature: Signature;
  readonly createdAt: Instant;
  /** Digest of the file with its golden rows; absent: it has none. */
  readonly golden?: string;
  /** What requests are counted in, from its reference; absent: it brought none. */
  readonly features?: readonly FeatureBins[];
};
