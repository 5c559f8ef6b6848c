import { abTest } from './ab-test.ts';
import { bandit } from './bandit.ts';
import { blueGreen } from './blue-green.ts';
import { canary } from './canary.ts';
import { championChallenger } from './champion-challenger.ts';
import { gradual } from './gradual.ts';
import { phased } from './phased.ts';
import { shadow } from './shadow.ts';
import type { StrategyKind, StrategySpec } from './spec.ts';
import type { Stage } from './stage.ts';
import type { Place, Situation, SpecProblem, Step, Strategy } from './strategy.ts';

/** Every strategy by its kind. */
export const strategies: { readonly [K in StrategyKind]: Strategy<K> } = {
  canary,
  'blue-green': blueGreen,
  shadow,
  gradual,
  phased,
  'ab-test': abTest,
  'champion-challenger': championChallenger,
  bandit,
};

/** Strategies that judge by what comes back; they decide themselves how they end. */
export const OUTCOME_KINDS: ReadonlySet<StrategyKind> = new Set([
  'ab-test',
  'champion-challenger',
  'bandit',
]);

/** See `Strategy.check`. */
export function checkStrategy<K extends StrategyKind>(
  spec: StrategySpec<K>,
): readonly SpecProblem[] {
  return strategies[spec.kind].check(spec);
}

/** See `Strategy.stages`. */
export function stagesOfStrategy<K extends StrategyKind>(spec: StrategySpec<K>): readonly Stage[] {
  return strategies[spec.kind].stages(spec);
}

/** See `Strategy.decide`. */
export function decideBy<K extends StrategyKind>(situation: Situation<K>): Step {
  return strategies[situation.spec.kind].decide(situation);
}

/** See `Strategy.explain`. */
export function explainBy<K extends StrategyKind>(place: Place<K>): readonly string[] {
  return strategies[place.spec.kind].explain(place);
}
