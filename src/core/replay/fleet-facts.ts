import { contendersOf } from '../rollout/contenders.ts';
import type { FuseReport, GatewayState } from '../rollout/fleet.ts';
import { goldenIn } from '../rollout/golden-proof.ts';
import type { FleetProof } from '../rollout/golden-proof.ts';
import { fuseOn } from '../rollout/readiness.ts';
import type { Fleet } from '../rollout/readiness.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { routeOfRollout } from '../routing/lanes.ts';
import { emptyTable } from '../routing/project.ts';
import type { RoutingTable } from '../routing/table.ts';

/** Of the fleet, what a decision about one rollout may depend on. */
export type FleetFacts = {
  /** The generation of the table as last published. */
  readonly published: number;
  /** The generation in which the rollout's route became what it is. */
  readonly since: number;
  /** Gateways that serve the route as it is and can answer with the candidate. */
  readonly confirmed: readonly string[];
  /** All others, in the order in which they were looked at. */
  readonly others: readonly GatewayFacts[];
  /** Golden rows that candidates have, and how they were answered; absent: they have none. */
  readonly golden?: GoldenFacts;
};

/** What was to be proved by golden rows, and was. */
export type GoldenFacts = {
  readonly wanted: readonly { readonly digest: string; readonly golden: string }[];
  readonly proofs: readonly FleetProof[];
};

/** What one gateway said that bears on one rollout. */
export type GatewayFacts = {
  readonly gateway: string;
  /** Heard of lately; of one that was not, only what it cut off counts. */
  readonly living: boolean;
  readonly generation: number;
  /** Digests of the candidates it can answer with. */
  readonly ready: readonly string[];
  /** Candidates it cannot load, and why. */
  readonly failed: GatewayState['failed'];
  /** It cut the candidate off, or one that is still in. */
  readonly fuse: FuseReport | null;
};

/** The facts in a fleet. */
export function fleetFacts(rollout: Rollout, fleet: Fleet): FleetFacts {
  const { gateways, reports, table, published } = fleet;
  const route = routeOfRollout(table, rollout);
  const since = route?.since ?? table.generation;
  const living = new Set(gateways.map(({ gateway }) => gateway));
  const all = reports.map((one) => factsOf(rollout, one, living.has(one.gateway)));
  const wanted = digestsOf(rollout).length;
  const golden = goldenFacts(rollout, fleet);
  const isConfirmed = ({ living: lives, generation, ready, failed, fuse }: GatewayFacts): boolean =>
    lives && generation >= since && ready.length === wanted && failed.length === 0 && fuse === null;
  return {
    published,
    since,
    confirmed: all.filter(isConfirmed).map(({ gateway }) => gateway),
    others: all.filter((one) => !isConfirmed(one)),
    ...(golden === null ? {} : { golden }),
  };
}

function goldenFacts(rollout: Rollout, { table, proofs = [] }: Fleet): GoldenFacts | null {
  const wanted = goldenIn(rollout, table);
  if (wanted.length === 0) return null;
  const isWanted = ({ digest }: FleetProof): boolean => wanted.some((one) => one.digest === digest);
  return { wanted, proofs: proofs.filter(isWanted) };
}

function factsOf(rollout: Rollout, state: GatewayState, living: boolean): GatewayFacts {
  const { gateway, generation, ready, failed } = state;
  const digests = digestsOf(rollout);
  return {
    gateway,
    living,
    generation,
    ready: digests.filter((digest) => ready.includes(digest)),
    failed: failed.filter(({ digest }) => digests.includes(digest)),
    fuse: fuseOn(rollout, state),
  };
}

const digestsOf = (rollout: Rollout): readonly string[] => [
  ...new Set(contendersOf(rollout).map(({ version }) => version.digest)),
];

/** A fleet with these facts: whatever is decided about the rollout is decided alike. */
export function fleetOfFacts(rollout: Rollout, facts: FleetFacts): Fleet {
  const { published, since, confirmed, others, golden } = facts;
  const all: readonly GatewayFacts[] = [
    ...confirmed.map((gateway) => ({
      gateway,
      living: true,
      generation: since,
      ready: digestsOf(rollout),
      failed: [],
      fuse: null,
    })),
    ...others,
  ];
  const states = all.map((one) => ({ living: one.living, state: stateOf(rollout, one) }));
  return {
    gateways: states.filter(({ living }) => living).map(({ state }) => state),
    reports: states.map(({ state }) => state),
    // Without a route of its own, an endpoint is confirmed from the table's generation on.
    table: { ...emptyTable, generation: since, models: modelsOf(rollout, golden?.wanted ?? []) },
    published,
    ...(golden === undefined ? {} : { proofs: golden.proofs }),
  };
}

/** As much of the catalog as says which candidates have golden rows. */
function modelsOf(rollout: Rollout, wanted: GoldenFacts['wanted']): RoutingTable['models'] {
  if (wanted.length === 0) return [];
  const versions = contendersOf(rollout).map(({ version }) => ({
    ...version,
    label: '',
    bytes: 0,
    signature: { inputs: [], outputs: [] },
    createdAt: rollout.createdAt,
    ...wanted.filter(({ digest }) => digest === version.digest)[0],
  }));
  return [{ name: rollout.candidate.model, versions }];
}

function stateOf(rollout: Rollout, facts: GatewayFacts): GatewayState {
  const { gateway, generation, ready, failed, fuse } = facts;
  return {
    gateway,
    generation,
    seenAt: rollout.createdAt,
    through: rollout.createdAt,
    ready,
    failed,
    fuses: fuse === null ? [] : [fuse],
  };
}
