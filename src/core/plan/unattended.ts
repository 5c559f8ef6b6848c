import type { RolloutSpec } from '../rollout/spec.ts';
import { ladderOf, usesOutcomes } from '../strategy/ladder.ts';
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
  return strategy;
}

/** Why a declaration cannot be played; null: it can. */
export function unplayable(spec: RolloutSpec): SpecProblem | null {
  const path = 'strategy';
  if (usesOutcomes(spec)) {
    return {
      path,
      sentence: 'plan plays no feedback, so nothing that is judged by what comes back',
    };
  }
  const copied = ladderOf(spec).find(({ mirror }) => mirror !== null);
  if (copied === undefined) return null;
  const sentence = `plan plays requests, not copies of them, so not the stage ${copied.name}`;
  return { path, sentence };
}
