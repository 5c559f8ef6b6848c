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
  return given.map((share, index) => (isDropped(rollout, index) ? share : bps(0)));
}

/** What a candidate that was taken out had goes to the baseline, never to another candidate. */
function withoutDropped(rollout: Rollout, given: readonly Bps[]): readonly Bps[] {
  const candidates = given.map((share, index) =>
    index === 0 || isDropped(rollout, index) ? bps(0) : share,
  );
  return [bps(WHOLE_BPS - splitSum(candidates)), ...candidates.slice(1)];
}

function isDropped(rollout: Rollout, index: number): boolean {
  const arm = contendersOf(rollout)[index - 1]?.arm;
  return arm !== undefined && rollout.dropped.includes(arm);
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
