import { groundOf } from '../plan/plan.ts';
import { stageTime } from '../plan/stage-time.ts';
import type { Behaviour } from '../plan/scenario.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { ladderOf } from '../strategy/ladder.ts';
import type { Stage } from '../strategy/stage.ts';

/** What `plan` too takes the version in production for, unless it is told. */
export const USUAL: Behaviour = { errorRate: 0.005, nullRate: 0, medianMs: 20, sigma: 0.5 };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Horizons people write, with what they are. */
const HORIZONS = [
  ...[4, 8, 12].map((hours) => ({ ms: hours * HOUR_MS, text: `${hours}h` })),
  ...[1, 2, 3, 7, 14, 30, 60, 90].map((days) => ({ ms: days * DAY_MS, text: `${days}d` })),
];

/** Real stages take about twice the mean: pauses, waves of traffic, bad luck. */
const SLACK = 2;

/**
 * A horizon within which the declared stages end at this traffic, by the mean growth of the
 * evidence; null when none that may be declared is long enough.
 */
export function horizonFor(spec: RolloutSpec, unitsPerSecond: number): string | null {
  const ground = groundOf({ spec, usual: USUAL, unitsPerSecond });
  const stages = ladderOf(spec).map(compared);
  const leastMs = stages.reduce((sum, stage) => sum + stage.leastMs, 0);
  const longestMs = Math.max(...stages.map((stage) => stageTime(ground, stage).ms));
  const neededMs = (leastMs + longestMs) * SLACK;
  return HORIZONS.find(({ ms }) => ms >= neededMs)?.text ?? null;
}

/** Copies compare as much as a share would that leaves the baseline as much again. */
function compared(stage: Stage): Stage {
  if (stage.share > 0 || stage.mirror === null) return stage;
  return { ...stage, share: bps(Math.min(stage.mirror.sample, WHOLE_BPS / 2)) };
}
