import { noUnits } from '../feedback/outcome.ts';
import type { UnitSums } from '../feedback/outcome.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { confidenceSequence, sequencePValue } from '../stats/confidence-sequence.ts';
import type { EffectTest } from '../stats/mean-test.ts';
import { advantageOf, comparePair, sampleOfUnits } from './compare.ts';
import type { Pair } from './compare.ts';
import type { AbTestSpec, OutcomeMetric } from './outcome-spec.ts';

/** A candidate against the baseline in one metric. */
export type ArmFinding = {
  readonly arm: string;
  readonly version: number;
  readonly metric: string;
  readonly role: 'primary' | 'secondary';
  readonly units: number;
  readonly baselineUnits: number;
  /** The arms' means; null: too few units. */
  readonly value: number | null;
  readonly baseline: number | null;
  /** Candidate minus baseline with its interval; null: too few units. */
  readonly effect: number | null;
  readonly interval: readonly [low: number, high: number] | null;
  /** Of the test as declared; null: too few units, or bounds decide (planned looks). */
  readonly pValue: number | null;
  /** After Holm over all arms of the metric's role; of segments after Benjamini & Hochberg. */
  readonly adjusted: number | null;
  /** What the declared test says at this look; `open`: not yet anything. */
  readonly finding: 'better' | 'worse' | 'none' | 'open';
};

/** A candidate of a test. */
export type Contender = { readonly arm: string; readonly version: number };

/** What is said of a metric by a candidate and the baseline. */
export function pairOf(units: ReadonlyMap<string, UnitSums>, arm: string): Pair {
  return { candidate: units.get(arm) ?? noUnits, baseline: units.get(BASELINE_ARM) ?? noUnits };
}

/** Chance of error of one comparison. */
export const alphaEach = ({ planned, alpha, split }: AbTestSpec): number =>
  planned?.alphaEach ?? alpha / split.length;

/** A confidence sequence tuned for the planned sample: whoever looks may act. */
export function anytime(row: ArmFinding, { effect }: EffectTest, spec: AbTestSpec): ArmFinding {
  const n = row.units + row.baselineUnits;
  const estimate = { value: effect.value, sd: effect.se * Math.sqrt(n), n };
  const options = { alpha: alphaEach(spec), tunedFor: spec.planned?.unitsInAll ?? n };
  const { lower, upper } = confidenceSequence(estimate, options);
  const pValue = sequencePValue(estimate, options);
  return { ...row, interval: [lower, upper], pValue };
}

type Sample = {
  readonly units: ReadonlyMap<string, UnitSums>;
  readonly spec: AbTestSpec;
  readonly role: ArmFinding['role'];
};

/** Candidate against baseline by the fixed-sample test, whatever was declared. */
export function fixedFinding(
  arm: Contender,
  metric: OutcomeMetric,
  { units, spec, role }: Sample,
): ArmFinding {
  const row = plainRow(arm, { metric, role, units });
  const test = comparePair(pairOf(units, arm.arm), metric, alphaEach(spec));
  if (test === null) return row;
  const { lower, upper } = test.interval;
  return { ...row, effect: test.effect.value, interval: [lower, upper], pValue: test.pValue };
}

type RowOf = {
  readonly metric: OutcomeMetric;
  readonly role: ArmFinding['role'];
  readonly units: ReadonlyMap<string, UnitSums>;
};

/** The row of a comparison that has not been made yet. */
export function plainRow({ arm, version }: Contender, { metric, role, units }: RowOf): ArmFinding {
  const pair = pairOf(units, arm);
  return {
    arm,
    version,
    metric: metric.name,
    role,
    units: pair.candidate.units,
    baselineUnits: pair.baseline.units,
    value: sampleOfUnits(pair.candidate, metric)?.mean ?? null,
    baseline: sampleOfUnits(pair.baseline, metric)?.mean ?? null,
    effect: null,
    interval: null,
    pValue: null,
    adjusted: null,
    finding: 'open',
  };
}

/** What findings may be told of p-values: nothing yet, those that are small, or all. */
export type Stance = 'closed' | 'interim' | 'final';

type Correction = {
  readonly stance: Stance;
  readonly spec: AbTestSpec;
  /** Corrects p-values, in their order. */
  readonly adjust: (pValues: readonly number[]) => readonly number[];
};

/** Rows corrected for their number, and what is found by that. */
export function corrected(
  rows: readonly ArmFinding[],
  { stance, spec, adjust }: Correction,
): readonly ArmFinding[] {
  const adjusted = adjust(rows.map(({ pValue }) => pValue ?? 1));
  const metrics = [spec.primary, ...spec.secondary];
  return rows.map((row, index) => {
    const { pValue, effect } = row;
    const metric = metrics.find(({ name }) => name === row.metric);
    if (pValue === null || effect === null || metric === undefined) return row;
    const all = adjusted[index] ?? 1;
    const isSmall = all <= spec.alpha;
    const side = advantageOf(effect, metric) > 0 ? 'better' : 'worse';
    const quiet = stance === 'final' ? 'none' : 'open';
    return { ...row, adjusted: all, finding: isSmall && stance !== 'closed' ? side : quiet };
  });
}
