import { expect, test } from 'vitest';
import { judgedRollout } from '../../../test/outcome-samples.ts';
import { bps, instant } from '../lib/units.ts';
import { outcomesSince } from './outcome-span.ts';
import { canaryOf, presetStages } from './presets.ts';
import type { StrategySpec } from './spec.ts';

const contest: StrategySpec = {
  kind: 'champion-challenger',
  metric: { name: 'label', kind: 'proportion', better: 'higher' },
  advantageMin: 0,
  split: [bps(1_000)],
  audience: null,
  windowMs: 28_000,
  alpha: 0.01,
  unitsMin: 1_000,
  gate: 'approval',
};
const now = instant(1_800_000_000_000);
const ended = instant(now - 5_000_000);

test.each([
  { what: 'a canary', rollout: judgedRollout(canaryOf(presetStages('default', 1))), since: 0 },
  { what: 'a contest', rollout: judgedRollout(contest), since: now - 35_000 },
  {
    what: 'a contest that is over',
    rollout: judgedRollout(contest, { phase: 'reverted', phaseSince: ended }),
    since: ended - 35_000,
  },
])('$what needs what came since $since', ({ rollout, since }) => {
  expect(outcomesSince(rollout, { now, maturityMs: 7_000 })).toBe(since);
});
