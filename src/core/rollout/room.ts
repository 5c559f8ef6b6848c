import { versionName } from '../catalog/version.ts';
import { err, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { count, list } from '../lib/wording.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { isQueued } from './rollout.ts';
import type { Rollout, Span } from './rollout.ts';

/** Where a rollout goes on: empty when it has all units of its endpoint. */
export type Room = Pick<Rollout, 'slice' | 'layerSalt'>;

/** What a rollout needs of its endpoint. */
export type Need = {
  /** Part of the units; absent: all of them. */
  readonly slice: Bps | undefined;
  /** Of the rollout: it becomes that of the layer where there is none yet. */
  readonly salt: string;
};

/** Why there is no room: a rollout is in the way, or what is free does not suffice. */
export type NoRoom = {
  readonly blocker: Rollout | null;
  readonly refusal: Refusal;
};

/**
 * Finds a rollout its part of the units of an endpoint, which it keeps until it ends. `others` are
 * all that have not ended there: those with a slice share the layer's salt, and no unit. Of the
 * free parts it gets the smallest that suffices, so that large ones stay whole.
 */
export function roomFor({ slice, salt }: Need, others: readonly Rollout[]): Result<Room, NoRoom> {
  const blocker = others.find((one) => isQueued(one) || one.slice === undefined) ?? null;
  const [first] = others;
  if (slice === undefined) return first === undefined ? ok({}) : err(occupied(blocker ?? first));
  if (blocker !== null) return err(occupied(blocker));
  const free = freeSpans(others.flatMap((one) => one.slice ?? []));
  const [tightest] = free
    .filter((span) => widthOf(span) >= slice)
    .sort((a, b) => widthOf(a) - widthOf(b));
  if (tightest === undefined) return err({ blocker: null, refusal: crowded(slice, free, others) });
  const { fromBps } = tightest;
  return ok({
    slice: { fromBps, toBps: bps(fromBps + slice) },
    layerSalt: first?.layerSalt ?? salt,
  });
}

/** What no slice has of the units, in their order. */
export function freeSpans(taken: readonly Span[]): readonly Span[] {
  const free: Span[] = [];
  let from = bps(0);
  for (const { fromBps, toBps } of [...taken].sort((a, b) => a.fromBps - b.fromBps)) {
    if (fromBps > from) free.push({ fromBps: from, toBps: fromBps });
    from = toBps;
  }
  return from < WHOLE_BPS ? [...free, { fromBps: from, toBps: bps(WHOLE_BPS) }] : free;
}

const widthOf = ({ fromBps, toBps }: Span): number => toBps - fromBps;

function occupied(blocker: Rollout): NoRoom {
  const { id, phase, candidate, endpoint } = blocker;
  const sentence = `Rollout ${id} of ${versionName(candidate)} at ${endpoint} is still ${phase}.`;
  return { blocker, refusal: refusal('ROLLOUT_ACTIVE', sentence, 'endpoint') };
}

const percent = (share: number): string => `${count(share / 100)} %`;

function crowded(slice: Bps, free: readonly Span[], others: readonly Rollout[]): Refusal {
  const where = others[0]?.endpoint ?? 'the endpoint';
  const parts = free.map((span) => percent(widthOf(span)));
  const left = parts.length === 0 ? 'nothing is free' : `free in one piece: ${list(parts)}`;
  const sentence = `${percent(slice)} of the units of ${where} are asked for, and ${left}.`;
  return refusal('ROLLOUT_NO_ROOM', sentence, 'slice');
}
