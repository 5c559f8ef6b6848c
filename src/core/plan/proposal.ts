import type { RolloutSpec } from '../rollout/spec.ts';
import { HORIZON_MS_MAX } from '../rollout/spec-problems.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { defaultMargin } from '../strategy/presets.ts';
import { plainStage } from '../strategy/stage.ts';
import type { CanaryStage } from '../strategy/spec.ts';
import { ladderTimes } from './stage-time.ts';
import type { Ground } from './stage-time.ts';

/** A ladder that would work at this traffic, in place of one that does not. */
export type Proposal = {
  readonly stages: readonly CanaryStage[];
  readonly horizonMs: number;
  /** What its stages take together, by the mean growth of the evidence. */
  readonly expectedMs: number;
};

/** Shares in per cent to go through, the most careful first; the last stage is everybody. */
const LADDERS = [[5, 25, 50], [10, 25, 50], [10, 50], [20, 50], [30, 50], [50]] as const;
/** No stage excludes less than this; the closest first. */
const MARGINS = [1.5, 2, 2.5, 3, 4, 5, 6, 8, 10] as const;
/** Half of the rollouts take longer than the mean, one in twenty two to three times as long. */
const SPREAD = 2;
const HOUR_MS = 3_600_000;

/**
 * The closest margins and, at those, the smallest first share with which a canary ends within its
 * horizon; when there are none, the quickest ladder with the horizon it needs. Null for other
 * strategies, and when nothing but more traffic helps.
 */
export function proposalFor(ground: Ground): Proposal | null {
  const { strategy, followers, horizonMs } = ground.spec;
  if (strategy.kind !== 'canary' || followers.length > 0) return null;
  const leastMs = Math.max(...strategy.stages.map((stage) => stage.leastMs));
  const ladders = [declaredShares(strategy.stages), ...LADDERS.map((one) => one.map(toBps))];
  const all = MARGINS.flatMap((margin) =>
    ladders.map((shares) => proposed(ground, ladderWith({ shares, margin, leastMs }))),
  );
  const fitting = all.find(({ expectedMs }) => expectedMs * SPREAD <= horizonMs);
  if (fitting !== undefined) return fitting;
  const quickest = all.reduce((a, b) => (b.expectedMs < a.expectedMs ? b : a));
  const neededMs = Math.ceil((quickest.expectedMs * SPREAD) / HOUR_MS) * HOUR_MS;
  return neededMs <= HORIZON_MS_MAX ? { ...quickest, horizonMs: neededMs } : null;
}

/** The declaration with a proposal in place of its ladder; others stay as they are. */
export function withProposal(spec: RolloutSpec, { stages, horizonMs }: Proposal): RolloutSpec {
  const { strategy } = spec;
  return strategy.kind === 'canary'
    ? { ...spec, strategy: { ...strategy, stages }, horizonMs }
    : spec;
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

function proposed(ground: Ground, stages: readonly CanaryStage[]): Proposal {
  const ladder = stages.map((stage) => plainStage({ name: '', ...stage }));
  const expectedMs = ladderTimes(ground, ladder).reduce((sum, { ms }) => sum + ms, 0);
  return { stages, horizonMs: ground.spec.horizonMs, expectedMs };
}
