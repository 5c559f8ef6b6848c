import { assertNever } from '../lib/invariant.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import type { CanaryStage } from '../strategy/spec.ts';
import type { Rollout } from './rollout.ts';

/** What the candidate gets while the rollout advances through its present stage. */
export function stageOf({ spec, stage }: Rollout): CanaryStage {
  const found = spec.strategy.stages[stage];
  // A rollout without such a stage cannot be started; giving nothing is the safe reading of one.
  return found ?? { share: bps(0), margin: 1, leastMs: 0 };
}

/** The share of the traffic the candidate is to have now. The baseline has the rest. */
export function candidateShare(rollout: Rollout): Bps {
  switch (rollout.phase) {
    case 'preparing':
    case 'reverting':
    case 'reverted':
    case 'cancelled':
      return bps(0);
    case 'advancing':
    case 'holding':
      return stageOf(rollout).share;
    case 'promoting':
    case 'promoted':
      return bps(WHOLE_BPS);
    default:
      return assertNever(rollout.phase, 'candidateShare');
  }
}
