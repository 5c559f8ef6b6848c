import { noUnits } from '../feedback/outcome.ts';
import type { Bps, Instant } from '../lib/units.ts';
import { bps } from '../lib/units.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import { bestArm } from '../stats/best-arm.ts';
import { beliefsOf, isWarm } from './bandit-belief.ts';
import type { ArmBelief } from './bandit-belief.ts';
import { banditData, totalsOf } from './bandit-data.ts';
import type { BanditData } from './bandit-data.ts';
import { banditShares } from './bandit-shares.ts';
import { advantageOf, outcomeOf } from './compare.ts';
import type { Standing } from './compare.ts';
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
};

/** Older ones are summed up in the regret of the first that is shown. */
export const BATCHES_SHOWN = 200;

/** How a bandit stands at its latest update; null while nothing has come back. */
export function banditResult(standing: Standing<BanditSpec>): BanditResult | null {
  const { rollout, spec, shares, outcomes } = standing;
  const outcome = outcomeOf(outcomes, spec.reward);
  if (outcome === null) return null;
  const data = banditData(rollout, spec, outcome);
  const totals = totalsOf(data);
  const beliefs = beliefsOf(data, spec);
  const warm = beliefs !== null && isWarm(data, totals, spec);
  const best = beliefs === null ? null : bestArm(beliefs.map(({ belief }) => belief));
  const versions = [rollout.baseline, ...contendersOf(rollout).map(({ version }) => version)];
  const arms = data.names.map((arm, at): BanditArm => {
    const place = beliefs?.findIndex((one) => one.at === at) ?? -1;
    return {
      arm,
      version: versions[at]?.version ?? 0,
      share: shares[at] ?? bps(0),
      units: totals[at]?.units ?? 0,
      mean: beliefs?.[place]?.mean ?? null,
      sd: beliefs?.[place]?.sd ?? null,
      chance: best?.chance[place] ?? null,
      loss: best?.loss[place] ?? null,
    };
  });
  return {
    kind: 'bandit',
    asOf: outcome.asOf,
    isWarm: warm,
    arms,
    batches: batchesOf(data, beliefs ?? [], spec).slice(-BATCHES_SHOWN),
    wanted: warm ? banditShares(beliefs, spec, data.names.length) : null,
    winner: warm ? winnerOf(arms, spec) : null,
  };
}

/** The arm of which enough is known to stop; null: none, or it is to go on for ever. */
function winnerOf(arms: readonly BanditArm[], { stop }: BanditSpec): string | null {
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
function batchesOf(
  { batches, names }: BanditData,
  beliefs: readonly ArmBelief[],
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
