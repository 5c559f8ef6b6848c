import { invariant } from '../lib/invariant.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { CANDIDATE_ARM } from './arm.ts';
import type { Contender, Rollout } from './rollout.ts';

/** All candidates, the first one first. */
export const contendersOf = ({ candidate, others }: Rollout): readonly Contender[] => [
  { arm: CANDIDATE_ARM, version: candidate },
  ...others,
];

/** The candidates that may yet get everything: the winner, once there is one. */
export function contendersIn(rollout: Rollout): readonly Contender[] {
  const { dropped, phase, winner } = rollout;
  const left = contendersOf(rollout).filter(({ arm }) => !dropped.includes(arm));
  if (phase !== 'promoting') return left;
  return left.filter(({ arm }) => arm === (winner ?? CANDIDATE_ARM));
}

/** Under which name a rollout's evidence about one of its candidates is kept. */
export const evidenceKey = ({ id }: Pick<Rollout, 'id'>, { arm }: Contender): string =>
  arm === CANDIDATE_ARM ? id : `${id}/${arm}`;

/**
 * The rollout as if it had one candidate: each is compared with the baseline by itself. They share
 * the chance of a false alarm equally (Bonferroni): the whole rollout keeps what it promised.
 */
export function asCandidate(
  rollout: Rollout,
  { arm, version }: Contender,
  shares: readonly Bps[],
): Rollout {
  const contenders = contendersOf(rollout);
  if (contenders.length === 1) return rollout;
  const index = contenders.findIndex((one) => one.arm === arm);
  const own = shares[index + 1] ?? 0;
  const both = own + (shares[0] ?? 0);
  const share = both === 0 ? 0 : Math.round((own / both) * WHOLE_BPS);
  const { spec } = rollout;
  return {
    ...rollout,
    candidate: version,
    others: [],
    dropped: [],
    weights: [bps(WHOLE_BPS - share), bps(share)],
    spec: { ...spec, alphaRevert: spec.alphaRevert / contenders.length },
  };
}

/** A candidate by its arm. */
export function contenderOf(rollout: Rollout, arm: string): Contender {
  const found = contendersOf(rollout).find((one) => one.arm === arm);
  invariant(found !== undefined, `rollout ${rollout.id} has no arm ${arm}`);
  return found;
}
