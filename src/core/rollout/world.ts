import type { VersionRef } from '../catalog/version.ts';
import type { Evidence } from '../analysis/evidence.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { MetricOutcome } from '../feedback/outcome.ts';
import type { Instant } from '../lib/units.ts';
import type { CatalogModel, RoutingTable } from '../routing/table.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import type { Decision } from './decision.ts';
import type { GatewayState } from './fleet.ts';
import type { Rollout } from './rollout.ts';
import type { Transition } from './transition.ts';

/** Everything a tick may look at. */
export type World = {
  readonly now: Instant;
  readonly endpoints: readonly Endpoint[];
  /** Those that are not final: per endpoint one, or several in slices, and those that wait. */
  readonly rollouts: readonly Rollout[];
  readonly models: readonly CatalogModel[];
  /** Gateways that are alive; a gateway is dead when it was silent for `GATEWAY_SILENT_MS`. */
  readonly gateways: readonly GatewayState[];
  /** Closed buckets of each rollout, folded; by rollout id. */
  readonly evidence: ReadonlyMap<string, Evidence>;
  /** What came back for each rollout, metric by metric; by rollout id. */
  readonly outcomes: ReadonlyMap<string, readonly MetricOutcome[]>;
  /** The table as last published. */
  readonly table: RoutingTable;
};

/** What a tick concludes. Performing it is the edge's work. */
export type TickResult = {
  /** In the order of rollout ids; rollouts that stay where they are have none. */
  readonly transitions: readonly Transition[];
  /** Rollouts that waited, and begin now; each takes the place of the one that waited. */
  readonly starts: readonly Rollout[];
  /** What was decided for every rollout, and on which verdicts; by rollout id. */
  readonly judgements: ReadonlyMap<string, Judgement>;
  /** The table after the transitions: the same object as before when nothing changed. */
  readonly table: RoutingTable;
};

/** One rollout's decision with its grounds. */
export type Judgement = {
  readonly decision: Decision;
  readonly verdicts: readonly Verdict[];
  /** What its strategy had to go by besides. */
  readonly outcomes: readonly MetricOutcome[];
  /** What was in production instead of what it is compared with; absent: nothing. */
  readonly overtakenBy?: VersionRef;
};

/** A gateway that has not reported for this long is not waited for and not counted on. */
export const GATEWAY_SILENT_MS = 5_000;
