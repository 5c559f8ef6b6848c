import type { SegmentOutcome } from '../feedback/outcome.ts';
import { benjaminiHochberg } from '../stats/multiplicity.ts';
import { alphaEach, anytime, corrected, fixedFinding, pairOf } from './ab-finding.ts';
import type { ArmFinding, Contender, Stance } from './ab-finding.ts';
import { unitsFrom } from './ab-look.ts';
import type { AbData, AbLook } from './ab-look.ts';
import { comparePair, unitsWithin } from './compare.ts';

/** A candidate against the baseline in one segment. */
export type SegmentFinding = ArmFinding & { readonly segment: string };

type Asked = {
  readonly data: AbData;
  readonly arms: readonly Contender[];
  readonly look: AbLook | null;
  readonly stance: Stance;
};

/**
 * The primary metric segment by segment, of the units that the test itself looks at; null where
 * none is told apart. p-values are corrected over all segments and candidates by Benjamini &
 * Hochberg: of the differences that are found, the part `alpha` at most is none. With planned looks
 * each segment is tested once, when the test is over: it has no bounds of its own.
 */
export function segmentFindings({ data, arms, look, stance }: Asked): SegmentFinding[] | null {
  const { outcome, rollout, spec } = data;
  const { segments } = outcome;
  if (segments === undefined) return null;
  const span = { from: unitsFrom(rollout), to: look?.to ?? Infinity };
  const rows = segments.flatMap(({ segment, arms: own }: SegmentOutcome) => {
    const units = unitsWithin({ ...outcome, arms: own }, span);
    return arms.map((arm) => ({ segment, row: rowOf(arm, units, data) }));
  });
  const found = corrected(
    rows.map(({ row }) => row),
    { stance, spec, adjust: benjaminiHochberg },
  );
  return rows.map(({ segment, row }, at) => ({ segment, ...(found[at] ?? row) }));
}

function rowOf(arm: Contender, units: AbLook['units'], { spec }: AbData): ArmFinding {
  const { primary, stopping } = spec;
  const row = fixedFinding(arm, primary, { units, spec, role: 'primary' });
  if (stopping.kind !== 'anytime') return row;
  const test = comparePair(pairOf(units, arm.arm), primary, alphaEach(spec));
  return test === null ? row : anytime(row, test, spec);
}
