import type { RolloutSpec } from '../rollout/spec.ts';
import { ladderOf } from '../strategy/ladder.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import type { SpecProblem } from '../strategy/strategy.ts';

/** The declaration with people who answer at once: what they take their time for is not played. */
export function unattended(spec: RolloutSpec): RolloutSpec {
  return {
    ...spec,
    strategy: withoutPeople(spec.strategy),
    followers: spec.followers.map((one) => withoutPeople(one)),
  };
}

function withoutPeople(strategy: StrategySpec): StrategySpec {
  if ('advance' in strategy && strategy.advance === 'manual') {
    return { ...strategy, advance: 'evidence' };
  }
  if ('cutOver' in strategy && strategy.cutOver === 'manual') {
    return { ...strategy, cutOver: 'automatic' };
  }
  if ('winner' in strategy && strategy.winner === 'manual') {
    return { ...strategy, winner: 'automatic' };
  }
  if ('gate' in strategy && strategy.gate === 'approval') return { ...strategy, gate: 'automatic' };
  return strategy;
}

/** Why a declaration cannot be played; null: it can. */
export function unplayable(spec: RolloutSpec): SpecProblem | null {
  const isPaired = ladderOf(spec).some(({ mirror }) => mirror?.isPaired === true);
  return isPaired
    ? { path: 'strategy', sentence: 'plan does not hold copies against labels, pair by pair' }
    : null;
}
