import type { Bps } from '../lib/units.ts';
import type { Fallback } from '../routing/table.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import type { Quiet } from './quiet-time.ts';
import type { Check } from '../analysis/check.ts';
import type { OutcomeCheck } from '../analysis/outcome-check.ts';
import type { Segments } from '../segment/segments.ts';
import type { VersionName } from './candidates.ts';

/** What was declared before the rollout began; never changed afterwards. */
export type RolloutSpec = {
  readonly strategy: StrategySpec;
  /** What follows when the first strategy is done; empty: the candidate is promoted. */
  readonly followers: readonly StrategySpec[];
  /** The triggers (R5). At least one must be hard, or the rollout does not start. */
  readonly checks: readonly Check[];
  /** Triggers that look at what comes back (R7), besides; absent: none. */
  readonly outcomeChecks?: readonly OutcomeCheck[];
  /** Chance of reverting a candidate that is as good as the baseline, over the whole rollout. */
  readonly alphaRevert: number;
  /** Chance of passing a stage with a candidate that is worse than the stage's margin. */
  readonly alphaPromote: number;
  /** Width of the buckets evidence is counted in. 10 s; 1 s for demonstrations. */
  readonly bucketMs: number;
  /** How long the rollout is expected to last at the most; sets the change-point horizon. */
  readonly horizonMs: number;
  readonly fallback: Fallback;
  /** Candidates without golden rows are refused; absent: they have nothing to prove. */
  readonly golden?: 'required';
  /** When nothing is moved upward, because nobody is there to look. */
  readonly quiet: Quiet;
  /** How its figures are told apart; absent: they are not. */
  readonly segments?: Segments;
  /** Part of the units that it has for itself, so that others may go on beside it; absent: all. */
  readonly slice?: Bps;
  /** What happens while another rollout of the endpoint goes on; absent: this one is refused. */
  readonly onBusy?: OnBusy;
  /** What the endpoint must serve when it begins, and goes back to; absent: whatever it serves. */
  readonly baseline?: VersionName;
};

/** Ways to meet a rollout that is there already, besides giving up. */
export const ON_BUSY = ['queue', 'supersede'] as const;

/** `queue`: begins when the endpoint is free; `supersede`: ends what is there, then begins. */
export type OnBusy = (typeof ON_BUSY)[number];
