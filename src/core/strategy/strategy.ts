import type { Verdict } from '../analysis/verdict.ts';
import type { MetricOutcome } from '../feedback/outcome.ts';
import type { Bps, Instant } from '../lib/units.ts';
import type { Decision } from '../rollout/decision.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { StrategyKind, StrategySpec } from './spec.ts';
import type { Stage } from './stage.ts';

/**
 * How a kind of rollout moves traffic. Guardrails and the readiness of the fleet are not its
 * business: it is asked only while the rollout advances, no guardrail has failed and every gateway
 * serves what was decided before.
 */
export interface Strategy<K extends StrategyKind> {
  /** Why a declaration is not sound; empty when it is. */
  check(spec: StrategySpec<K>): readonly SpecProblem[];
  /** Its stages, in order; at least one for a sound declaration. */
  stages(spec: StrategySpec<K>): readonly Stage[];
  /** What to do now. Pure: the same arguments give the same decision. */
  decide(situation: Situation<K>): Step;
  /** What the present stage gives the candidate, and what it asks for, in sentences. */
  explain(place: Place<K>): readonly string[];
}

/** Where a rollout is within one of its strategies. */
export type Place<K extends StrategyKind = StrategyKind> = {
  readonly rollout: Rollout;
  readonly spec: StrategySpec<K>;
  readonly stages: readonly Stage[];
  /** Index into `stages`. */
  readonly index: number;
  readonly stage: Stage;
};

/** What a strategy may look at. */
export type Situation<K extends StrategyKind = StrategyKind> = Place<K> & {
  readonly verdicts: readonly Verdict[];
  /** What came back so far, metric by metric. */
  readonly outcomes: readonly MetricOutcome[];
  /** Of baseline, candidate and others, as they are now. */
  readonly shares: readonly Bps[];
  readonly now: Instant;
};

/** Decisions that a strategy may make as they are. */
type StrategyDecision = 'hold' | 'ask' | 'promote' | 'reweigh' | 'swap' | 'revert';

/**
 * What a strategy concludes. `next` goes to its next stage; `done` hands over to the strategy that
 * follows, or promotes when none does.
 */
export type Step =
  | Extract<Decision, { readonly type: StrategyDecision }>
  | { readonly type: 'next'; readonly reason: string }
  | { readonly type: 'done'; readonly reason: string };

/** One thing that is wrong with a declaration. */
export type SpecProblem = {
  /** Path into the declaration, e.g. `strategy.stages[1].share`; relative to the strategy. */
  readonly path: string;
  readonly sentence: string;
};
