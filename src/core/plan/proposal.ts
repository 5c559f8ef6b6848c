import { HORIZON_MS_MAX } from '../rollout/spec-problems.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { planAbTest } from '../strategy/ab-plan.ts';
import { defaultMargin } from '../strategy/presets.ts';
import type { AudiencePhase, CanaryStage, StrategySpec } from '../strategy/spec.ts';
import type { Mirror } from '../strategy/stage.ts';
import { checkStrategy, stagesOfStrategy } from '../strategy/strategies.ts';
import { testMs } from './length.ts';
import { TEST_MS_WANTED } from './outcome-advice.ts';
import { ladderTimes } from './stage-time.ts';
import type { Ground } from './stage-time.ts';

/** A strategy that would work at this traffic, in place of one that does not. */
export type Proposal = {
  readonly strategy: StrategySpec;
  readonly horizonMs: number;
  /** What its stages take together, by the mean growth of the evidence. */
  readonly expectedMs: number;
};

/** Shares in per cent to go through, the most careful first; the last stage is everybody. */
const LADDERS = [[5, 25, 50], [10, 25, 50], [10, 50], [20, 50], [30, 50], [50]] as const;
/** No stage excludes less than this; the closest first. */
const MARGINS = [1.5, 2, 2.5, 3, 4, 5, 6, 8, 10] as const;
/** How many times the declared share of a phase. */
const WIDER = [1, 2, 5] as const;
/** Parts of the units whose requests are copied, in per cent. */
const SAMPLES = [5, 10, 20, 50, 100] as const;
/** How many times the declared smallest effect. */
const EFFECTS = [1.25, 1.5, 2, 3, 4, 5] as const;
/** Half of the rollouts take longer than the mean, one in twenty two to three times as long. */
const SPREAD = 2;
const HOUR_MS = 3_600_000;

/**
 * The closest to what is declared with which a rollout ends within its horizon; when there is none,
 * the quickest with the horizon it needs. Null for a sequence, for strategies that have no such
 * choice, and when nothing but more traffic helps.
 */
export function proposalFor(ground: Ground): Proposal | null {
  const { strategy, followers } = ground.spec;
  if (followers.length > 0) return null;
  switch (strategy.kind) {
    case 'canary':
      return closest(ground, ladders(strategy));
    case 'phased':
      return closest(ground, phases(strategy));
    case 'shadow':
      return closest(
        ground,
        mirrors(strategy.mirror, ground).map((mirror) => ({ ...strategy, mirror })),
      );
    case 'blue-green':
      return strategy.prove === null
        ? null
        : closest(
            ground,
            mirrors(strategy.prove, ground).map((prove) => ({ ...strategy, prove })),
          );
    case 'ab-test':
      return coarser(ground, strategy);
    default:
      return null;
  }
}

/** The declaration with a proposal in place of its strategy. */
export const withProposal = (
  spec: RolloutSpec,
  { strategy, horizonMs }: Pick<Proposal, 'strategy' | 'horizonMs'>,
): RolloutSpec => ({ ...spec, strategy, horizonMs });

function closest(ground: Ground, options: readonly StrategySpec[]): Proposal | null {
  const { horizonMs } = ground.spec;
  const all = options.map((strategy): Proposal => {
    const times = ladderTimes(ground, stagesOfStrategy(strategy));
    return { strategy, horizonMs, expectedMs: times.reduce((sum, { ms }) => sum + ms, 0) };
  });
  const fitting = all.find(({ expectedMs }) => expectedMs * SPREAD <= horizonMs);
  if (fitting !== undefined) return fitting;
  const quickest = all.reduce((a, b) => (b.expectedMs < a.expectedMs ? b : a));
  const neededMs = Math.ceil((quickest.expectedMs * SPREAD) / HOUR_MS) * HOUR_MS;
  return neededMs <= HORIZON_MS_MAX ? { ...quickest, horizonMs: neededMs } : null;
}

/** The closest margins and, at those, the smallest first share. */
function ladders(strategy: StrategySpec<'canary'>): readonly StrategySpec[] {
  const leastMs = Math.max(...strategy.stages.map((stage) => stage.leastMs));
  const shares = [declaredShares(strategy.stages), ...LADDERS.map((one) => one.map(toBps))];
  return MARGINS.flatMap((margin) =>
    shares.map((one) => {
      return { ...strategy, stages: ladderWith({ shares: one, margin, leastMs }) };
    }),
  );
}

const toBps = (percent: number): Bps => bps(percent * 100);

const declaredShares = (stages: readonly CanaryStage[]): readonly Bps[] =>
  stages.map(({ share }) => share).filter((share) => share < WHOLE_BPS);

function ladderWith(wanted: {
  readonly shares: readonly Bps[];
  readonly margin: number;
  readonly leastMs: number;
}): readonly CanaryStage[] {
  const { shares, margin, leastMs } = wanted;
  const compared = shares.map((share) => {
    return { share, margin: Math.max(defaultMargin(share), margin), leastMs };
  });
  const last = compared.at(-1)?.margin ?? margin;
  // With all traffic there is nobody to compare with: what was shown before must do.
  return [...compared, { share: bps(WHOLE_BPS), margin: last, leastMs }];
}

/** The same people in the same order: the closest margins and, at those, the smallest shares. */
const phases = (strategy: StrategySpec<'phased'>): readonly StrategySpec[] =>
  MARGINS.flatMap((margin) =>
    WIDER.map((times) => ({
      ...strategy,
      phases: strategy.phases.map((phase, at, all) => ({
        ...phase,
        share: bps(Math.min(WHOLE_BPS, phase.share * times)),
        margin: Math.max(margin, ...phaseMargins(all, at)),
      })),
    })),
  );

/** With all traffic there is nobody to compare with, so what was shown before must do. */
const phaseMargins = (all: readonly AudiencePhase[], at: number): readonly number[] =>
  all
    .slice(all[at]?.share === WHOLE_BPS ? Math.max(0, at - 1) : at, at + 1)
    .map((phase) => phase.margin);

/** The fewest copies, as declared or more; and the budget that so many need. */
const mirrors = (mirror: Mirror, { unitsPerSecond }: Ground): readonly Mirror[] =>
  [mirror.sample, ...SAMPLES.map(toBps).filter((sample) => sample > mirror.sample)].flatMap(
    (sample) => {
      const needed = Math.ceil((unitsPerSecond * sample) / WHOLE_BPS);
      const perSecondMax = Math.max(mirror.perSecondMax, needed);
      return [{ ...mirror, sample, perSecondMax }];
    },
  );

/** The smallest effect above the declared one that is found in the time tests should take. */
function coarser(ground: Ground, strategy: StrategySpec<'ab-test'>): Proposal | null {
  for (const times of EFFECTS) {
    const effectMin = Number((strategy.primary.effectMin * times).toPrecision(3));
    const wish = { ...strategy, primary: { ...strategy.primary, effectMin } };
    if (checkStrategy({ ...wish, planned: null }).length > 0) return null;
    const tried = { ...wish, planned: planAbTest(wish) };
    const expectedMs = testMs(tried, ground);
    if (expectedMs <= TEST_MS_WANTED) {
      return { strategy: tried, horizonMs: ground.spec.horizonMs, expectedMs };
    }
  }
  return null;
}
