import { addUnits, noUnits } from '../src/core/feedback/outcome.ts';
import type { ArmOutcome, MetricOutcome, UnitCohort } from '../src/core/feedback/outcome.ts';
import type { UnitSums } from '../src/core/feedback/outcome.ts';
import { instant } from '../src/core/lib/units.ts';
import type { Instant } from '../src/core/lib/units.ts';
import type { Verdict } from '../src/core/analysis/verdict.ts';
import { BASELINE_ARM, CANDIDATE_ARM, otherArm } from '../src/core/rollout/arm.ts';
import { contendersOf } from '../src/core/rollout/contenders.ts';
import type { Rollout } from '../src/core/rollout/rollout.ts';
import { sharesOf } from '../src/core/rollout/share.ts';
import { placeOf } from '../src/core/strategy/ladder.ts';
import { CHECK_DEFAULTS } from '../src/core/strategy/presets.ts';
import type { StrategySpec } from '../src/core/strategy/spec.ts';
import { stagesOfStrategy } from '../src/core/strategy/strategies.ts';
import type { Situation } from '../src/core/strategy/strategy.ts';
import { refSample, rolloutSample } from './samples.ts';

/** The moment all outcomes are counted from. */
export const outcomesBegan = instant(1_790_000_000_000);

/** Units of which each has one piece of feedback, 0 or 1. */
export const yesNo = (units: number, hits: number): UnitSums => ({
  units,
  answered: units,
  events: units,
  sum: hits,
  sumSquares: hits,
  eventsSquares: units,
  products: hits,
});

/** Units with one value each, by their mean and standard deviation. */
export const spread = (units: number, mean: number, sd: number): UnitSums => ({
  units,
  answered: units,
  events: units,
  sum: units * mean,
  sumSquares: units * mean ** 2 + (units - 1) * sd ** 2,
  eventsSquares: units,
  products: units * mean,
});

/** Arms of a rollout in their order. */
export const armNames = (arms: number): readonly string[] =>
  Array.from({ length: arms }, (_, at) =>
    at === 0 ? BASELINE_ARM : at === 1 ? CANDIDATE_ARM : otherArm(at),
  );

/** What came back: arm by arm the units of each stretch of `widthMs`, all of it mature. */
export function outcomeSample(
  metric: string,
  stretches: readonly (readonly UnitSums[])[],
  { widthMs, maturityMs = 0 }: { readonly widthMs: number; readonly maturityMs?: number },
): MetricOutcome {
  const arms = stretches[0]?.length ?? 0;
  const asOf = instant(outcomesBegan + stretches.length * widthMs + maturityMs);
  return {
    metric,
    asOf,
    maturityMs,
    arms: armNames(arms).map((arm, at) =>
      armSample(
        arm,
        at,
        stretches.map((units, index) => {
          const start: Instant = instant(outcomesBegan + index * widthMs);
          return { stretch: { start, widthMs }, ...(units[at] ?? noUnits) };
        }),
      ),
    ),
  };
}

/** Stretches in each of which every arm had 1,000 units, of which so many did it. */
export const evenStretches =
  (metric: string, widthMs: number) =>
  (count: number, ...hits: readonly number[]): MetricOutcome => {
    const arms = hits.map((one) => yesNo(1_000, one));
    return outcomeSample(
      metric,
      Array.from({ length: count }, () => arms),
      { widthMs },
    );
  };

const armSample = (arm: string, at: number, cohorts: readonly UnitCohort[]): ArmOutcome => ({
  arm,
  version: at + 1,
  ...cohorts.reduce<UnitSums>(addUnits, noUnits),
  provisionalUnits: 0,
  provisional: noUnits,
  epochs: [],
  cohorts,
});

/** A rollout by one strategy that judges by outcomes, advancing since outcomes began. */
export function judgedRollout(strategy: StrategySpec, over: Partial<Rollout> = {}): Rollout {
  const began = outcomesBegan;
  const plain = rolloutSample('risk', 'advancing', { stageSince: began, ...over });
  const stage = stagesOfStrategy(strategy)[0];
  const others = Array.from({ length: (stage?.split?.length ?? 1) - 1 }, (_, at) => {
    return { arm: otherArm(at + 2), version: refSample(at + 3) };
  });
  const checks = [CHECK_DEFAULTS.error_rate];
  return { ...plain, others, spec: { ...plain.spec, strategy, checks } };
}

/** What such a strategy decides of. */
export function situationOf(
  rollout: Rollout,
  outcomes: readonly MetricOutcome[],
  verdicts: readonly Verdict[] = allPass(rollout),
): Situation {
  const now = outcomes[0]?.asOf ?? outcomesBegan;
  return { ...placeOf(rollout), outcomes, verdicts, shares: sharesOf(rollout), now };
}

/** The guardrails of every candidate have passed. */
export const allPass = (rollout: Rollout): readonly Verdict[] =>
  contendersOf(rollout).map(({ arm }) => ({
    check: 'error_rate',
    arm,
    outcome: 'pass',
    candidate: { units: 100, losses: 1 },
    baseline: { units: 100, losses: 1 },
    ratio: 1,
    interval: null,
    evidence: { harm: 0, harmNeeded: 5, safety: 3, safetyNeeded: 3 },
    etaMs: null,
    sentence: 'Fine.',
  }));
