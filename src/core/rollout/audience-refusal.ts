import type { AttributeDeclaration } from '../audience/attribute.ts';
import { audienceProblems } from '../audience/check.ts';
import { problemText } from '../audience/problem.ts';
import { sequenceOf } from '../strategy/ladder.ts';
import { stagesOfStrategy } from '../strategy/strategies.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { strategyPath } from './spec-path.ts';
import type { RolloutSpec } from './spec.ts';

/** Why the audiences of a declaration say nothing at an endpoint; null when they are sound. */
export function audienceRefusal(
  spec: RolloutSpec,
  attributes: readonly AttributeDeclaration[],
): Refusal | null {
  for (const [place, strategy] of sequenceOf(spec).entries()) {
    const at = strategyPath(place);
    for (const [index, { name, audience }] of stagesOfStrategy(strategy).entries()) {
      const [problem] = audience === null ? [] : audienceProblems(audience, attributes);
      if (problem === undefined) continue;
      const sentence = `The audience of ${name}, ${problemText(problem)}.`;
      const path =
        strategy.kind === 'phased' ? `${at}.phases[${index}].audience` : `${at}.audience`;
      return refusal(problem.code, sentence, path);
    }
  }
  return null;
}
