import type { ArmOutcome, MetricOutcome, UnitCohort } from '../feedback/outcome.ts';
import { instant } from '../lib/units.ts';

/**
 * Outcomes of metrics in about a quarter of the text: what there is by the thousand, units by when
 * they were first seen, are rows of numbers without names.
 */
export type PackedOutcomes = { readonly packed: readonly PackedOutcome[] };

type PackedOutcome = Omit<MetricOutcome, 'arms' | 'segments'> & {
  readonly arms: readonly PackedArm[];
  readonly segments?: readonly { readonly segment: string; readonly arms: readonly PackedArm[] }[];
};
type PackedArm = Omit<ArmOutcome, 'cohorts'> & { readonly cohorts: readonly Row[] };

/** How long after the start of the row before; how wide; then the sums, in the order below. */
type Row = readonly number[];

/** Packs outcomes. */
export const packOutcomes = (outcomes: readonly MetricOutcome[]): PackedOutcomes => ({
  packed: outcomes.map(({ segments, arms, ...rest }) => ({
    ...rest,
    arms: arms.map(packedArm),
    ...(segments === undefined
      ? {}
      : { segments: segments.map((one) => ({ ...one, arms: one.arms.map(packedArm) })) }),
  })),
});

/** The outcomes as they were. */
export const unpackOutcomes = ({ packed }: PackedOutcomes): readonly MetricOutcome[] =>
  packed.map(({ segments, arms, ...rest }) => ({
    ...rest,
    arms: arms.map(unpackedArm),
    ...(segments === undefined
      ? {}
      : { segments: segments.map((one) => ({ ...one, arms: one.arms.map(unpackedArm) })) }),
  }));

const packedArm = (arm: ArmOutcome): PackedArm => ({ ...arm, cohorts: rowsOf(arm.cohorts) });
const unpackedArm = (arm: PackedArm): ArmOutcome => ({ ...arm, cohorts: cohortsOf(arm.cohorts) });

function rowsOf(cohorts: readonly UnitCohort[]): readonly Row[] {
  let before = 0;
  return cohorts.map(({ stretch: { start, widthMs }, ...sums }) => {
    const afterMs = start - before;
    before = start;
    const { units, answered, events, sum, sumSquares, eventsSquares, products } = sums;
    return [afterMs, widthMs, units, answered, events, sum, sumSquares, eventsSquares, products];
  });
}

function cohortsOf(rows: readonly Row[]): readonly UnitCohort[] {
  let start = 0;
  return rows.map((row) => {
    const [afterMs = 0, widthMs = 0, units = 0, answered = 0, events = 0, ...rest] = row;
    const [sum = 0, sumSquares = 0, eventsSquares = 0, products = 0] = rest;
    start += afterMs;
    const stretch = { start: instant(start), widthMs };
    return { stretch, units, answered, events, sum, sumSquares, eventsSquares, products };
  });
}
