import { assertNever } from '../lib/invariant.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { stageOf } from '../strategy/ladder.ts';
import { evenShare, splitSum } from '../strategy/split.ts';
import { CANDIDATE_ARM } from './arm.ts';
import { cededIn, withoutDropped } from './ceded.ts';
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
      return withoutDropped(rollout, givenShares(rollout));
    case 'promoting':
    case 'promoted': {
      const winner = rollout.winner ?? CANDIDATE_ARM;
      return [bps(0), ...contenders.map(({ arm }) => bps(arm === winner ? WHOLE_BPS : 0))];
    }
    default:
      return assertNever(rollout.phase, 'sharesOf');
  }
}

/** What arms have in one segment, and what of it candidates that were taken out ceded. */
export type SegmentWeights = { readonly shares: readonly Bps[]; readonly ceded: readonly Bps[] };

/** The same for each segment, in their order; null: all have what the whole has. */
export function segmentWeightsOf(rollout: Rollout): readonly SegmentWeights[] | null {
  const { phase, weights, segmentWeights } = rollout;
  const isMoving = phase === 'advancing' || phase === 'holding';
  if (!isMoving || weights === null || segmentWeights === undefined) return null;
  return segmentWeights.map((given) => ({
    shares: withoutDropped(rollout, given),
    ceded: cededIn(rollout, given),
  }));
}

/** The share of the traffic all candidates are to have now. The baseline has the rest. */
export function candidateShare(rollout: Rollout): Bps {
  return bps(WHOLE_BPS - (sharesOf(rollout)[0] ?? WHOLE_BPS));
}

/**
 * What each candidate ceded when it was taken out, in the order of `sharesOf`: it is in the share
 * of the baseline, until shares are set anew.
 */
export function cededOf(rollout: Rollout): readonly Bps[] {
  const given = givenShares(rollout);
  if (rollout.phase !== 'advancing' && rollout.phase !== 'holding') return given.map(() => bps(0));
  return cededIn(rollout, given);
}

/** As the strategy last set the shares, or else as the stage says. */
function givenShares(rollout: Rollout): readonly Bps[] {
  if (rollout.weights !== null) return rollout.weights;
  const contenders = contendersOf(rollout);
  const { share, split } = stageOf(rollout);
  const given = contenders.map((_contender, index) =>
    split === null ? evenShare(share, contenders.length) : (split[index] ?? bps(0)),
  );
  return [bps(WHOLE_BPS - splitSum(given)), ...given];
}
