import type { VersionRef } from '../catalog/version.ts';
import type { Bps, Instant } from '../lib/units.ts';
import type { Slice } from '../routing/slice.ts';
import type { Thresholds } from '../routing/table.ts';
import type { RolloutSpec } from './spec.ts';
import type { Cause } from './decision.ts';

/** Where a rollout is. `promoted`, `reverted` and `cancelled` are final. */
export const PHASES = [
  /** Declared while the endpoint was busy; it has not begun, and is at revision 0. */
  'queued',
  /** The candidate is being loaded and proved on every gateway; it gets no traffic. */
  'preparing',
  /** The candidate has its stage's share; evidence is gathered. */
  'advancing',
  /** Paused by a person or a soft guardrail: the share stays, guardrails stay on. */
  'holding',
  /** All traffic goes to the candidate; gateways are still confirming. */
  'promoting',
  'promoted',
  /** All traffic goes to the baseline; gateways are still confirming. */
  'reverting',
  'reverted',
  'cancelled',
] as const;

/** Where a rollout is. */
export type Phase = (typeof PHASES)[number];

/** From the first basis point on, up to the first one behind. */
export type Span = Pick<Slice, 'fromBps' | 'toBps'>;

/** A version under the name of its arm. */
export type Contender = { readonly arm: string; readonly version: VersionRef };

/** One attempt to move an endpoint from baseline to candidate by a strategy. */
export type Rollout = {
  readonly id: string;
  readonly endpoint: string;
  /** 1 when it begins. Grows by one with every transition; writes name what they rest on. */
  readonly revision: number;
  readonly baseline: VersionRef;
  readonly candidate: VersionRef;
  /** Further candidates, for strategies that compare several. */
  readonly others: readonly Contender[];
  readonly spec: RolloutSpec;
  readonly phase: Phase;
  /** Index into the strategy's stages; 0 while preparing. */
  readonly stage: number;
  /** 32 hexadecimal digits, secret: see `Route.salt`. */
  readonly salt: string;
  /** Its part of the endpoint's units, beside other rollouts; absent: all, and it goes on alone. */
  readonly slice?: Span;
  /** The secret by which units have their places in slices; the same for all beside each other. */
  readonly layerSalt?: string;
  readonly thresholdsMs: Thresholds;
  readonly createdAt: Instant;
  readonly createdBy: string;
  readonly phaseSince: Instant;
  readonly stageSince: Instant;
  /**
   * Shares of baseline, candidate and others, as a strategy last set them; they sum to 10 000.
   * Null: as the stage says.
   */
  readonly weights: readonly Bps[] | null;
  /**
   * The same for each of the declared segments, in their order, where a strategy gives them shares
   * of their own. Absent: all have those of the whole.
   */
  readonly segmentWeights?: readonly (readonly Bps[])[];
  /** Candidates that were taken out while the rollout goes on. */
  readonly dropped: readonly string[];
  /** The arm that gets everything when the rollout is promoted; null: the candidate. */
  readonly winner: string | null;
  /** Windows from before say nothing about the arms as they are now; 0: all count. */
  readonly evidenceFrom: Instant;
  /** Why it holds; null in every phase but `holding`. */
  readonly hold: Cause | null;
  /**
   * Soft checks whose failure a person accepted by going on; they no longer ask and need not pass.
   */
  readonly accepted: readonly string[];
  /** Why it is ending or has ended; null before. */
  readonly cause: Cause | null;
};

const finalPhases: ReadonlySet<Phase> = new Set(['promoted', 'reverted', 'cancelled']);

/** Whether it waits for its endpoint to be free. */
export const isQueued = ({ phase }: { readonly phase: Phase }): boolean => phase === 'queued';

/** Whether it ever was more than an entry in a queue: what ends there ends at revision 1. */
export const hasBegun = (rollout: Pick<Rollout, 'phase' | 'revision'>): boolean =>
  !isQueued(rollout) && !(isFinal(rollout) && rollout.revision === 1);

/** Whether nothing can happen to the rollout any more. */
export const isFinal = ({ phase }: { readonly phase: Phase }): boolean => finalPhases.has(phase);
