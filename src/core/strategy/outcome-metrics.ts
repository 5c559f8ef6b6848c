import { assertNever } from '../lib/invariant.ts';
import type { OutcomeMetric } from './outcome-spec.ts';
import type { StrategySpec } from './spec.ts';

/** A metric of the feedback that a strategy judges by, and where its declaration names it. */
export type DeclaredMetric = { readonly path: string; readonly of: OutcomeMetric };

/** All metrics of the feedback that a strategy looks at; the one that decides comes first. */
export function metricsOf(strategy: StrategySpec): readonly DeclaredMetric[] {
  switch (strategy.kind) {
    case 'ab-test':
      return [
        { path: 'primary', of: strategy.primary },
        ...strategy.secondary.map((of, at) => ({ path: `secondary[${at}]`, of })),
      ];
    case 'champion-challenger':
      return [{ path: 'metric', of: strategy.metric }];
    case 'bandit':
      return [{ path: 'reward', of: strategy.reward }];
    case 'canary':
    case 'blue-green':
    case 'shadow':
    case 'gradual':
    case 'phased':
      return [];
    default:
      return assertNever(strategy, 'metricsOf');
  }
}
