import type { MetricOutcome, UnitSums } from '../feedback/outcome.ts';
import { addUnits, noUnits } from '../feedback/outcome.ts';
import { PAIRED_METRIC } from '../feedback/pair.ts';
import { instant } from '../lib/units.ts';
import { confidenceSequenceLower } from '../stats/confidence-sequence.ts';
import type { Estimate } from '../stats/confidence-sequence.ts';
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

/** The sequence is tightest when this many times the least units are there. */
const TUNED_FOR_LEAST = 10;

/**
 * A challenger by its pairs: of classes by a betting process (see `core/stats/betting.ts`), of
 * numbers by an asymptotic confidence sequence for the mean difference. Both hold however often one
 * looks. `alpha`: what this comparison may spend.
 */
export function pairedFigures(
  sums: UnitSums,
  { metric, unitsMin, advantageMin }: ChampionChallengerSpec,
  alpha: number,
): PairedFigures {
  const { answered: units, sum } = sums;
  if (units < unitsMin) return { units, advantage: null, lower: null, isBetter: false };
  const lower =
    metric.kind === 'proportion'
      ? pairedLower(countsOf(sums), alpha)
      : confidenceSequenceLower(estimateOf(sums), { alpha, tunedFor: TUNED_FOR_LEAST * unitsMin });
  return { units, advantage: sum / units, lower, isBetter: lower > advantageMin };
}

function estimateOf({ answered: n, sum, sumSquares }: UnitSums): Estimate {
  const value = sum / n;
  return { value, sd: Math.sqrt(Math.max(0, (sumSquares - sum * value) / (n - 1))), n };
}

/** Every unit has one pair, so that squares count those that differ. */
function countsOf({ answered, sum, sumSquares }: UnitSums): PairedCounts {
  const wins = (sumSquares + sum) / 2;
  const losses = (sumSquares - sum) / 2;
  return { wins, losses, ties: answered - wins - losses };
}
