import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { isFinal } from '../rollout/rollout.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { placeOf } from './ladder.ts';

/**
 * From when on units may still count, given how long feedback takes at the most: a contest without
 * end looks at its latest windows only, and what is older need not be read.
 */
export function outcomesSince(
  rollout: Rollout,
  { now, maturityMs }: { readonly now: Instant; readonly maturityMs: number },
): Instant {
  const { spec } = placeOf(rollout);
  if (spec.kind !== 'champion-challenger') return instant(0);
  const end = isFinal(rollout) ? rollout.phaseSince : now;
  return instant(Math.max(0, end - spec.windowMs - maturityMs));
}
