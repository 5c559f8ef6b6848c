import { noUnits } from '../feedback/outcome.ts';
import type { MetricOutcome, UnitSums } from '../feedback/outcome.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { segmentFeatures } from '../segment/features.ts';
import { segmentNames } from '../segment/segments.ts';
import type { Belief } from '../stats/bandit.ts';
import { ridgeAdd, ridgeBelief, ridgeStart } from '../stats/linear-bandit.ts';
import type { Ridge } from '../stats/linear-bandit.ts';
import { cellBelief } from './bandit-belief.ts';
import { banditData, strataOf, totalsOf } from './bandit-data.ts';
import type { BanditData } from './bandit-data.ts';
import { advantageOf, sampleOfUnits } from './compare.ts';
import type { BanditSpec } from './outcome-spec.ts';

/** What is thought of the arms that are in, for one segment or for all of them. */
export type ContextBelief = {
  /** Index among the rollout's arms. */
  readonly at: number;
  /** Of the metric itself. */
  readonly mean: number;
  readonly sd: number;
  /** Of its advantage: higher is better, whatever the metric. */
  readonly belief: Extract<Belief, { readonly kind: 'normal' }>;
};

/** What a bandit knows of one segment. */
export type SegmentBelief = {
  readonly segment: string;
  readonly data: BanditData;
  /** Part of all units that count. */
  readonly part: number;
  readonly beliefs: readonly ContextBelief[];
};

/** What a contextual bandit knows. */
export type BanditContext = {
  /** In the order of the declared segments, those that nobody was in, too. */
  readonly segments: readonly SegmentBelief[];
  /** Of giving everybody the same arm. */
  readonly whole: readonly ContextBelief[];
};

/** One arm in one segment, as many units as would know it as well. */
type Cell = { readonly mean: number; readonly units: number; readonly variance: number };

/**
 * Beliefs about every arm in every segment, by a ridge regression for each arm on what the segments
 * have in common (`segmentFeatures`): the rewards of a segment are its mean by strata of time, as
 * of other bandits, weighed by the units that would know it as well. Rewards are counted from the
 * mean of all arms, so that what is not known is thought to be as usual. Null while nothing is
 * known, or segments are not told apart.
 */
export function contextOf(
  rollout: Rollout,
  spec: BanditSpec,
  outcome: MetricOutcome,
): BanditContext | null {
  const { segments } = rollout.spec;
  if (segments === undefined || outcome.segments === undefined) return null;
  const features = segmentFeatures(segments);
  const found = segmentNames(segments).map((segment) => {
    const arms = outcome.segments?.find((one) => one.segment === segment)?.arms ?? [];
    return { segment, data: banditData(rollout, spec, { ...outcome, arms }) };
  });
  const live = found[0]?.data.live ?? [];
  const units = found.map(({ data }) => unitsIn(totalsOf(data)));
  const all = units.reduce((sum, one) => sum + one, 0);
  if (all === 0) return null;
  const parts = units.map((one) => one / all);
  const cells = live.map((at) => found.map(({ data }) => cellOf(at, data, spec)));
  const usual = usualIn(cells.flat());
  if (usual === null) return null;
  const models = cells.map((own) => modelOf(own, features, usual));
  const noise = noiseIn(cells.flat());
  const beliefsAt = (x: readonly number[]): readonly ContextBelief[] =>
    models.map((ridge, place) => beliefOf(live[place] ?? 0, { ridge, noise, x, usual, spec }));
  return {
    segments: found.map((one, index) => ({
      ...one,
      part: parts[index] ?? 0,
      beliefs: beliefsAt(features[index] ?? []),
    })),
    whole: beliefsAt(average(features, parts)),
  };
}

const unitsIn = (totals: readonly UnitSums[]): number =>
  totals.reduce((sum, one) => sum + one.units, 0);

/** Null where an arm has too few units in a segment to say anything there. */
function cellOf(at: number, data: BanditData, spec: BanditSpec): Cell | null {
  const known = cellBelief(at, strataOf(data, spec), spec);
  const variance = sampleOfUnits(totalsOf(data)[at] ?? noUnits, spec.reward)?.variance;
  if (known === null || variance === undefined) return null;
  return { mean: known.mean, units: known.units, variance };
}

/** Mean of everything that is known, weighed by units. */
function usualIn(cells: readonly (Cell | null)[]): number | null {
  const known = cells.filter((cell) => cell !== null);
  const units = known.reduce((sum, cell) => sum + cell.units, 0);
  return units === 0 ? null : known.reduce((sum, cell) => sum + cell.mean * cell.units, 0) / units;
}

/** Standard deviation of a unit within its arm and segment, over all of them. */
function noiseIn(cells: readonly (Cell | null)[]): number {
  const known = cells.filter((cell) => cell !== null);
  const units = known.reduce((sum, cell) => sum + cell.units, 0);
  const squares = known.reduce((sum, cell) => sum + cell.units * cell.variance, 0);
  return units === 0 ? 0 : Math.sqrt(squares / units);
}

/** The regression of one arm. */
function modelOf(
  cells: readonly (Cell | null)[],
  features: readonly (readonly number[])[],
  usual: number,
): Ridge {
  let ridge = ridgeStart(features[0]?.length ?? 1);
  for (const [index, cell] of cells.entries()) {
    if (cell === null) continue;
    const reward = (cell.mean - usual) * cell.units;
    ridge = ridgeAdd(ridge, features[index] ?? [], { reward, units: cell.units });
  }
  return ridge;
}

function beliefOf(
  at: number,
  asked: {
    readonly ridge: Ridge;
    readonly noise: number;
    readonly x: readonly number[];
    readonly usual: number;
    readonly spec: BanditSpec;
  },
): ContextBelief {
  const { ridge, noise, x, usual, spec } = asked;
  const { mean: above, sd } = ridgeBelief(ridge, x, noise);
  const mean = usual + above;
  const belief = { kind: 'normal', mean: advantageOf(mean, spec.reward), sd } as const;
  return { at, mean, sd, belief };
}

const average = (
  features: readonly (readonly number[])[],
  parts: readonly number[],
): readonly number[] =>
  (features[0] ?? []).map((_, column) =>
    features.reduce((sum, row, index) => sum + (row[column] ?? 0) * (parts[index] ?? 0), 0),
  );
