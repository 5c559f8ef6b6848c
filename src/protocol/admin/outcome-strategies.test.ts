import { describe, expect, test } from 'vitest';
import { endpointSample, versionSample } from '../../../test/samples.ts';
import { instant } from '../../core/lib/units.ts';
import { startRollout } from '../../core/rollout/start.ts';
import type { VersionName } from '../../core/rollout/candidates.ts';
import { rolloutSpecSchema } from './rollout-spec.ts';
import { pathText } from './shapes.ts';
import { FOLLOWED_BY } from './strategy/strategy.ts';

const now = instant(1_800_000_000_000);
const world = {
  endpoints: [endpointSample('risk')],
  rollouts: [],
  models: [
    { name: 'tumour', versions: [4, 3, 2, 1].map((number) => versionSample(number)) },
    { name: 'fraud', versions: [versionSample(9, 'fraud')] },
  ],
  metrics: ['conversion', 'spend'],
};

const named = (word: string): VersionName => {
  const [model = '', version = ''] = word.split('@');
  return { model, version: Number(version) };
};

/** Parses and starts what is declared, as the call does. */
function start(declared: object) {
  const { candidates, spec } = rolloutSpecSchema.parse({
    endpoint: 'risk',
    triggers: 'default',
    ...declared,
  });
  const [candidate = named('none@0'), ...others] = candidates.map(named);
  const about = { id: 'r-1', endpoint: 'risk', candidate, others, createdBy: 'ada' };
  return startRollout({ ...about, salt: 'ab'.repeat(16), now, spec }, world);
}

const conversion = { name: 'conversion' } as const;
const two = { candidates: ['tumour@2', 'tumour@3'] } as const;
const one = { candidate: 'tumour@2' } as const;
const abTest = (over: object = {}, primary: object = {}) => ({
  kind: 'ab-test',
  primary: { ...conversion, expected: '10%', mde: '1%', ...primary },
  ...over,
});
const champion = (over: object = {}) => ({
  kind: 'champion-challenger',
  metric: conversion,
  ...over,
});
const bandit = (over: object = {}) => ({ kind: 'bandit', reward: conversion, ...over });

describe('what is declared', () => {
  test('an A/B/n test with its sample and its end', () => {
    const started = start({ ...two, strategy: abTest({ unitsPerDay: 10_000 }) });
    expect(started).toMatchObject({
      ok: true,
      value: {
        candidate: { version: 2 },
        others: [{ arm: 'candidate-2', version: { version: 3 } }],
        spec: {
          strategy: {
            alpha: 0.05,
            power: 0.8,
            split: [3_333, 3_333],
            leastMs: 7 * 86_400_000,
            winner: 'manual',
            planned: { alphaEach: 0.025, expectedMs: 7 * 86_400_000 },
          },
        },
      },
    });
  });

  test.each([
    {
      strategy: champion(),
      means: { split: [1_000, 1_000], alpha: 0.01, unitsMin: 1_000, gate: 'approval' },
    },
    {
      strategy: bandit(),
      means: { algorithm: 'thompson-beta', candidates: 2, floor: 200, stop: null },
    },
    {
      strategy: bandit({
        reward: { name: 'spend', kind: 'mean' },
        memory: { discount: 0.9 },
        stop: { best: '95%', loss: 0.5 },
      }),
      means: {
        algorithm: 'thompson-gaussian',
        memory: { kind: 'discount', gamma: 0.9 },
        stop: { chance: 0.95, lossMax: 0.5 },
      },
    },
  ])('$strategy.kind with its defaults', ({ strategy, means }) => {
    expect(start({ ...two, strategy })).toMatchObject({
      ok: true,
      value: { spec: { strategy: means } },
    });
  });
});

const label = { name: 'label' } as const;

test('a challenger that answers copies has no share, and fewer labels to wait for', () => {
  const strategy = champion({ metric: label, paired: { sample: '50%', inFlight: 4 } });
  const mirror = { sample: 5_000, perSecondMax: 20, inFlightMax: 4, deadlineMs: 2_000 };
  expect(start({ ...one, strategy })).toMatchObject({
    ok: true,
    value: { spec: { strategy: { split: [0], pairing: mirror, unitsMin: 100 } } },
  });
  expect(start({ ...one, strategy: champion() })).not.toHaveProperty('value.spec.strategy.pairing');
});

type Refused = {
  readonly what: string;
  readonly declared: object;
  readonly path: string;
  readonly says: string;
};

/** Refused while it is read. */
const unreadable: readonly Refused[] = [
  {
    what: 'two primary metrics',
    declared: { ...one, strategy: abTest({ primary: [conversion, { name: 'spend' }] }) },
    path: 'strategy.primary',
    says: 'one primary metric decides; name the others under `secondary`',
  },
  {
    what: 'a share above 100 %',
    declared: { ...one, strategy: abTest({ split: ['120%'] }) },
    path: 'strategy.split[0]',
    says: 'a share is 0% to 100%, not 120%',
  },
  {
    what: 'an unknown algorithm',
    declared: { ...one, strategy: bandit({ algorithm: 'roulette' }) },
    path: 'strategy.algorithm',
    says: 'known: thompson-beta, thompson-gaussian, top-two, ucb1, kl-ucb, epsilon-greedy',
  },
  {
    what: 'a misspelt key',
    declared: { ...one, strategy: champion({ windows: '7d' }) },
    path: 'strategy.windows',
    says: 'unknown: windows',
  },
  {
    what: 'a share and copies',
    declared: { ...one, strategy: champion({ metric: label, split: ['10%'], paired: {} }) },
    path: 'strategy.paired',
    says: 'has a `split` of the traffic or answers copies, not both',
  },
  {
    what: 'candidate and candidates',
    declared: { ...one, ...two, strategy: bandit() },
    path: 'candidate',
    says: 'name the candidate as `model@3`, or several under `candidates`; one of both',
  },
  {
    what: 'a discount and a window',
    declared: { ...one, strategy: bandit({ memory: { discount: 0.9, window: 3 } }) },
    path: 'strategy.memory',
    says: 'give discount or window, one of them',
  },
];

/** Refused when it starts. */
const unsound: readonly (Refused & { readonly code?: string })[] = [
  {
    what: 'shares above 100 % together',
    declared: { ...two, strategy: abTest({ split: ['60%', '50%'] }) },
    path: 'strategy.split',
    says: 'the shares sum to 110 %, above 100 %',
  },
  {
    what: 'nothing left for the baseline',
    declared: { ...one, strategy: champion({ split: ['100%'] }) },
    path: 'strategy.split',
    says: 'the shares leave the baseline nothing',
  },
  {
    what: 'copies and what only a user who saw the answer can bring',
    declared: { ...one, strategy: champion({ paired: {} }) },
    path: 'strategy.metric.name',
    says: 'on copies only `label` is known',
  },
  {
    what: 'an MDE of nothing',
    declared: { ...one, strategy: abTest({}, { mde: 0 }) },
    path: 'strategy.primary.mde',
    says: 'the smallest effect to find is above 0, not 0',
  },
  {
    what: 'a negative MDE',
    declared: { ...one, strategy: abTest({}, { mde: '-1%' }) },
    path: 'strategy.primary.mde',
    says: 'above 0, not -0.01',
  },
  {
    what: 'a mean without its sd',
    declared: { ...one, strategy: abTest({}, { kind: 'mean', expected: 20, mde: 1 }) },
    path: 'strategy.primary.sd',
    says: 'needs the standard deviation of one unit',
  },
  {
    what: 'a test of more than a year',
    declared: { ...one, strategy: abTest({ unitsPerDay: 10 }, { mde: '0.1%' }) },
    path: 'strategy.primary.mde',
    says: 'at this traffic the test would take more than a year',
  },
  {
    what: 'a horizon in the past',
    declared: { ...one, strategy: abTest({ until: '2020-01-01T00:00:00Z' }) },
    path: 'strategy.until',
    says: 'The test would be over before it begins',
  },
  {
    // M4: what nobody declared, nobody sends.
    what: 'an unknown metric',
    declared: { ...one, strategy: abTest({}, { name: 'conversoin' }) },
    path: 'strategy.primary.name',
    says: 'No metric conversoin is declared there; known: label, reward, conversion, spend.',
    code: 'ROLLOUT_METRIC_UNKNOWN',
  },
  {
    what: 'a metric twice',
    declared: { ...one, strategy: abTest({ secondary: [conversion] }) },
    path: 'strategy.secondary[0].name',
    says: 'conversion is declared twice',
  },
  {
    what: 'floors that sum above 1',
    declared: { ...two, strategy: bandit({ floor: '40%' }) },
    path: 'strategy.floor',
    says: 'the floors of 3 arms sum to 120 %, above 100 %',
  },
  {
    what: 'an algorithm for rates and a reward of any size',
    declared: {
      ...one,
      strategy: bandit({ algorithm: 'kl-ucb', reward: { name: 'spend', kind: 'mean' } }),
    },
    path: 'strategy.algorithm',
    says: 'kl-ucb is for proportions',
  },
  {
    what: 'a stop that loses nothing',
    declared: { ...one, strategy: bandit({ stop: { best: '95%', loss: 0 } }) },
    path: 'strategy.stop.loss',
    says: 'the loss to stop at is above 0',
  },
  {
    what: 'shares for other candidates than are named',
    declared: { ...two, strategy: abTest({ split: ['20%'] }) },
    path: 'candidates',
    says: 'ab-test as declared takes 1 candidate, and 2 are named.',
  },
  {
    what: 'several candidates for a canary',
    declared: { ...two, strategy: 'canary' },
    path: 'candidates',
    says: 'canary as declared takes 1 candidate, and 2 are named.',
  },
  {
    what: 'one candidate twice',
    declared: { candidates: ['tumour@2', 'tumour@2'], strategy: bandit() },
    path: 'candidates[1]',
    says: 'tumour@2 is named twice',
    code: 'ROLLOUT_SAME_VERSION',
  },
  {
    what: 'a candidate of another model',
    declared: { candidates: ['tumour@2', 'fraud@9'], strategy: bandit() },
    path: 'candidates[1]',
    says: 'risk serves tumour, not fraud.',
    code: 'ROLLOUT_OTHER_MODEL',
  },
  {
    what: 'something that follows a contest without end',
    declared: { ...one, strategy: champion({ [FOLLOWED_BY]: 'canary' }) },
    path: 'strategy.then[0]',
    says: 'champion-challenger ends with a winner or never; nothing can follow it',
  },
];

describe('refused, with the place and a code, and nothing is started', () => {
  test.for(unreadable)('$what', ({ declared, path, says }) => {
    const parsed = rolloutSpecSchema.safeParse({
      endpoint: 'risk',
      triggers: 'default',
      ...declared,
    });
    const [issue] = parsed.error?.issues ?? [];
    expect(pathText(issue?.path ?? [])).toBe(path);
    expect(issue?.message).toContain(says);
  });

  test.for(unsound)('$what', ({ declared, path, says, code = 'ROLLOUT_SPEC_INVALID' }) => {
    const started = start(declared);
    if (started.ok) throw new Error('it was started');
    expect(started.error).toMatchObject({ code, path });
    expect(started.error.sentence).toContain(says);
  });
});
