import { assertNever } from '../lib/invariant.ts';
import type { Instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { countedFrom } from '../strategy/ab-look.ts';
import { wholeCycles } from '../strategy/ab-plan.ts';
import { placeOf, sequenceOf, usesOutcomes } from '../strategy/ladder.ts';
import type { StrategySpec } from '../strategy/spec.ts';

/** What the length of a simulated rollout depends on. */
type Pace = { readonly unitsPerSecond: number; readonly maturityMs: number };

/** A test that has as much as it was planned for, twice over, will not end any more. */
const TEST_SLACK = 2;
/** Three days of hourly updates. */
export const UPDATES = 72;

/**
 * How long a rollout is played. Guardrails have the declared horizon; those who wait for feedback
 * have as long as that takes: a test twice the time of its sample, a champion one window, a bandit
 * some updates.
 */
export function playedMs(spec: RolloutSpec, pace: Pace): number {
  if (!usesOutcomes(spec)) return spec.horizonMs + pace.maturityMs * (spec.outcomeChecks ? 1 : 0);
  return sequenceOf(spec).reduce((sum, one) => sum + strategyMs(one, spec, pace), 0);
}

function strategyMs(one: StrategySpec, spec: RolloutSpec, pace: Pace): number {
  const { maturityMs } = pace;
  switch (one.kind) {
    case 'ab-test':
      return TEST_SLACK * (testMs(one, pace) + maturityMs);
    case 'champion-challenger':
      return one.windowMs + maturityMs;
    case 'bandit':
      return UPDATES * one.updateMs + maturityMs;
    case 'canary':
    case 'blue-green':
    case 'shadow':
    case 'gradual':
    case 'phased':
      return spec.horizonMs;
    default:
      return assertNever(one, 'strategyMs');
  }
}

/** How long the planned sample takes at this traffic, in whole cycles. */
export function testMs(
  { planned, leastMs, cycleMs }: StrategySpec<'ab-test'>,
  { unitsPerSecond }: Pick<Pace, 'unitsPerSecond'>,
): number {
  const sampleMs = ((planned?.unitsInAll ?? 0) / unitsPerSecond) * 1_000;
  return wholeCycles(Math.max(leastMs, sampleMs), cycleMs);
}

/**
 * Until something is counted anew that a bucket should not straddle, a cycle or a batch, or until
 * the feedback of one is complete, so that it is judged then and not a part of its length later.
 */
export function untilTurn(rollout: Rollout, now: Instant, maturityMs: number): number {
  const { spec } = placeOf(rollout);
  const turnMs =
    spec.kind === 'ab-test' ? spec.cycleMs : spec.kind === 'bandit' ? spec.updateMs : 0;
  if (turnMs === 0) return Infinity;
  const sinceMs = now - countedFrom(rollout);
  const lateMs = sinceMs - maturityMs;
  const untilComplete = lateMs < 0 ? -lateMs : turnMs - (lateMs % turnMs);
  return Math.min(turnMs - (sinceMs % turnMs), untilComplete);
}
