import { assertNever, InvariantViolation } from '../lib/invariant.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { epsilonGreedyShares, greedy, klUcbIndex, topTwoShares } from '../stats/bandit.ts';
import { ucb1Index, withFloor } from '../stats/bandit.ts';
import { bestArm } from '../stats/best-arm.ts';
import type { ArmBelief } from './bandit-belief.ts';
import type { ContextBelief } from './bandit-context.ts';
import type { BanditSpec } from './outcome-spec.ts';

/** Shares of all arms of a rollout, in their order: those that are out get nothing. */
export const banditShares = (
  beliefs: readonly ArmBelief[],
  spec: BanditSpec,
  arms: number,
): readonly Bps[] => sharesFor(beliefs, allocation(beliefs, spec), { spec, arms });

/** The same in one segment. */
export const segmentShares = (
  beliefs: readonly ContextBelief[],
  spec: BanditSpec,
  arms: number,
): readonly Bps[] => sharesFor(beliefs, allocationWithin(beliefs, spec), { spec, arms });

/** The shares of the whole where every segment has its own: their mean, weighed by its units. */
export function meanShares(
  shares: readonly (readonly Bps[])[],
  parts: readonly number[],
): readonly Bps[] {
  const [first = []] = shares;
  const mean = first.map((_, at) =>
    shares.reduce((sum, own, index) => sum + (own[at] ?? 0) * (parts[index] ?? 0), 0),
  );
  const all = mean.reduce((sum, one) => sum + one, 0);
  return wholeBps(mean.map((one) => one / all)).map((one) => bps(one));
}

function sharesFor(
  beliefs: readonly { readonly at: number }[],
  allocated: readonly number[],
  { spec, arms }: { readonly spec: BanditSpec; readonly arms: number },
): readonly Bps[] {
  const floor = Math.min(spec.floor / WHOLE_BPS, 1 / beliefs.length);
  const wished = withFloor(allocated, floor);
  const whole = wholeBps(wished);
  return Array.from({ length: arms }, (_, at) => {
    const place = beliefs.findIndex((one) => one.at === at);
    return bps(place < 0 ? 0 : (whole[place] ?? 0));
  });
}

/** Parts of the traffic, before the floors. No chance is involved: the chances are integrated. */
function allocation(
  beliefs: readonly ArmBelief[],
  { algorithm, epsilon }: BanditSpec,
): readonly number[] {
  const rewards = beliefs.map(({ reward }) => reward);
  const units = rewards.reduce((sum, one) => sum + one.units, 0);
  switch (algorithm) {
    case 'thompson-beta':
      return bestArm(beliefs.map(({ belief }) => belief)).chance;
    case 'thompson-gaussian':
      return bestArm(beliefs.map(gaussian)).chance;
    case 'top-two':
      return topTwoShares(bestArm(beliefs.map(({ belief }) => belief)).chance);
    case 'ucb1':
      return greedy(rewards.map((one) => ucb1Index(one, units)));
    case 'kl-ucb':
      return greedy(rewards.map((one) => klUcbIndex(one, units)));
    case 'epsilon-greedy':
      return epsilonGreedyShares(rewards, epsilon);
    case 'linear-thompson':
    case 'linear-ucb':
      throw new InvariantViolation(`${algorithm} divides the traffic of segments only`);
    default:
      return assertNever(algorithm, 'allocation');
  }
}

/** Parts of the traffic of one segment, before the floors. */
function allocationWithin(
  beliefs: readonly ContextBelief[],
  { algorithm }: BanditSpec,
): readonly number[] {
  const own = beliefs.map(({ belief }) => belief);
  if (algorithm !== 'linear-ucb') return bestArm(own).chance;
  return greedy(own.map(({ mean, sd }) => mean + UCB_WIDTH * sd));
}

/** `linear-ucb` looks at what an arm may be with 97.5 % (α of LinUCB, in standard deviations). */
const UCB_WIDTH = 1.96;

const gaussian = ({ reward, sd }: ArmBelief) =>
  ({ kind: 'normal', mean: reward.reward / reward.units, sd }) as const;

/** Whole basis points that sum to the whole: what is left over goes to the largest remainders. */
function wholeBps(shares: readonly number[]): readonly number[] {
  const exact = shares.map((share) => share * WHOLE_BPS);
  const floors = exact.map(Math.floor);
  const left = WHOLE_BPS - floors.reduce((sum, one) => sum + one, 0);
  const order = [...exact.keys()].sort(
    (a, b) => (exact[b] ?? 0) - (floors[b] ?? 0) - ((exact[a] ?? 0) - (floors[a] ?? 0)) || a - b,
  );
  const lucky = new Set(order.slice(0, left));
  return floors.map((one, at) => one + (lucky.has(at) ? 1 : 0));
}
