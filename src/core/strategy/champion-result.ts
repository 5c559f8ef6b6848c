import { noUnits } from '../feedback/outcome.ts';
import type { UnitSums } from '../feedback/outcome.ts';
import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import type { Contender } from '../rollout/rollout.ts';
import { confidenceSequenceLower } from '../stats/confidence-sequence.ts';
import { effectOf, pooledAtLeast } from '../stats/mean-test.ts';
import { countedFrom, unitsFrom } from './ab-look.ts';
import { armIntegrity } from './arm-integrity.ts';
import type { ArmIntegrity } from './arm-integrity.ts';
import { advantageOf, outcomeOf, sampleOfUnits, unitsWithin } from './compare.ts';
import type { Standing } from './compare.ts';
import type { ChampionChallengerSpec } from './outcome-spec.ts';
import { pairedFigures, pairedIntegrity, pairedOutcome, pairsWithin } from './paired-result.ts';

/** A challenger against the champion, over the window that speaks for it most. */
export type Challenge = {
  readonly arm: string;
  readonly version: number;
  /** The window the figures are of. */
  readonly from: Instant;
  readonly units: number;
  readonly championUnits: number;
  readonly value: number | null;
  readonly champion: number | null;
  /** How much better, in the metric's unit; null: too few units. */
  readonly advantage: number | null;
  /** Always-valid lower bound of the advantage; null: too few units. */
  readonly lower: number | null;
  readonly isBetter: boolean;
};

/** How the challengers stand. */
export type ChampionResult = {
  readonly kind: 'champion-challenger';
  readonly asOf: Instant;
  readonly integrity: ArmIntegrity;
  readonly challenges: readonly Challenge[];
  /** The one to swap with; null: none is shown to be better. */
  readonly leader: string | null;
};

/** Windows overlap by half, so that one of at least half the length is always there. */
const WINDOWS_AT_ONCE = 2;

/**
 * How every challenger stands against the champion; null while nothing has come back.
 *
 * Windows of `windowMs` begin every half of it, counted from the last swap. Within each the
 * challenger is compared by an asymptotic confidence sequence, so that it may be looked at all the
 * time; each spends `alpha / 2` over all challengers (Bonferroni). Two windows begin in the length
 * of one: a challenger that is no better replaces the champion with a chance of at most `alpha`
 * per `windowMs`. Challengers that are scored on copies are compared request by request instead,
 * by a betting process, at the same chances of error.
 */
export function championResult(standing: Standing<ChampionChallengerSpec>): ChampionResult | null {
  const { rollout, spec, outcomes } = standing;
  const isPaired = spec.pairing !== undefined;
  const outcome = isPaired ? pairedOutcome(outcomes, spec) : outcomeOf(outcomes, spec.metric);
  if (outcome === null) return null;
  const since = countedFrom(rollout);
  const starts = startsOf(spec, { since, until: outcome.asOf - outcome.maturityMs });
  const windows = starts.map((from) => {
    const first = from === since ? unitsFrom(rollout) : from;
    const span = { from: first, to: Infinity };
    return { from, units: isPaired ? pairsWithin(outcome, span) : unitsWithin(outcome, span) };
  });
  const challenges = contendersOf(rollout)
    .filter(({ arm }) => !rollout.dropped.includes(arm))
    .map((one) => strongest(windows.map((window) => challenge(one, window, spec))))
    .filter((one) => one !== null);
  const leader = strongest(challenges.filter(({ isBetter }) => isBetter));
  return {
    kind: 'champion-challenger',
    asOf: outcome.asOf,
    integrity: isPaired
      ? pairedIntegrity
      : armIntegrity(standing, outcome, { from: unitsFrom(rollout), to: Infinity }),
    challenges,
    leader: leader?.arm ?? null,
  };
}

/** Starts of the windows that are not over, the longest first. */
function startsOf(
  { windowMs }: ChampionChallengerSpec,
  { since, until }: { readonly since: Instant; readonly until: number },
): readonly Instant[] {
  const stepMs = windowMs / WINDOWS_AT_ONCE;
  const newest = Math.max(0, Math.floor((until - since) / stepMs));
  return Array.from({ length: WINDOWS_AT_ONCE }, (_, back) => newest - back)
    .filter((step) => step >= 0)
    .map((step) => instant(since + step * stepMs))
    .reverse();
}

type Window = { readonly from: Instant; readonly units: ReadonlyMap<string, UnitSums> };

function challenge(
  { arm, version }: Contender,
  { from, units }: Window,
  spec: ChampionChallengerSpec,
): Challenge {
  const { metric, unitsMin, split } = spec;
  const challenger = units.get(arm) ?? noUnits;
  const alpha = spec.alpha / (WINDOWS_AT_ONCE * split.length);
  if (spec.pairing !== undefined) {
    const figures = pairedFigures(challenger, spec, alpha);
    const value = { value: null, champion: null, championUnits: figures.units };
    return { arm, version: version.version, from, ...value, ...figures };
  }
  const champion = units.get(BASELINE_ARM) ?? noUnits;
  const candidate = sampleOfUnits(challenger, metric);
  const baseline = sampleOfUnits(champion, metric);
  const plain = {
    arm,
    version: version.version,
    from,
    units: challenger.units,
    championUnits: champion.units,
    value: candidate?.mean ?? null,
    champion: baseline?.mean ?? null,
    advantage: null,
    lower: null,
    isBetter: false,
  };
  // Below this the variance is not known well enough for the sequence to hold.
  const isEnough = Math.min(challenger.units, champion.units) >= unitsMin;
  if (candidate === null || baseline === null || !isEnough) return plain;
  const [own, other] = pooledAtLeast(candidate, baseline);
  const effect = effectOf(
    { ...candidate, variance: own },
    { ...baseline, variance: other },
    'absolute',
  );
  const n = candidate.n + baseline.n;
  const advantage = advantageOf(effect.value, metric);
  const lower = confidenceSequenceLower(
    { value: advantage, sd: effect.se * Math.sqrt(n), n },
    { alpha, tunedFor: TUNED_FOR_LEAST * unitsMin },
  );
  return { ...plain, advantage, lower, isBetter: lower > spec.advantageMin };
}

/** The sequence is tightest when this many times the least units are there. */
const TUNED_FOR_LEAST = 10;

/** The one with the highest lower bound; without any, the first. */
function strongest(all: readonly Challenge[]): Challenge | null {
  return all.reduce<Challenge | null>(
    (best, one) =>
      best === null || (one.lower ?? -Infinity) > (best.lower ?? -Infinity) ? one : best,
    null,
  );
}
