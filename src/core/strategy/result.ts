import type { MetricOutcome } from '../feedback/outcome.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { sharesOf } from '../rollout/share.ts';
import { abResult } from './ab-result.ts';
import type { AbResult } from './ab-result.ts';
import { banditResult } from './bandit-result.ts';
import type { BanditResult } from './bandit-figures.ts';
import { championResult } from './champion-result.ts';
import type { ChampionResult } from './champion-result.ts';
import { placeOf } from './ladder.ts';

/** What a strategy that judges by outcomes makes of them: data for pages, and for the audit log. */
export type StrategyResult = AbResult | ChampionResult | BanditResult;

/** What its present strategy makes of what came back; null: it does not look, or nothing came. */
export function resultOf(
  rollout: Rollout,
  outcomes: readonly MetricOutcome[],
): StrategyResult | null {
  const { spec } = placeOf(rollout);
  // Units arrived by the shares it had while it ran, also when it is over.
  const shares = sharesOf({ ...rollout, phase: 'advancing' });
  const standing = { rollout, shares, outcomes };
  if (spec.kind === 'ab-test') return abResult({ ...standing, spec });
  if (spec.kind === 'champion-challenger') return championResult({ ...standing, spec });
  return spec.kind === 'bandit' ? banditResult({ ...standing, spec }) : null;
}
