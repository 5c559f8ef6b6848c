/**
 * What another allocation would have earned, from logs with propensities; and honest inference on
 * the arms of a bandit, by epochs of constant allocation.
 */
import { requireThat } from './domain.ts';
import { momentsOf, sampleOf } from './mean-test.ts';
import type { Effect, Sample } from './mean-test.ts';

/** One logged choice. */
export type LoggedChoice = {
  readonly reward: number;
  /** Probability with which the logging policy chose this arm, above 0. */
  readonly propensity: number;
  /** Probability with which the policy under evaluation would have chosen it. */
  readonly target: number;
  /** A model's reward for the chosen arm, for the doubly robust estimate. */
  readonly predictedChosen?: number;
  /** The model's reward averaged over the evaluated policy's choices. */
  readonly predictedPolicy?: number;
};

/** An estimate with its standard error. */
export type PolicyValue = {
  readonly value: number;
  readonly se: number;
  readonly effectiveUnits: number;
};

function weight(choice: LoggedChoice): number {
  requireThat(choice.propensity > 0, 'a choice with propensity 0 cannot have been made');
  return choice.target / choice.propensity;
}

function effective(weights: readonly number[]): number {
  const { sum, squares } = momentsOf(weights);
  return squares > 0 ? (sum * sum) / squares : 0;
}

function meanValue(terms: readonly number[], weights: readonly number[]): PolicyValue {
  const { mean, variance, n } = sampleOf(momentsOf(terms));
  return { value: mean, se: Math.sqrt(variance / n), effectiveUnits: effective(weights) };
}

/** Inverse propensity scoring: mean of w r. Unbiased, and wild where propensities are small. */
export function inversePropensity(log: readonly LoggedChoice[]): PolicyValue {
  const weights = log.map(weight);
  return meanValue(
    log.map((choice, i) => (weights[i] ?? 0) * choice.reward),
    weights,
  );
}

/** Self-normalised: Σ w r/Σ w (Swaminathan & Joachims 2015). Slightly biased, far steadier. */
export function selfNormalised(log: readonly LoggedChoice[]): PolicyValue {
  const weights = log.map(weight);
  const total = weights.reduce((sum, w) => sum + w, 0);
  requireThat(total > 0, 'the evaluated policy never chooses what was logged');
  const value = log.reduce((sum, c, i) => sum + (weights[i] ?? 0) * c.reward, 0) / total;
  const spread = log.reduce((sum, c, i) => sum + ((weights[i] ?? 0) * (c.reward - value)) ** 2, 0);
  return { value, se: Math.sqrt(spread) / total, effectiveUnits: effective(weights) };
}

/**
 * Doubly robust: model + w (reward - model) (Dudík, Langford & Li 2011). Right if either part is.
 */
export function doublyRobust(log: readonly LoggedChoice[]): PolicyValue {
  const weights = log.map(weight);
  return meanValue(
    log.map((choice, i) => {
      const { predictedChosen, predictedPolicy } = choice;
      requireThat(
        predictedChosen !== undefined && predictedPolicy !== undefined,
        'the doubly robust estimate needs predictions',
      );
      return predictedPolicy + (weights[i] ?? 0) * (choice.reward - predictedChosen);
    }),
    weights,
  );
}

/** Both arms in a stretch of constant shares. */
export type Epoch = { readonly candidate: Sample; readonly baseline: Sample };

/**
 * Difference of means stratified by epoch: Σ w_e (c̄_e - b̄_e) with w_e the epoch's part of all
 * units. Pooling instead mistakes a trend of the world for an effect, because a bandit moves its
 * shares while the world moves. Epochs in which an arm has fewer than two units do not count.
 */
export function stratifiedEffect(epochs: readonly Epoch[]): Effect {
  const usable = epochs.filter(({ candidate, baseline }) => candidate.n > 1 && baseline.n > 1);
  requireThat(usable.length > 0, 'no epoch has both arms');
  const size = ({ candidate, baseline }: Epoch): number => candidate.n + baseline.n;
  const total = usable.reduce((sum, epoch) => sum + size(epoch), 0);
  let value = 0;
  let variance = 0;
  for (const epoch of usable) {
    const { candidate, baseline } = epoch;
    const share = size(epoch) / total;
    value += share * (candidate.mean - baseline.mean);
    variance += share * share * (candidate.variance / candidate.n + baseline.variance / baseline.n);
  }
  return { value, se: Math.sqrt(variance), df: Infinity };
}
