import { sameVersion } from '../catalog/version.ts';
import { routeOfRollout } from '../routing/lanes.ts';
import type { RoutingTable } from '../routing/table.ts';
import { contendersIn } from './contenders.ts';
import type { Cause } from './decision.ts';
import { gatewayNames } from './fleet.ts';
import type { FuseReport, GatewayState } from './fleet.ts';
import { disprovedBy } from './golden-proof.ts';
import type { FleetProof } from './golden-proof.ts';
import { takenOut } from './guardrail.ts';
import type { Demand } from './guardrail.ts';
import type { Rollout } from './rollout.ts';
import { GATEWAY_SILENT_MS } from './world.ts';
import type { World } from './world.ts';

/** How far the living gateways are with what was decided for a rollout. */
export type Readiness =
  /** All serve from the table, and can answer with the candidate. */
  | { readonly type: 'ready' }
  /** Some serve from the table but cannot answer with the candidate yet. */
  | { readonly type: 'loading'; readonly sentence: string }
  /** Some do not serve from the table yet, or there is no gateway at all. */
  | { readonly type: 'unconfirmed'; readonly sentence: string };

/** The fleet as a rollout sees it. */
export type Fleet = {
  /** Those that were heard of lately; others are neither waited for nor counted on. */
  readonly gateways: readonly GatewayState[];
  /** All that report something, heard of lately or not: a fuse stays tripped in silence. */
  readonly reports: readonly GatewayState[];
  /** What the rollouts mean now. */
  readonly table: RoutingTable;
  /** The generation as last published: nobody can have confirmed a later one. */
  readonly published: number;
  /** Golden rows that were answered, with `agoMs` as of now; absent: none. */
  readonly proofs?: readonly FleetProof[];
};

/** The fleet of a world whose state means `wanted`. */
export function fleetOf({ gateways, now, table }: World, wanted: RoutingTable): Fleet {
  const living = gateways.filter(({ seenAt }) => now - seenAt < GATEWAY_SILENT_MS);
  const published = table.generation;
  const proofs = living.flatMap(({ gateway, seenAt, proofs: made = [] }) =>
    made.map((one) => ({ ...one, gateway, agoMs: one.agoMs + Math.max(0, now - seenAt) })),
  );
  const fleet = { gateways: living, reports: gateways, table: wanted, published };
  return proofs.length === 0 ? fleet : { ...fleet, proofs };
}

/** Whether every living gateway serves what was decided, and can. */
export function readinessOf(rollout: Rollout, fleet: Fleet): Readiness {
  const confirmed = confirmationOf(rollout, fleet);
  const digests = contendersIn(rollout).map(({ version }) => version.digest);
  const waiting = fleet.gateways.filter(
    ({ ready }) => !digests.every((digest) => ready.includes(digest)),
  );
  if (waiting.length > 0) {
    const all = fleet.gateways.length;
    const ready = `${all - waiting.length} of ${all} ready`;
    const sentence = `Still loading the candidate: ${gatewayNames(waiting)} (${ready}).`;
    return { type: 'loading', sentence };
  }
  return confirmed;
}

/**
 * Whether every living gateway serves the rollout's route as it is now. Other routes may change as
 * fast as they like: a table holds all of them, so a later one will do.
 */
export function confirmationOf(rollout: Rollout, fleet: Fleet): Readiness {
  const { gateways, table, published } = fleet;
  if (gateways.length === 0) {
    return { type: 'unconfirmed', sentence: 'No gateway is connected.' };
  }
  const route = routeOfRollout(table, rollout);
  // An endpoint that is gone has no route: the table without it is what must have arrived.
  const since = route?.since ?? table.generation;
  const behind = gateways.filter(({ generation }) => generation < since);
  if (since > published || behind.length > 0) {
    const who = behind.length > 0 ? gatewayNames(behind) : 'every gateway';
    return {
      type: 'unconfirmed',
      sentence: `What was decided last has yet to be confirmed by ${who}.`,
    };
  }
  return { type: 'ready' };
}

/**
 * A gateway that cut all candidates off has ended the rollout there already. One that cut a single
 * candidate off, cannot load it, or gets other answers to its golden rows, takes that one out.
 */
export function refusedByFleet(rollout: Rollout, { reports, proofs = [] }: Fleet): Demand | null {
  const demands = [
    ...reports.flatMap((one) => cutBy(rollout, one)),
    ...reports.flatMap((one) => notLoadedBy(rollout, one)),
    ...proofs.flatMap((one) => disprovedBy(rollout, one)),
  ];
  return demands.find(({ type }) => type === 'revert') ?? demands[0] ?? null;
}

/**
 * What a gateway cut off of a rollout as it is now: all of it before one candidate of it. A cut of
 * somebody who is out by now, or who had the arm before a swap, says nothing any more.
 */
export function fuseOn(
  rollout: Rollout,
  { fuses }: Pick<GatewayState, 'fuses'>,
): FuseReport | null {
  const left = contendersIn(rollout);
  const own = fuses.filter((one) => one.rollout === rollout.id);
  const ofOne = own.find(({ contender }) =>
    left.some(
      ({ arm, version }) => contender?.arm === arm && sameVersion(contender.version, version),
    ),
  );
  return own.find(({ contender }) => contender === undefined) ?? ofOne ?? null;
}

function cutBy(rollout: Rollout, state: GatewayState): readonly Demand[] {
  const fuse = fuseOn(rollout, state);
  if (fuse === null) return [];
  const cause = fuseCause(state.gateway, fuse);
  const { contender } = fuse;
  return [
    contender === undefined ? { type: 'revert', cause } : takenOut(rollout, contender.arm, cause),
  ];
}

function notLoadedBy(rollout: Rollout, { gateway, failed }: GatewayState): readonly Demand[] {
  return contendersIn(rollout).flatMap(({ arm, version }) => {
    const failure = failed.find(({ digest }) => digest === version.digest);
    if (failure === undefined) return [];
    const sentence = `${gateway} cannot load the candidate: ${failure.detail}`;
    return takenOut(rollout, arm, { by: 'gateway', who: gateway, sentence, verdict: null });
  });
}

function fuseCause(gateway: string, fuse: FuseReport): Cause {
  const { by, who, sentence } = fuse;
  return by === 'person'
    ? { by: 'person', who: who ?? gateway, sentence, verdict: null }
    : { by: 'fuse', who: gateway, sentence, verdict: null };
}
