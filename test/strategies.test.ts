import { describe, expect, test } from 'vitest';
import { emptyChecks } from '../src/core/analysis/check-evidence.ts';
import { explainBy } from '../src/core/strategy/strategies.ts';
import { canaryOf, presetStages } from '../src/core/strategy/presets.ts';
import { placeOf } from '../src/core/strategy/ladder.ts';
import type { StrategySpec } from '../src/core/strategy/spec.ts';
import { bps, instant } from '../src/core/lib/units.ts';
import { apply } from '../src/core/rollout/apply.ts';
import type { Quiet } from '../src/core/rollout/quiet-time.ts';
import type { Rollout } from '../src/core/rollout/rollout.ts';
import type { RolloutSpec } from '../src/core/rollout/spec.ts';
import { usual } from './histories/course.ts';
import type { Behaviour } from './histories/course.ts';
import { play, startedRollout } from './histories/run.ts';
import { usualSpec } from './samples.ts';
import type { Play } from './histories/run.ts';

const MINUTE = 60_000;
const bad: Behaviour = { ...usual, errors: 0.05 };
const slow: Behaviour = { ...usual, medianMs: 60 };

const gradual: StrategySpec = { kind: 'gradual', watchMs: 10 * MINUTE };
const blueGreen: StrategySpec<'blue-green'> = {
  kind: 'blue-green',
  prove: null,
  proveMs: MINUTE,
  keepWarmMs: 5 * MINUTE,
  cutOver: 'automatic',
};
const phased: StrategySpec<'phased'> = {
  kind: 'phased',
  advance: 'evidence',
  phases: [
    { name: 'alpha', audience: null, share: bps(500), margin: 3, leastMs: MINUTE },
    { name: 'beta', audience: null, share: bps(2_500), margin: 2, leastMs: MINUTE },
    { name: 'general', audience: null, share: bps(10_000), margin: 2, leastMs: MINUTE },
  ],
};

const baking: StrategySpec<'canary'> = {
  ...canaryOf(presetStages('default', MINUTE).slice(0, 2)),
  bakeMs: 30 * MINUTE,
};

const always: Quiet = {
  times: [{ days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 0, toMinute: 1_440 }],
  utcOffsetMinutes: 0,
};

/** What a rollout did, in words: its decisions without the waiting. */
const storyOf = ({ buckets }: Play): readonly string[] =>
  buckets
    .filter(({ decision }) => decision.type !== 'hold' && decision.type !== 'freeze')
    .map(({ decision }) =>
      decision.type === 'advance' ? `advance ${decision.stage}` : decision.type,
    );

type Given = {
  readonly strategy: StrategySpec;
  readonly candidate?: Behaviour;
  /** How it is from half an hour on. */
  readonly later?: Behaviour;
  readonly unitsPerSecond?: number;
  readonly bucketsBefore?: number;
  readonly over?: Partial<RolloutSpec>;
};

function played({ strategy, candidate = usual, over = {}, ...given }: Given): Play {
  const { later = candidate } = given;
  const { unitsPerSecond = 40, bucketsBefore = 30 } = given;
  const course = {
    seed: 'strategies',
    gateways: 2,
    bucketsBefore,
    unitsPerSecond: () => unitsPerSecond,
    baseline: () => usual,
    candidate: (atMs: number) => (atMs < 30 * MINUTE ? candidate : later),
  };
  return play(course, { ...usualSpec, strategy, ...over }, 360);
}

// S1, S7 and S8 as decisions; without traffic nothing is done upward (M4).
describe('given a strategy and a candidate, then what is done', () => {
  test.for<Given & { readonly what: string; readonly does: readonly string[] }>([
    {
      what: 'gradual, healthy: everything at once, watched, done',
      strategy: gradual,
      does: ['advance 0', 'promote', 'settle'],
    },
    {
      what: 'gradual, ten times the errors: out again',
      strategy: gradual,
      candidate: bad,
      does: ['advance 0', 'revert', 'settle'],
    },
    {
      what: 'gradual, three times as slow: out again',
      strategy: gradual,
      candidate: slow,
      does: ['advance 0', 'revert', 'settle'],
    },
    {
      what: 'gradual without traffic: silence is no success',
      strategy: gradual,
      unitsPerSecond: 0,
      does: ['advance 0'],
    },
    {
      what: 'blue-green, healthy: one switch, then blue may go',
      strategy: blueGreen,
      does: ['advance 0', 'advance 1', 'promote', 'settle'],
    },
    {
      what: 'blue-green, ten times the errors: back to blue',
      strategy: blueGreen,
      candidate: bad,
      does: ['advance 0', 'advance 1', 'revert', 'settle'],
    },
    {
      what: 'blue-green by hand: waits for somebody',
      strategy: { ...blueGreen, cutOver: 'manual' },
      does: ['advance 0'],
    },
    {
      what: 'phased, healthy: phase after phase',
      strategy: phased,
      does: ['advance 0', 'advance 1', 'advance 2', 'promote', 'settle'],
    },
    {
      what: 'phased, ten times the errors: never reaches the next phase',
      strategy: phased,
      candidate: bad,
      does: ['advance 0', 'revert', 'settle'],
    },
    {
      what: 'a canary that bakes, healthy: one stage more',
      strategy: baking,
      does: ['advance 0', 'advance 1', 'advance 2', 'promote', 'settle'],
    },
    {
      what: 'a canary that bakes, bad half an hour later: out again',
      strategy: baking,
      later: bad,
      does: ['advance 0', 'advance 1', 'advance 2', 'revert', 'settle'],
    },
    {
      what: 'a canary of one stage, then gradual: one rollout with one history',
      strategy: canaryOf(presetStages('default', MINUTE).slice(0, 1)),
      over: { followers: [gradual] },
      does: ['advance 0', 'advance 1', 'promote', 'settle'],
    },
    {
      what: 'in a quiet time nothing begins',
      strategy: gradual,
      over: { quiet: always },
      does: [],
    },
  ])('$what', ({ does, ...given }) => {
    expect(storyOf(played(given))).toEqual(does);
  });

  test('the share follows the stage: nothing, then everything, without a step between', () => {
    const shares = played({ strategy: blueGreen }).buckets.flatMap(({ windows }) =>
      windows.map(({ arm }) => arm),
    );
    const firstGreen = shares.indexOf('candidate');
    expect(shares.slice(0, firstGreen).every((arm) => arm === 'baseline')).toBe(true);
    expect(shares.slice(firstGreen).every((arm) => arm === 'candidate')).toBe(true);
  });
});

test('for another audience the evidence begins anew', () => {
  const [alpha, ...later] = phased.phases;
  if (alpha === undefined) throw new Error('there are phases');
  const rollout = {
    ...startedRollout({ ...usualSpec, strategy: phased }),
    phase: 'advancing',
  } as const;
  const advance = (audience: string | null): Rollout => {
    const strategy = { ...phased, phases: [{ ...alpha, audience }, ...later] };
    const spec = { ...usualSpec, strategy };
    const step = { rollout: { ...rollout, spec }, endpoint: null, now: instant(5) };
    const decision = { type: 'advance', stage: 1, reason: 'done' } as const;
    return apply(step, decision)?.after ?? rollout;
  };
  expect(advance(null).evidenceFrom).toBe(0);
  expect(advance('tier == power').evidenceFrom).toBe(5);
});

test.for<{
  readonly strategy: StrategySpec;
  readonly followers?: readonly StrategySpec[];
  readonly times: number;
}>([
  { strategy: gradual, times: 2 },
  {
    strategy: canaryOf(presetStages('default', MINUTE).slice(0, 1)),
    followers: [gradual],
    times: 2,
  },
  { strategy: blueGreen, times: 5 },
  { strategy: canaryOf(presetStages('default', MINUTE)), times: 5 },
])('who serves alone is held to $times times what the baseline did', (given) => {
  const { strategy, followers = [], times } = given;
  const checks = emptyChecks({ spec: { ...usualSpec, strategy, followers } });
  expect(checks.map(({ aloneRatio }) => aloneRatio)).toEqual(checks.map(() => times));
});

test.for([gradual, blueGreen, phased])('$kind explains every stage in sentences', (strategy) => {
  const start = startedRollout({ ...usualSpec, strategy });
  for (const stage of placeOf(start).stages.keys()) {
    const told = explainBy(placeOf({ ...start, stage }));
    expect(told.length).toBeGreaterThan(0);
    for (const sentence of told) expect(sentence).toMatch(/^[A-Z].*\.$/);
  }
});
