import { mantelHaenszelRatio, ratioInterval } from '../stats/ratio-interval.ts';
import type { RatioInterval } from '../stats/ratio-interval.ts';
import type { ArmOutcome, UnitCohort } from './outcome.ts';

/**
 * How often units of one arm are fed back about, in units of how often those of another are. When
 * labels come for one arm and not for the other, what they say cannot be compared.
 */
export type Arrival = {
  /** Mantel-Haenszel ratio over cohorts; NaN when nothing came for either. */
  readonly ratio: number;
  /** Holds at whatever moment one looks. */
  readonly interval: RatioInterval;
  readonly isDifferent: boolean;
};

/** Chance of calling arrival different that is the same, ever. */
export const ARRIVAL_ALPHA = 0.01;

/** Compares the mature units of two arms, cohort by cohort. */
export function compareArrival(candidate: ArmOutcome, baseline: ArmOutcome): Arrival {
  const others = new Map(baseline.cohorts.map((cohort) => [nameOf(cohort), cohort]));
  const buckets = candidate.cohorts.flatMap((own) => {
    const other = others.get(nameOf(own));
    if (other === undefined || own.units === 0 || other.units === 0) return [];
    return [
      {
        candidateLoss: own.answered,
        candidateUnits: own.units,
        baselineLoss: other.answered,
        baselineUnits: other.units,
      },
    ];
  });
  const interval = ratioInterval(buckets, { alpha: ARRIVAL_ALPHA });
  const isDifferent = interval.lower > 1 || interval.upper < 1;
  return { ratio: mantelHaenszelRatio(buckets), interval, isDifferent };
}

const nameOf = ({ stretch }: UnitCohort): string => `${stretch.start} ${stretch.widthMs}`;
