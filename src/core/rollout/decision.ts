import type { Verdict } from '../analysis/verdict.ts';
import type { Bps } from '../lib/units.ts';
import type { Thresholds } from '../routing/table.ts';

/** What the core concludes about one rollout at one tick. */
export type Decision =
  | { readonly type: 'hold'; readonly reason: HoldReason; readonly etaMs: number | null }
  /** Fixes the latencies above which requests count as slow, from what the baseline did so far. */
  | { readonly type: 'freeze'; readonly thresholdsMs: Thresholds }
  | { readonly type: 'advance'; readonly stage: number; readonly reason: string }
  /** A soft guardrail failed: keep the share and ask a person. */
  | { readonly type: 'ask'; readonly cause: Cause }
  /** Everything to one of the candidates. */
  | { readonly type: 'promote'; readonly reason: string; readonly arm: string }
  /**
   * New shares for baseline, candidate and others, in this order; they sum to 10 000. `segments`:
   * of each segment, where they have shares of their own.
   */
  | {
      readonly type: 'reweigh';
      readonly weights: readonly Bps[];
      readonly segments?: readonly (readonly Bps[])[];
      readonly reason: string;
    }
  /** One of several candidates is taken out; the baseline gets what it had. */
  | { readonly type: 'drop'; readonly arm: string; readonly cause: Cause }
  /** A candidate becomes the baseline, and the baseline a candidate; the rollout goes on. */
  | { readonly type: 'swap'; readonly arm: string; readonly reason: string }
  | { readonly type: 'revert'; readonly cause: Cause }
  /** Its turn came, and it can no longer begin. */
  | { readonly type: 'cancel'; readonly cause: Cause }
  /** All gateways confirmed: a promoting rollout is promoted, a reverting one reverted. */
  | { readonly type: 'settle' };

/** Why a rollout stays where it is for now. A closed list, each with its numbers as a sentence. */
export type HoldReason = {
  readonly code:
    /** Another rollout of its endpoint goes on. */
    | 'queued'
    | 'loading'
    | 'unconfirmed'
    | 'soaking'
    /** Everything is shown; a person was to say when. */
    | 'awaiting'
    /** It could go on, but nobody is there to look. */
    | 'quiet'
    | 'starved'
    | 'unsure'
    /** What came back cannot be believed; a person was asked. */
    | 'invalid'
    | 'paused'
    | 'asked'
    | 'final';
  readonly sentence: string;
};

/** Who or what made a rollout hold or end, and on which evidence. */
export type Cause = {
  readonly by: 'check' | 'strategy' | 'fuse' | 'person' | 'gateway' | 'queue';
  /** The check's name, the strategy's, the person's, the gateway's, or the endpoint's. */
  readonly who: string;
  readonly sentence: string;
  readonly verdict: Verdict | null;
  /** The candidate that a strategy proposes; absent: none. */
  readonly arm?: string | null | undefined;
};
