import { addUnits, noUnits } from '../feedback/outcome.ts';
import type { MetricOutcome, UnitSums } from '../feedback/outcome.ts';
import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { countedFrom, unitsFrom } from './ab-look.ts';
import type { BanditSpec } from './outcome-spec.ts';

/** All units first seen between two updates of the shares, arm by arm. */
export type Batch = {
  /** Updates since the beginning. */
  readonly index: number;
  readonly from: Instant;
  /** In the order of the rollout's arms: the baseline first. */
  readonly arms: readonly UnitSums[];
};

/** What a bandit knows at an update. */
export type BanditData = {
  /** The updates that are due by now. */
  readonly update: number;
  readonly names: readonly string[];
  /** Indices of the arms that are still in. */
  readonly live: readonly number[];
  /** Oldest first; batches without units are left out. */
  readonly batches: readonly Batch[];
};

/**
 * What is known at the latest update: units first seen so long before it that their feedback was
 * expected to be complete then. Between updates nothing changes, however often one looks.
 */
export function banditData(rollout: Rollout, spec: BanditSpec, outcome: MetricOutcome): BanditData {
  const since = countedFrom(rollout);
  const from = unitsFrom(rollout);
  const { updateMs } = spec;
  const update = Math.max(0, Math.floor((outcome.asOf - since) / updateMs));
  const cutoff = since + update * updateMs - outcome.maturityMs;
  const names = [BASELINE_ARM, ...contendersOf(rollout).map(({ arm }) => arm)];
  const batches = new Map<number, UnitSums[]>();
  for (const [at, name] of names.entries()) {
    const own = outcome.arms.find(({ arm }) => arm === name)?.cohorts ?? [];
    for (const cohort of own) {
      const { start, widthMs } = cohort.stretch;
      if (start < from || start + widthMs > cutoff) continue;
      const index = Math.max(0, Math.floor((start - since) / updateMs));
      const arms = batches.get(index) ?? names.map(() => noUnits);
      batches.set(index, arms);
      arms[at] = addUnits(arms[at] ?? noUnits, cohort);
    }
  }
  return {
    update,
    names,
    live: [...names.keys()].filter((at) => !rollout.dropped.includes(names[at] ?? '')),
    batches: [...batches]
      .sort(([a], [b]) => a - b)
      .map(([index, arms]) => ({ index, from: instant(since + index * updateMs), arms })),
  };
}

/** All units of every arm. */
export const totalsOf = ({ names, batches }: BanditData): readonly UnitSums[] =>
  names.map((_, at) =>
    batches.reduce<UnitSums>((sum, { arms }) => addUnits(sum, arms[at] ?? noUnits), noUnits),
  );

/** Fewer units of an arm than this in a stratum would say nothing of its mean there. */
const STRATUM_UNITS_MIN = 10;

/** Neighbouring batches together, with enough units of every arm that is in to be compared. */
export type Stratum = {
  readonly arms: readonly UnitSums[];
  /** Of all arms that are in. */
  readonly units: number;
  /** What it still counts, in (0, 1]. */
  readonly weight: number;
};

/**
 * The past in strata, oldest first, weighted as the memory says. Arms are compared within a stratum
 * only: shares move while the world moves, and whoever pools takes a trend for an effect.
 */
export function strataOf(data: BanditData, { memory }: BanditSpec): readonly Stratum[] {
  const oldest = memory.kind === 'window' ? data.update - memory.updates : 0;
  const strata: Stratum[] = [];
  let open: Stratum | null = null;
  for (const { index, arms } of data.batches) {
    if (index < oldest) continue;
    const weight = memory.kind === 'discount' ? memory.gamma ** (data.update - 1 - index) : 1;
    const units = data.live.reduce((sum, at) => sum + (arms[at]?.units ?? 0), 0);
    const own: Stratum = { arms, units, weight };
    open = open === null ? own : merged(open, own);
    if (!isFull(open, data)) continue;
    strata.push(open);
    open = null;
  }
  const last = strata.pop();
  if (last === undefined) return open === null ? [] : [open];
  return [...strata, open === null ? last : merged(last, open)];
}

/** Both together; the newer one says how much they count. */
const merged = (older: Stratum, newer: Stratum): Stratum => ({
  arms: older.arms.map((sums, at) => addUnits(sums, newer.arms[at] ?? noUnits)),
  units: older.units + newer.units,
  weight: newer.weight,
});

const isFull = ({ arms }: Stratum, { live }: BanditData): boolean =>
  live.every((at) => (arms[at]?.units ?? 0) >= STRATUM_UNITS_MIN);
