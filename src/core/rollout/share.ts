import { assertNever } from '../lib/invariant.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { stageOf } from '../strategy/ladder.ts';
import { evenShare, splitSum } from '../strategy/split.ts';
import { CANDIDATE_ARM } from './arm.ts';
import { contendersOf } from './contenders.ts';
import type { Rollout } from './rollout.ts';

/** What baseline, candidate and others are to have now, in that order; sums to 10 000. */
export function sharesOf(rollout: Rollout): readonly Bps[] {
  const contenders = contendersOf(rollout);
  const given = contenders.map(() => bps(0));
  switch (rollout.phase) {
    case 'queued':
    case 'preparing':
    case 'reverting':
    case 'reverted':
    case 'cancelled':
      return [bps(WHOLE_BPS), ...given];
    case 'advancing':
    case 'holding':
      return rollout.weights ?? stageShares(rollout);
    case 'promoting':
    case 'promoted': {
      const winner = rollout.winner ?? CANDIDATE_ARM;
      return [bps(0), ...contenders.map(({ arm }) => bps(arm === winner ? WHOLE_BPS : 0))];
    }
    default:
      return assertNever(rollout.phase, 'sharesOf');
  }
}

/** The share of the traffic all candidates are to have now. The baseline has the rest. */
export function candidateShare(rollout: Rollout): Bps {
  return bps(WHOLE_BPS - (sharesOf(rollout)[0] ?? WHOLE_BPS));
}

/** What a candidate that was taken out had goes to the baseline, never to another candidate. */
function stageShares(rollout: Rollout): readonly Bps[] {
  const contenders = contendersOf(rollout);
  const { share, split } = stageOf(rollout);
  const given = contenders.map(({ arm }, index) => {
    if (rollout.dropped.includes(arm)) return bps(0);
    return split === null ? evenShare(share, contenders.length) : (split[index] ?? bps(0));
  });
  return [bps(WHOLE_BPS - splitSum(given)), ...given];
}
