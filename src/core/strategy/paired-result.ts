import type { MetricOutcome, UnitSums } from '../feedback/outcome.ts';
import { addUnits, noUnits } from '../feedback/outcome.ts';
import { PAIRED_METRIC } from '../feedback/pair.ts';
import { instant } from '../lib/units.ts';
import { pairedLower } from '../stats/betting.ts';
import type { PairedCounts } from '../stats/betting.ts';
import type { ArmIntegrity } from './arm-integrity.ts';
import type { Span } from './compare.ts';
import type { ChampionChallengerSpec } from './outcome-spec.ts';

/** A challenger's pairs, judged: part of a `Challenge`. */
export type PairedFigures = {
  readonly units: number;
  readonly advantage: number | null;
  readonly lower: number | null;
  readonly isBetter: boolean;
};

/** Nobody was assigned: whoever is asked gets the champion, and both answer the same requests. */
export const pairedIntegrity: ArmIntegrity = {
  pValue: null,
  isBroken: false,
  sentence: 'Champion and challengers answer the same requests.',
};

/**
 * The pairs of every request, and what says when they are complete; null while there are none.
 * Labels are what is waited for: pairs are as late as they.
 */
export function pairedOutcome(
  outcomes: readonly MetricOutcome[],
  { metric }: ChampionChallengerSpec,
): MetricOutcome | null {
  const pairs = outcomes.find((one) => one.metric === PAIRED_METRIC);
  const labels = outcomes.find((one) => one.metric === metric.name);
  if (pairs === undefined) return null;
  return { ...pairs, maturityMs: labels?.maturityMs ?? 0 };
}

/** Pairs of each arm by units first paired within a span, as far as their labels are complete. */
export function pairsWithin(
  { arms, asOf, maturityMs }: MetricOutcome,
  { from, to }: Span,
): ReadonlyMap<string, UnitSums> {
  const complete = instant(asOf - maturityMs);
  return new Map(
    arms.map(({ arm, cohorts }) => [
      arm,
      cohorts
        .filter(({ stretch }) => stretch.start >= from && stretch.start < to)
        .filter(({ stretch }) => maturityMs === 0 || stretch.start + stretch.widthMs <= complete)
        .reduce<UnitSums>(addUnits, noUnits),
    ]),
  );
}

/**
 * A challenger by its pairs: a betting process whose size is evidence however often one looks (see
 * `core/stats/betting.ts`). `alpha`: what this comparison may spend.
 */
export function pairedFigures(
  sums: UnitSums,
  { unitsMin, advantageMin }: ChampionChallengerSpec,
  alpha: number,
): PairedFigures {
  const { answered: units, sum } = sums;
  if (units < unitsMin) return { units, advantage: null, lower: null, isBetter: false };
  const lower = pairedLower(countsOf(sums), alpha);
  return { units, advantage: sum / units, lower, isBetter: lower > advantageMin };
}

/** Every unit has one pair, so that squares count those that differ. */
function countsOf({ answered, sum, sumSquares }: UnitSums): PairedCounts {
  const wins = (sumSquares + sum) / 2;
  const losses = (sumSquares - sum) / 2;
  return { wins, losses, ties: answered - wins - losses };
}
