import { err, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Refusal } from '../rollout/refusal.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import type { Bps, Instant } from '../lib/units.ts';
import type { Decision } from '../rollout/decision.ts';
import type { Phase } from '../rollout/rollout.ts';
import { startAgain } from './again.ts';
import { momentsOf } from './moments.ts';
import { Player } from './player.ts';
import type { Receipt } from './receipt.ts';

/** What a declaration would have decided on the windows of a rollout that was. */
export type Replay = {
  readonly rollout: string;
  /** What it decides, and what was recorded, in the order of time. */
  readonly steps: readonly ReplayStep[];
  /** From then on the two go different ways; null: they never do. */
  readonly parting: Parting | null;
  /** Where it stands when the record ends. */
  readonly end: {
    readonly at: Instant;
    readonly phase: Phase;
    readonly stage: number;
    readonly shareBps: Bps;
    /** What it waits for then. */
    readonly sentence: string;
  };
  /** What cannot be known from the record, in sentences. */
  readonly unknown: readonly string[];
};

/** One moment at which either of the two moved. */
export type ReplayStep = {
  readonly at: Instant;
  /** What it decides; null: it stays where it is. */
  readonly decides: Move | null;
  /** What was recorded; null: nothing. */
  readonly recorded: Move | null;
};

/** A move of a rollout. */
export type Move = {
  readonly type: Decision['type'] | 'command';
  readonly phase: Phase;
  readonly stage: number;
  readonly shareBps: Bps;
  readonly reason: string;
};

/** Where the ways part. */
export type Parting = { readonly at: Instant; readonly sentence: string };

/**
 * Plays a recorded rollout through the core under a declaration. As long as it moves as was
 * recorded, its moves have the recorded moments; afterwards it is judged whenever a bucket became
 * known, on windows that hold what the recorded shares served. Refused: the declaration is not
 * sound.
 */
export function replayReceipt(receipt: Receipt, spec: RolloutSpec): Result<Replay, Refusal> {
  const { detail } = receipt.entries[0];
  // Buckets are as wide as they were counted.
  const declared = { ...spec, bucketMs: detail.spec.bucketMs };
  const started = startAgain(detail, declared);
  if (!started.ok) return err(started.error);
  const player = new Player(receipt, started.value, spec);
  for (const moment of momentsOf(receipt)) player.pass(moment);
  return ok(player.end());
}
