import { noUnits } from '../feedback/outcome.ts';
import type { UnitSums } from '../feedback/outcome.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import { confidenceSequence, sequencePValue } from '../stats/confidence-sequence.ts';
import { holm } from '../stats/multiplicity.ts';
import { normalUpperQuantile } from '../stats/normal.ts';
import { detectableMeanEffect, powerForMeans } from '../stats/sample-size.ts';
import type { EffectTest } from '../stats/mean-test.ts';
import { obrienFleming } from './ab-plan.ts';
import { informationIn, lookNow, matureMs, unitsFrom } from './ab-look.ts';
import type { AbData, AbLook } from './ab-look.ts';
import { recommendationOf } from './ab-recommendation.ts';
import type { Recommendation } from './ab-recommendation.ts';
import { armIntegrity } from './arm-integrity.ts';
import type { ArmIntegrity } from './arm-integrity.ts';
import { advantageOf, comparePair, outcomeOf, sampleOfUnits, unitsWithin } from './compare.ts';
import type { Standing } from './compare.ts';
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
  /** After Holm over all arms of the metric's role. */
  readonly adjusted: number | null;
  /** What the declared test says at this look; `open`: not yet anything. */
  readonly finding: 'better' | 'worse' | 'none' | 'open';
};

/** What an A/B test shows now: data for a page and for the decision alike. */
export type AbResult = {
  readonly kind: 'ab-test';
  /** Parts of the planned sample and time that are complete. */
  readonly information: number;
  readonly matureMs: number;
  readonly planned: AbTestSpec['planned'];
  readonly integrity: ArmIntegrity;
  readonly findings: readonly ArmFinding[];
  /** Chance to find `effectMin` with the units there are, in the smallest arm. */
  readonly powerReached: number | null;
  /** The smallest effect that these units find with the declared power. */
  readonly effectFound: number | null;
  readonly recommendation: Recommendation;
};

/** The result of an A/B test; null while nothing at all is known of its primary metric. */
export function abResult(standing: Standing<AbTestSpec>): AbResult | null {
  const { rollout, spec, outcomes } = standing;
  const outcome = outcomeOf(outcomes, spec.primary);
  if (outcome === null) return null;
  const data: AbData = { rollout, spec, outcome };
  const span = { from: unitsFrom(rollout), to: Infinity };
  const look = lookNow(data);
  const all = unitsWithin(outcome, span);
  const stance = stanceOf(spec, look);
  const primary = corrected(
    armsOf(data).map((arm) => finding({ data, arm, look, units: look?.units ?? all })),
    { stance, spec },
  );
  const secondary = corrected(
    spec.secondary.flatMap((metric) => {
      const other = outcomeOf(outcomes, metric);
      if (other === null) return [];
      const units = unitsWithin(other, span);
      return armsOf(data).map((arm) => secondaryFinding(arm, metric, { units, spec }));
    }),
    { stance: look?.isLast === true ? 'final' : 'closed', spec },
  );
  const integrity = armIntegrity(standing, outcome, span);
  const isWholeTime = matureMs(data) >= spec.leastMs;
  const reached = reachedBy(data, look?.units ?? all);
  return {
    kind: 'ab-test',
    information: informationIn(data, all),
    matureMs: matureMs(data),
    planned: spec.planned,
    integrity,
    findings: [...primary, ...secondary],
    ...reached,
    recommendation: recommendationOf({
      findings: primary,
      integrity,
      spec,
      isLast: look?.isLast ?? false,
      isWholeTime,
      information: look?.information.at(-1) ?? 0,
      ...reached,
    }),
  };
}

/** What findings may be told of p-values: nothing yet, those that are small, or all. */
type Stance = 'closed' | 'interim' | 'final';

function stanceOf({ stopping }: AbTestSpec, look: AbLook | null): Stance {
  if (look?.isLast === true) return 'final';
  return stopping.kind === 'anytime' ? 'interim' : 'closed';
}

/** Holm's correction over the rows of one role, and what is found by it. */
function corrected(
  rows: readonly ArmFinding[],
  { stance, spec }: { readonly stance: Stance; readonly spec: AbTestSpec },
): readonly ArmFinding[] {
  const adjusted = holm(rows.map(({ pValue }) => pValue ?? 1));
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

type Contender = { readonly arm: string; readonly version: number };

const armsOf = ({ rollout }: AbData): readonly Contender[] =>
  contendersOf(rollout)
    .filter(({ arm }) => !rollout.dropped.includes(arm))
    .map(({ arm, version }) => ({ arm, version: version.version }));

type Asked = {
  readonly data: AbData;
  readonly arm: Contender;
  readonly look: AbLook | null;
  readonly units: ReadonlyMap<string, UnitSums>;
};

function pairOf(units: ReadonlyMap<string, UnitSums>, arm: string) {
  return { candidate: units.get(arm) ?? noUnits, baseline: units.get(BASELINE_ARM) ?? noUnits };
}

/** The primary metric of an arm, by the test that was declared. */
function finding({ data, arm, look, units }: Asked): ArmFinding {
  const { spec } = data;
  const { primary, stopping } = spec;
  const alpha = alphaEach(spec);
  const row = plainRow(arm, { metric: primary, role: 'primary', units });
  const test = comparePair(pairOf(units, arm.arm), primary, alpha);
  if (test === null) return row;
  const shown = { ...row, effect: test.effect.value };
  if (stopping.kind === 'anytime') return anytime(shown, test, spec);
  if (stopping.kind === 'looks') return atLook(shown, { test, look, spec });
  const { lower, upper } = test.interval;
  return { ...shown, interval: [lower, upper], pValue: test.pValue };
}

const alphaEach = ({ planned, alpha, split }: AbTestSpec): number =>
  planned?.alphaEach ?? alpha / split.length;

/** A confidence sequence tuned for the planned sample: whoever looks may act. */
function anytime(row: ArmFinding, { effect }: EffectTest, spec: AbTestSpec): ArmFinding {
  const n = row.units + row.baselineUnits;
  const estimate = { value: effect.value, sd: effect.se * Math.sqrt(n), n };
  const options = { alpha: alphaEach(spec), tunedFor: spec.planned?.unitsInAll ?? n };
  const { lower, upper } = confidenceSequence(estimate, options);
  const pValue = sequencePValue(estimate, options);
  return { ...row, interval: [lower, upper], pValue };
}

type LookAt = {
  readonly test: EffectTest;
  readonly look: AbLook | null;
  readonly spec: AbTestSpec;
};

/** The bound of this look in place of the normal quantile (repeated confidence interval). */
function atLook(row: ArmFinding, { test, look, spec }: LookAt): ArmFinding {
  const alpha = alphaEach(spec);
  const { effect, statistic } = test;
  // No bound lies below the quantile of a single look: most looks need no bound computed.
  const isNear = Math.abs(statistic) >= normalUpperQuantile(alpha / 2);
  const bound =
    look === null || !isNear
      ? null
      : (obrienFleming(look.information, alpha).bounds.at(-1) ?? null);
  const reach = bound ?? Infinity;
  const crossed = Math.abs(statistic) >= reach;
  const interval =
    bound === null
      ? null
      : ([effect.value - bound * effect.se, effect.value + bound * effect.se] as const);
  const side = advantageOf(effect.value, spec.primary) > 0 ? 'better' : 'worse';
  const quiet = look === null || !look.isLast ? 'open' : 'none';
  return { ...row, interval, finding: crossed ? side : quiet };
}

/** Secondary metrics explain and never decide: always by the fixed-sample test. */
function secondaryFinding(
  arm: Contender,
  metric: OutcomeMetric,
  { units, spec }: { readonly units: AbLook['units']; readonly spec: AbTestSpec },
): ArmFinding {
  const row = plainRow(arm, { metric, role: 'secondary', units });
  const test = comparePair(pairOf(units, arm.arm), metric, alphaEach(spec));
  if (test === null) return row;
  const { lower, upper } = test.interval;
  return { ...row, effect: test.effect.value, interval: [lower, upper], pValue: test.pValue };
}

type Reached = Pick<AbResult, 'powerReached' | 'effectFound'>;

/** What the units there are would find, in the comparison that would find least. */
function reachedBy(data: AbData, units: AbLook['units']): Reached {
  const { primary, power } = data.spec;
  const alpha = alphaEach(data.spec);
  const each = armsOf(data).flatMap(({ arm }) => {
    const pair = pairOf(units, arm);
    const candidate = sampleOfUnits(pair.candidate, primary);
    const baseline = sampleOfUnits(pair.baseline, primary);
    if (candidate === null || baseline === null) return [];
    if (candidate.variance === 0 && baseline.variance === 0) return [];
    const total = candidate.n + baseline.n;
    const options = { alpha, share: candidate.n / total };
    const variances = { candidate: candidate.variance, baseline: baseline.variance };
    return [
      {
        power: powerForMeans({ total, effect: primary.effectMin }, variances, options),
        effect: detectableMeanEffect(total, variances, { ...options, power }),
      },
    ];
  });
  if (each.length === 0) return { powerReached: null, effectFound: null };
  return {
    powerReached: Math.min(...each.map((one) => one.power)),
    effectFound: Math.max(...each.map((one) => one.effect)),
  };
}

type RowOf = {
  readonly metric: OutcomeMetric;
  readonly role: ArmFinding['role'];
  readonly units: ReadonlyMap<string, UnitSums>;
};

function plainRow({ arm, version }: Contender, { metric, role, units }: RowOf): ArmFinding {
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
