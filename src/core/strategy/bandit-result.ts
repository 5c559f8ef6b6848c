import { beliefsOf, isWarm } from './bandit-belief.ts';
import { banditData, totalsOf } from './bandit-data.ts';
import { BATCHES_SHOWN, armsFrom, batchesOf, winnerOf } from './bandit-figures.ts';
import type { BanditResult } from './bandit-figures.ts';
import { contextualResult } from './bandit-segments.ts';
import { banditShares } from './bandit-shares.ts';
import { outcomeOf } from './compare.ts';
import type { Standing } from './compare.ts';
import { isContextual } from './outcome-spec.ts';
import type { BanditSpec } from './outcome-spec.ts';

/** How a bandit stands at its latest update; null while nothing has come back. */
export function banditResult(standing: Standing<BanditSpec>): BanditResult | null {
  const { rollout, spec, shares, outcomes } = standing;
  const outcome = outcomeOf(outcomes, spec.reward);
  if (outcome === null) return null;
  if (isContextual(spec)) return contextualResult({ ...standing, outcome });
  const data = banditData(rollout, spec, outcome);
  const beliefs = beliefsOf(data, spec);
  const warm = beliefs !== null && isWarm(data, totalsOf(data), spec);
  const arms = armsFrom(beliefs ?? [], { rollout, shares, data });
  return {
    kind: 'bandit',
    asOf: outcome.asOf,
    isWarm: warm,
    arms,
    batches: batchesOf(data, beliefs ?? [], spec).slice(-BATCHES_SHOWN),
    wanted: warm ? banditShares(beliefs, spec, data.names.length) : null,
    winner: warm ? winnerOf(arms, spec) : null,
  };
}
