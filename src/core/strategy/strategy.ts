import type { Verdict } from '../analysis/verdict.ts';
import type { Instant } from '../lib/units.ts';
import type { Decision } from '../rollout/decision.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { StrategySpec } from './spec.ts';

/**
 * How a kind of rollout moves traffic. Guardrails and the readiness of the fleet are not its
 * business: it is asked only while the rollout advances, no guardrail has failed and every gateway
 * serves what was decided before.
 */
export interface Strategy<Spec extends StrategySpec = StrategySpec> {
  readonly kind: Spec['kind'];
  /** Why a declaration is not sound; empty when it is. */
  check(spec: Spec): readonly SpecProblem[];
  /** What to do now. Pure: the same arguments give the same decision. */
  decide(situation: Situation): Decision;
  /** What the present stage gives the candidate, and what it asks for, in sentences. */
  explain(rollout: Rollout): readonly string[];
}

/** What a strategy may look at. */
export type Situation = {
  readonly rollout: Rollout;
  readonly verdicts: readonly Verdict[];
  readonly now: Instant;
};

/** One thing that is wrong with a declaration. */
export type SpecProblem = {
  /** Path into the declaration, e.g. `strategy.stages[1].share`. */
  readonly path: string;
  readonly sentence: string;
};
