import { refOf, sameVersion, versionName } from '../catalog/version.ts';
import { err, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Instant } from '../lib/units.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import { apply } from './apply.ts';
import type { Cause } from './decision.ts';
import { obey } from './obey.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { isFinal, isQueued } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import type { NoRoom, Room } from './room.ts';
import { roomAt, startRollout } from './start.ts';
import type { StartRequest, StartWorld } from './start.ts';
import type { Transition } from './transition.ts';

/** Rollouts that may wait for one endpoint. */
export const QUEUE_MAX = 10;

/** What becomes of a rollout that somebody asks for. */
export type Requested = {
  /** Begun, or `queued`. */
  readonly rollout: Rollout;
  /** What ends for it: each goes back to its baseline, or leaves the queue. */
  readonly superseded: readonly Transition[];
};

/** A rollout somebody asks for, and why. */
export type RolloutWish = StartRequest & { readonly reason: string };

/**
 * Starts a rollout, or lets it wait for the endpoint as it declares (`onBusy`), or says why not.
 * One that waits is checked now as if it began, and again when it does.
 */
export function requestRollout(wish: RolloutWish, world: StartWorld): Result<Requested, Refusal> {
  const ahead = world.rollouts.filter((one) => one.endpoint === wish.endpoint && !isFinal(one));
  const { onBusy } = wish.spec;
  if (onBusy === undefined || roomAt(wish, ahead).ok) {
    const started = startRollout(wish, world);
    return started.ok ? ok({ rollout: started.value, superseded: [] }) : started;
  }
  if (onBusy === 'queue') {
    const full = fullProblem(wish, ahead);
    if (full !== null) return err(full);
    const waiting = waitingOf(wish, world);
    return waiting.ok ? ok({ rollout: waiting.value, superseded: [] }) : waiting;
  }
  return superseding(wish, ahead, world);
}

function fullProblem({ endpoint }: RolloutWish, ahead: readonly Rollout[]): Refusal | null {
  const waiting = ahead.filter(isQueued).length;
  if (waiting < QUEUE_MAX) return null;
  const sentence = `${waiting} rollouts wait for ${endpoint} already; no more may.`;
  return refusal('ROLLOUT_QUEUE_FULL', sentence, 'onBusy');
}

/** The rollout as it waits: checked, but at revision 0, without a moment of its own yet. */
function waitingOf(wish: RolloutWish, world: StartWorld): Result<Rollout, Refusal> {
  // What it must find then need not be there yet: what it waits for may bring it.
  const { baseline: _then, ...spec } = wish.spec;
  const started = startRollout({ ...wish, spec, room: {} }, { ...world, rollouts: [] });
  if (!started.ok) return started;
  return ok({ ...started.value, spec: wish.spec, phase: 'queued', revision: 0 });
}

/** What is there ends first: never does traffic go from one candidate to another. */
function superseding(
  wish: RolloutWish,
  ahead: readonly Rollout[],
  world: StartWorld,
): Result<Requested, Refusal> {
  const { now, createdBy: actor } = wish;
  const reason = `superseded by ${wish.id}: ${wish.reason}`;
  const command = { kind: 'cancel', actor, reason } as const;
  let endpoint = world.endpoints.find(({ name }) => name === wish.endpoint) ?? null;
  const superseded: Transition[] = [];
  for (const rollout of ahead) {
    if (endpoint === null) break;
    const obeyed = obey({ rollout, endpoint, command, now });
    if (!obeyed.ok) return obeyed;
    superseded.push(obeyed.value);
    endpoint = obeyed.value.endpoint ?? endpoint;
  }
  const endpoints = world.endpoints.map((one) => (one.name === endpoint?.name ? endpoint : one));
  const isFree = superseded.every(({ after }) => isFinal(after));
  const after = { ...world, endpoints, rollouts: [] };
  const made = isFree ? startRollout(wish, after) : waitingOf(wish, after);
  return made.ok ? ok({ rollout: made.value, superseded }) : made;
}

/** What a queue is judged by: all rollouts that have not ended, waiting or not. */
export type QueueWorld = Omit<StartWorld, 'metrics'> & {
  readonly now: Instant;
  /** Endpoints that somebody took back at a gateway, and who; absent: none. */
  readonly takenBack?: ReadonlyMap<string, Cause>;
};

/** What becomes of those that wait. */
export type QueueMoves = {
  /** They begin now. */
  readonly starts: readonly Rollout[];
  /** Their turn came, and they can no longer begin. */
  readonly cancelled: readonly Transition[];
  /** The others, by id, with what each waits for in one sentence. */
  readonly waits: ReadonlyMap<string, string>;
};

/** Lets the first in each queue begin once its endpoint is free, or takes it out and says why. */
export function moveQueues(world: QueueWorld): QueueMoves {
  const { now, rollouts } = world;
  const starts: Rollout[] = [];
  const cancelled: Transition[] = [];
  const waits = new Map<string, string>();
  // What goes on, and of those that wait whoever has been looked at: nobody is overtaken.
  let others = rollouts.filter((one) => !isFinal(one) && !isQueued(one));
  for (const rollout of rollouts.filter(isQueued).sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const by = world.takenBack?.get(rollout.endpoint);
    if (by !== undefined) {
      cancelled.push(...withdrawing(rollout, emptied(rollout, by), now));
      continue;
    }
    const room = roomAt(rollout, others);
    const begun = room.ok ? beginning(rollout, room.value, world) : null;
    others = [...others, begun?.ok === true ? begun.value : rollout];
    if (!room.ok) waits.set(rollout.id, waitSentence(room.error));
    else if (begun?.ok === true) starts.push(begun.value);
    else if (begun !== null)
      cancelled.push(...withdrawing(rollout, outgrown(rollout, begun.error), now));
  }
  return { starts, cancelled, waits };
}

const waitSentence = ({ blocker, refusal: { sentence } }: NoRoom): string =>
  blocker === null ? sentence : `Waits for ${blocker.id}, which is ${blocker.phase}.`;

/** The rollout as it begins: as if it had been asked for now. */
function beginning(
  rollout: Rollout,
  room: Room,
  { endpoints, models, now }: QueueWorld,
): Result<Rollout, Refusal> {
  const endpoint = endpoints.find(({ name }) => name === rollout.endpoint);
  const problem = endpoint === undefined ? null : wentBack(rollout, endpoint);
  if (problem !== null) return err(problem);
  const { id, candidate, others, spec, salt, createdBy } = rollout;
  const further = others.map(({ version }) => version);
  const wish = { id, endpoint: rollout.endpoint, candidate, others: further, spec, salt, room };
  return startRollout({ ...wish, createdBy, now }, { endpoints, rollouts: [], models });
}

/**
 * Whoever waited for a promotion goes on from what was promoted. But an endpoint that went back
 * since, which is when no version before is known, is not what somebody declared a rollout for.
 */
function wentBack({ baseline, spec }: Rollout, endpoint: Endpoint): Refusal | null {
  const { name, version, previous } = endpoint;
  if (spec.baseline !== undefined || previous !== null) return null;
  if (sameVersion(baseline, version)) return null;
  const sentence =
    `It was asked for when ${name} served ${versionName(baseline)}; ` +
    `since then ${name} went back to ${versionName(refOf(version))}.`;
  return refusal('ROLLOUT_BASELINE_DIFFERS', sentence, 'endpoint');
}

/** Who takes an endpoint back wants nothing to move there by itself. */
const emptied = ({ endpoint }: Rollout, { who, sentence }: Cause): Cause => ({
  by: 'person',
  who,
  sentence: `Taken out when ${endpoint} went back: ${sentence}`,
  verdict: null,
});

const outgrown = ({ endpoint }: Rollout, { sentence }: Refusal): Cause => ({
  by: 'queue',
  who: endpoint,
  sentence,
  verdict: null,
});

function withdrawing(rollout: Rollout, cause: Cause, now: Instant): readonly Transition[] {
  const transition = apply({ rollout, endpoint: null, now }, { type: 'cancel', cause });
  return transition === null ? [] : [transition];
}
