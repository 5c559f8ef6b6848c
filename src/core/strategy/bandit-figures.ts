import { noUnits } from '../feedback/outcome.ts';
import { bps } from '../lib/units.ts';
import type { Bps, Instant } from '../lib/units.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { Belief } from '../stats/bandit.ts';
import { bestArm } from '../stats/best-arm.ts';
import type { ArmBelief } from './bandit-belief.ts';
import { totalsOf } from './bandit-data.ts';
import type { BanditData } from './bandit-data.ts';
import { advantageOf } from './compare.ts';
import type { BanditSpec } from './outcome-spec.ts';

/** An arm of a bandit. */
export type BanditArm = {
  readonly arm: string;
  readonly version: number;
  readonly share: Bps;
  readonly units: number;
  /** Mean of the reward by strata of time; null: too little, or it is out. */
  readonly mean: number | null;
  readonly sd: number | null;
  /** Chance to be the best of those that are in. */
  readonly chance: number | null;
  /** What choosing it is expected to lose per unit, in the metric's unit. */
  readonly loss: number | null;
};

/** What was given to the arms between two updates, and what it has cost so far. */
export type BanditBatch = {
  readonly from: Instant;
  /** In the order of the arms. */
  readonly units: readonly number[];
  readonly rewards: readonly number[];
  /** Reward missed since the beginning, against the arm that now looks best; an estimate. */
  readonly regret: number;
  /** What an equal split would have missed. */
  readonly regretOfEqual: number;
};

/** How a bandit stands. */
export type BanditResult = {
  readonly kind: 'bandit';
  readonly asOf: Instant;
  /** The arms have enough units for shares to move. */
  readonly isWarm: boolean;
  readonly arms: readonly BanditArm[];
  /** Oldest first, at most `BATCHES_SHOWN`. */
  readonly batches: readonly BanditBatch[];
  /** The shares that what is known asks for; null: not enough is known. */
  readonly wanted: readonly Bps[] | null;
  /** The arm that fulfils the stop rule; null: none does. */
  readonly winner: string | null;
  /** Of a contextual bandit, in the order of the declared segments; absent: it is none. */
  readonly segments?: readonly BanditSegment[];
};

/** Older ones are summed up in the regret of the first that is shown. */
export const BATCHES_SHOWN = 200;

/** How a contextual bandit stands in one segment. */
export type BanditSegment = {
  readonly segment: string;
  readonly arms: readonly BanditArm[];
  /** The shares that what is known asks for here; null: not enough is known. */
  readonly wanted: readonly Bps[] | null;
};

/** What is thought of an arm, by whatever model. */
export type Thought = Pick<ArmBelief, 'at' | 'mean' | 'sd'> & { readonly belief: Belief };

/** The arms of a rollout with what is thought of those that are in; nothing, of the others. */
export function armsFrom(
  beliefs: readonly Thought[],
  of: { readonly rollout: Rollout; readonly shares: readonly Bps[]; readonly data: BanditData },
): readonly BanditArm[] {
  const { rollout, shares, data } = of;
  const best = beliefs.length === 0 ? null : bestArm(beliefs.map(({ belief }) => belief));
  const totals = totalsOf(data);
  const versions = [rollout.baseline, ...contendersOf(rollout).map(({ version }) => version)];
  return data.names.map((arm, at): BanditArm => {
    const place = beliefs.findIndex((one) => one.at === at);
    return {
      arm,
      version: versions[at]?.version ?? 0,
      share: shares[at] ?? bps(0),
      units: totals[at]?.units ?? 0,
      mean: beliefs[place]?.mean ?? null,
      sd: beliefs[place]?.sd ?? null,
      chance: best?.chance[place] ?? null,
      loss: best?.loss[place] ?? null,
    };
  });
}

/** The arm of which enough is known to stop; null: none, or it is to go on for ever. */
export function winnerOf(arms: readonly BanditArm[], { stop }: BanditSpec): string | null {
  if (stop === null) return null;
  const sure = arms.find(
    ({ chance, loss }) =>
      chance !== null && loss !== null && chance >= stop.chance && loss <= stop.lossMax,
  );
  return sure?.arm ?? null;
}

/** Whether the winner is what is in production already. */
export const isBaseline = (arm: string): boolean => arm === BASELINE_ARM;

/** Every batch with what it gave whom, and the regret so far. */
export function batchesOf(
  { batches, names }: BanditData,
  beliefs: readonly Pick<Thought, 'at' | 'mean'>[],
  { reward }: BanditSpec,
): readonly BanditBatch[] {
  const gains = new Map(beliefs.map(({ at, mean }) => [at, advantageOf(mean, reward)]));
  const best = gains.size === 0 ? 0 : Math.max(...gains.values());
  const missedBy = (at: number): number => best - (gains.get(at) ?? best);
  const mean = [...gains.keys()].reduce((sum, at) => sum + missedBy(at), 0) / (gains.size || 1);
  let regret = 0;
  let regretOfEqual = 0;
  return batches.map(({ from, arms }) => {
    const units = names.map((_, at) => (arms[at] ?? noUnits).units);
    regret += units.reduce((sum, n, at) => sum + n * missedBy(at), 0);
    regretOfEqual += mean * units.reduce((sum, n) => sum + n, 0);
    const rewards = names.map((_, at) => (arms[at] ?? noUnits).sum);
    return { from, units, rewards, regret, regretOfEqual };
  });
}

/** Smaller moves than half a per cent would be written down for nothing. */
const MOVE_MIN_BPS = 50;

/** Whether anybody's shares are to move, the whole's or those of a segment. */
export function moves({ arms, wanted, segments }: BanditResult): boolean {
  const all = segments ?? [{ arms, wanted }];
  return all.some((one) =>
    isMove(
      one.arms.map(({ share }) => share),
      one.wanted ?? [],
    ),
  );
}

const isMove = (present: readonly Bps[], wanted: readonly Bps[]): boolean =>
  wanted.some((share, at) => Math.abs(share - (present[at] ?? 0)) >= MOVE_MIN_BPS);
