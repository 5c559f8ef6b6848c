import { expect, test } from 'vitest';
import type { Verdict } from '../analysis/verdict.ts';
import { instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { rolloutSample } from '../../../test/samples.ts';
import { placeOf } from './ladder.ts';
import { decideBy, explainBy } from './strategies.ts';
import { canaryOf, defaultChecks, defaultMargin, presetStages } from './presets.ts';

const now = instant(1_800_000_000_000);

const verdict = (check: string, over: Partial<Verdict>): Verdict => ({
  check,
  arm: 'candidate',
  outcome: 'pass',
  candidate: { units: 1, losses: 0 },
  baseline: { units: 1, losses: 0 },
  ratio: null,
  interval: null,
  evidence: { harm: 0, harmNeeded: 5, safety: 3, safetyNeeded: 3 },
  etaMs: null,
  sentence: 'Fine.',
  ...over,
});

const rolloutAt = (stage: number, inStageMs: number): Rollout => {
  const plain = rolloutSample('risk', 'advancing', { stage, stageSince: instant(now - inStageMs) });
  const strategy = canaryOf(presetStages('default', 60_000));
  return { ...plain, spec: { ...plain.spec, strategy, checks: defaultChecks(null) } };
};

test.for<{
  readonly when: string;
  readonly stage?: number;
  readonly inStageMs?: number;
  readonly errors?: Partial<Verdict>;
  readonly nulls?: Partial<Verdict>;
  readonly decides: object;
}>([
  { when: 'all passed and the time is over', decides: { type: 'next' } },
  { when: 'the last stage is passed', stage: 3, decides: { type: 'done' } },
  {
    when: 'all passed too early',
    inStageMs: 20_000,
    decides: { type: 'hold', reason: { code: 'soaking' }, etaMs: 40_000 },
  },
  {
    when: 'one check is unsure',
    errors: { outcome: 'unsure', etaMs: 90_000 },
    decides: { type: 'hold', reason: { code: 'unsure' }, etaMs: 90_000 },
  },
  {
    when: 'the slowest check decides when',
    errors: { outcome: 'unsure', etaMs: 90_000 },
    nulls: { outcome: 'unsure', etaMs: 300_000 },
    decides: { type: 'hold', etaMs: 300_000 },
  },
  {
    when: 'a stage is not over before its time',
    inStageMs: 0,
    errors: { outcome: 'unsure', etaMs: 10_000 },
    decides: { type: 'hold', etaMs: 60_000 },
  },
  {
    when: 'one check cannot say when',
    errors: { outcome: 'unsure', etaMs: null },
    nulls: { outcome: 'unsure', etaMs: 300_000 },
    decides: { type: 'hold', etaMs: null },
  },
  {
    when: 'one check is starved',
    errors: { outcome: 'starved', sentence: 'No requests.' },
    nulls: { outcome: 'unsure', etaMs: 300_000 },
    decides: {
      type: 'hold',
      reason: { code: 'starved', sentence: 'error_rate: No requests.' },
      etaMs: null,
    },
  },
])('$when', ({ stage = 0, inStageMs = 60_000, errors = {}, nulls = {}, decides }) => {
  const verdicts = [
    verdict('error_rate', errors),
    verdict('null_rate', nulls),
    verdict('latency', {}),
  ];
  const situation = { ...placeOf(rolloutAt(stage, inStageMs)), verdicts, now };
  expect(decideBy({ ...situation, outcomes: [], shares: [] })).toMatchObject(decides);
});

test('a stage is explained in sentences', () => {
  expect(explainBy(placeOf(rolloutAt(1, 0)))).toEqual([
    'Stage 2 of 4: 25 % of the traffic.',
    'It lasts 1 min at least, and until 3 checks (error_rate, null_rate and latency) show the ' +
      'candidate to stay below 2 times the rate that is no harm, or below the declared tolerance.',
  ]);
});

test.for([
  [100, 4],
  [200, 3],
  [500, 3],
  [2_000, 2],
  [2_500, 2],
  [5_000, 1.5],
  [10_000, 1.5],
] as const)('the margin at %s basis points is %s', ([share, margin]) => {
  expect(defaultMargin(share)).toBe(margin);
});
