import type { Endpoint } from '../routing/endpoint.ts';
import { segmentProblem } from '../segment/segments.ts';
import { isContextual } from '../strategy/outcome-spec.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { RolloutSpec } from './spec.ts';

/**
 * The declaration with the segments its figures are told apart by: its own, else those of the
 * endpoint as they are when it begins. They stay: what was counted in one means the same for ever.
 */
export function withSegments(spec: RolloutSpec, { settings }: Endpoint): RolloutSpec {
  const segments = spec.segments ?? settings.segments;
  return segments === undefined ? spec : { ...spec, segments };
}

/** Why the segments of a declaration say nothing at an endpoint; null when they are sound. */
export function segmentsRefusal(spec: RolloutSpec, { settings }: Endpoint): Refusal | null {
  const problem =
    spec.segments === undefined ? null : segmentProblem(spec.segments, settings.attributes);
  if (problem === null) return contextProblem(spec, settings);
  return refusal('SEGMENTS_INVALID', `${problem.sentence}.`, `segments${problem.path}`);
}

/** What a strategy that gives segments shares of their own asks for. */
function contextProblem(
  { strategy, segments, checks, outcomeChecks = [] }: RolloutSpec,
  settings: Endpoint['settings'],
): Refusal | null {
  if (strategy.kind !== 'bandit' || !isContextual(strategy)) return null;
  const { algorithm } = strategy;
  if (segments === undefined && settings.segments === undefined) {
    const sentence =
      `${algorithm} gives every segment shares of its own, and none are declared; ` +
      'write `segments: { by: region, values: [eu, us] }`, or declare them at the endpoint.';
    return refusal('SEGMENTS_INVALID', sentence, 'strategy.algorithm');
  }
  const [unfit] = [
    ...checks.filter(({ metric }) => metric === 'prediction_distribution'),
    ...outcomeChecks,
  ];
  if (unfit === undefined) return null;
  const sentence =
    `The trigger ${unfit.name} would compare other people with other people: with ${algorithm} ` +
    'the arms answer different segments; leave it out.';
  return refusal('ROLLOUT_SPEC_INVALID', sentence, 'triggers');
}
