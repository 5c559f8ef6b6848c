import type { Instant } from '../lib/units.ts';
import { duration } from '../lib/wording.ts';
import { LABEL_METRIC, REWARD_METRIC } from '../feedback/feedback.ts';
import { PAIRED_METRIC } from '../feedback/pair.ts';
import { sequenceOf } from '../strategy/ladder.ts';
import { metricsOf } from '../strategy/outcome-metrics.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { strategyPath } from './spec-path.ts';
import type { RolloutSpec } from './spec.ts';

/** What a declaration that judges by outcomes is held against when it starts. */
export type OutcomeSetting = {
  readonly now: Instant;
  /** Metrics that are declared at the endpoint; null: nobody knows. */
  readonly metrics: readonly string[] | null;
};

/** What is wrong with it there and then: a metric nobody declared, an end that is over. */
export function outcomeProblem(spec: RolloutSpec, setting: OutcomeSetting): Refusal | null {
  for (const [index, strategy] of sequenceOf(spec).entries()) {
    const at = strategyPath(index);
    const named = metricsOf(strategy).map(({ path, of }): Named => {
      return { path: `${at}.${path}.name`, name: of.name };
    });
    const problem = unknownMetric(named, setting) ?? pastEnd(strategy, setting, at);
    if (problem !== null) return problem;
  }
  const checked = (spec.outcomeChecks ?? []).map(({ name, of }) => {
    return { path: `triggers.${name}.feedback`, name: of.name };
  });
  return unknownMetric(checked, setting);
}

/** The metrics of the feedback that its strategies and checks look at. */
export const metricsRead = (spec: RolloutSpec): ReadonlySet<string> =>
  new Set([
    ...sequenceOf(spec).flatMap((strategy) => metricsOf(strategy).map(({ of }) => of.name)),
    ...(spec.outcomeChecks ?? []).map(({ of }) => of.name),
    ...(sequenceOf(spec).some(isPaired) ? [PAIRED_METRIC] : []),
  ]);

const isPaired = (strategy: StrategySpec): boolean =>
  strategy.kind === 'champion-challenger' && strategy.pairing !== undefined;

type Named = { readonly path: string; readonly name: string };

/** Labels and rewards are known everywhere. Other names are declared: a slip would wait forever. */
function unknownMetric(named: readonly Named[], { metrics }: OutcomeSetting): Refusal | null {
  if (metrics === null) return null;
  const known = [LABEL_METRIC, REWARD_METRIC, ...metrics];
  const unknown = named.find(({ name }) => !known.includes(name));
  if (unknown === undefined) return null;
  const sentence = `No metric ${unknown.name} is declared there; known: ${known.join(', ')}.`;
  return refusal('ROLLOUT_METRIC_UNKNOWN', sentence, unknown.path);
}

function pastEnd(strategy: StrategySpec, { now }: OutcomeSetting, at: string): Refusal | null {
  if (strategy.kind !== 'ab-test' || strategy.until === null || strategy.until > now) return null;
  const ago = duration(now - strategy.until);
  const sentence = `The test would be over before it begins: its end was ${ago} ago.`;
  return refusal('ROLLOUT_SPEC_INVALID', sentence, `${at}.until`);
}
