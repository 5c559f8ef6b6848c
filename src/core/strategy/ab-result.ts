import type { UnitSums } from '../feedback/outcome.ts';
import { contendersOf } from '../rollout/contenders.ts';
import { holm } from '../stats/multiplicity.ts';
import { normalUpperQuantile } from '../stats/normal.ts';
import { detectableMeanEffect, powerForMeans } from '../stats/sample-size.ts';
import type { EffectTest } from '../stats/mean-test.ts';
import { alphaEach, anytime, corrected, fixedFinding, pairOf, plainRow } from './ab-finding.ts';
import type { ArmFinding, Contender, Stance } from './ab-finding.ts';
import { obrienFleming } from './ab-plan.ts';
import { informationIn, lookNow, matureMs, unitsFrom } from './ab-look.ts';
import type { AbData, AbLook } from './ab-look.ts';
import { recommendationOf } from './ab-recommendation.ts';
import type { Recommendation } from './ab-recommendation.ts';
import { segmentFindings } from './ab-segments.ts';
import type { SegmentFinding } from './ab-segments.ts';
import { armIntegrity } from './arm-integrity.ts';
import type { ArmIntegrity } from './arm-integrity.ts';
import { advantageOf, comparePair, outcomeOf, sampleOfUnits, unitsWithin } from './compare.ts';
import type { Standing } from './compare.ts';
import type { AbTestSpec } from './outcome-spec.ts';

/** What an A/B test shows now: data for a page and for the decision alike. */
export type AbResult = {
  readonly kind: 'ab-test';
  /** Parts of the planned sample and time that are complete. */
  readonly information: number;
  readonly matureMs: number;
  readonly planned: AbTestSpec['planned'];
  readonly integrity: ArmIntegrity;
  readonly findings: readonly ArmFinding[];
  /** The primary metric segment by segment; explains, never decides. Absent: none is told apart. */
  readonly segments?: readonly SegmentFinding[];
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
    { stance, spec, adjust: holm },
  );
  const secondary = corrected(
    spec.secondary.flatMap((metric) => {
      const other = outcomeOf(outcomes, metric);
      if (other === null) return [];
      const units = unitsWithin(other, span);
      return armsOf(data).map((arm) =>
        fixedFinding(arm, metric, { units, spec, role: 'secondary' }),
      );
    }),
    { stance: look?.isLast === true ? 'final' : 'closed', spec, adjust: holm },
  );
  const segments = segmentFindings({ data, arms: armsOf(data), look, stance });
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
    ...(segments === null ? {} : { segments }),
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

function stanceOf({ stopping }: AbTestSpec, look: AbLook | null): Stance {
  if (look?.isLast === true) return 'final';
  return stopping.kind === 'anytime' ? 'interim' : 'closed';
}

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
