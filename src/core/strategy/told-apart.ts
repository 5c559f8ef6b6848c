import { assertNever } from '../lib/invariant.ts';
import type { RolloutFeedback } from '../feedback/outcomes.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { segmentNames } from '../segment/segments.ts';
import { isContextual } from './outcome-spec.ts';
import { placeOf } from './ladder.ts';

/** What of a rollout's outcomes is told by segment: the metric that decides. Undefined: nothing. */
export function toldApart(rollout: Rollout): RolloutFeedback['apart'] {
  const { segments } = rollout.spec;
  if (segments === undefined) return undefined;
  const metrics = metricsOf(rollout);
  return metrics.length === 0 ? undefined : { segments: segmentNames(segments), metrics };
}

function metricsOf(rollout: Rollout): readonly string[] {
  const { spec } = placeOf(rollout);
  switch (spec.kind) {
    case 'ab-test':
      return [spec.primary.name];
    case 'bandit':
      return isContextual(spec) ? [spec.reward.name] : [];
    case 'champion-challenger':
    case 'canary':
    case 'blue-green':
    case 'shadow':
    case 'gradual':
    case 'phased':
      return [];
    default:
      return assertNever(spec, 'metricsOf');
  }
}
