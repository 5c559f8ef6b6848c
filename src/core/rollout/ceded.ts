import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { splitSum } from '../strategy/split.ts';
import { contendersOf } from './contenders.ts';
import type { Rollout } from './rollout.ts';

/** What a candidate that was taken out had goes to the baseline, never to another candidate. */
export function withoutDropped(rollout: Rollout, given: readonly Bps[]): readonly Bps[] {
  const candidates = given.map((share, index) =>
    index === 0 || isDropped(rollout, index) ? bps(0) : share,
  );
  return [bps(WHOLE_BPS - splitSum(candidates)), ...candidates.slice(1)];
}

/** What candidates that were taken out had, in the order of the arms; nothing, of the others. */
export const cededIn = (rollout: Rollout, given: readonly Bps[]): readonly Bps[] =>
  given.map((share, index) => (isDropped(rollout, index) ? share : bps(0)));

function isDropped(rollout: Rollout, index: number): boolean {
  const arm = contendersOf(rollout)[index - 1]?.arm;
  return arm !== undefined && rollout.dropped.includes(arm);
}
