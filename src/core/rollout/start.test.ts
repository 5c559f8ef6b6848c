import { describe, expect, test } from 'vitest';
import { bps, instant } from '../lib/units.ts';
import { defaultEndpointSettings } from '../routing/endpoint.ts';
import {
  CHECK_DEFAULTS,
  PRESETS,
  canaryOf,
  defaultChecks,
  defaultMargin,
  presetStages,
} from '../strategy/presets.ts';
import type { PresetName } from '../strategy/presets.ts';
import { endpointSample, rolloutSample, versionSample } from '../../../test/samples.ts';
import type { RolloutSpec } from './spec.ts';
import { startEffects, startRollout } from './start.ts';
import type { StartRequest, StartWorld } from './start.ts';
import type { CanaryStage, StrategySpec } from '../strategy/spec.ts';
import { neverQuiet } from './quiet-time.ts';

const now = instant(1_800_000_000_000);
const spec: RolloutSpec = {
  strategy: canaryOf(presetStages('default', 60_000)),
  checks: defaultChecks(250),
  followers: [],
  quiet: neverQuiet,
  alphaRevert: 0.01,
  alphaPromote: 0.05,
  bucketMs: 10_000,
  horizonMs: 14_400_000,
  fallback: 'baseline',
};
const other = { ...versionSample(1), model: 'spam' };
const odd = { ...versionSample(3), signature: { inputs: [], outputs: [] } };
const world: StartWorld = {
  endpoints: [
    endpointSample('risk', {
      settings: {
        ...defaultEndpointSettings,
        attributes: [
          { name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } },
        ],
      },
    }),
  ],
  rollouts: [],
  models: [
    { name: 'spam', versions: [other] },
    { name: 'tumour', versions: [odd, versionSample(2), versionSample(1)] },
  ],
};
const request: StartRequest = {
  id: 'r-1',
  endpoint: 'risk',
  candidate: { model: 'tumour', version: 2 },
  spec,
  salt: 'ab'.repeat(16),
  createdBy: 'ada',
  now,
};
const withSpec = (over: Partial<RolloutSpec>): Partial<StartRequest> => ({
  spec: { ...spec, ...over },
});
const stageAt = (percent: number) => ({
  share: bps(percent * 100),
  margin: defaultMargin(percent * 100),
  leastMs: 0,
});
const stages = (...list: readonly CanaryStage[]): Partial<StartRequest> =>
  withSpec({ strategy: canaryOf(list) });
const checks = (...list: RolloutSpec['checks']): Partial<StartRequest> =>
  withSpec({ checks: list });
const errors = CHECK_DEFAULTS.error_rate;

/** Phases for these audiences, then for everybody. */
function phases(...audiences: readonly string[]): StrategySpec {
  const all = [...audiences, null].map((audience, index, { length }) => ({
    ...stageAt(Math.floor(((index + 1) * 100) / length)),
    name: `phase ${index + 1}`,
    audience,
  }));
  return { kind: 'phased', phases: all, advance: 'evidence' };
}

test('a rollout starts with its candidate prepared and without traffic', () => {
  const started = startRollout(request, world);
  expect(started).toMatchObject({
    ok: true,
    value: {
      id: 'r-1',
      revision: 1,
      phase: 'preparing',
      stage: 0,
      baseline: { version: 1 },
      candidate: { version: 2 },
      thresholdsMs: { slow: null, tail: null, late: 250 },
      accepted: [],
      hold: null,
      cause: null,
    },
  });
  expect(started.ok && startEffects(started.value, 'faster')).toMatchObject([
    { id: 'r-1/1/0', event: { kind: 'rollout.started', shareBps: 0, sentence: 'ada: faster' } },
  ]);
});

test('a rollout that has ended is not in the way', () => {
  const rollouts = [rolloutSample('risk', 'reverted')];
  expect(startRollout(request, { ...world, rollouts }).ok).toBe(true);
});

test.for(Object.keys(PRESETS) as PresetName[])('the preset %s is sound', (name) => {
  const strategy = canaryOf(presetStages(name, 60_000));
  expect(startRollout({ ...request, ...withSpec({ strategy }) }, world).ok).toBe(true);
});

// R5: no triggers, no rollout.
describe('what does not start, and why', () => {
  test.for<{
    readonly when: string;
    readonly over?: Partial<StartRequest>;
    readonly rollouts?: StartWorld['rollouts'];
    readonly code: string;
    readonly path?: string;
    readonly says: string;
  }>([
    {
      when: 'an unknown endpoint',
      over: { endpoint: 'fraud' },
      code: 'ROLLOUT_ENDPOINT_UNKNOWN',
      says: 'no endpoint fraud',
    },
    {
      when: 'an unknown candidate',
      over: { candidate: { model: 'tumour', version: 9 } },
      code: 'ROLLOUT_VERSION_UNKNOWN',
      says: 'tumour@9',
    },
    {
      when: 'another model',
      over: { candidate: { model: 'spam', version: 1 } },
      code: 'ROLLOUT_OTHER_MODEL',
      says: 'serves tumour',
    },
    {
      when: 'the version in production',
      over: { candidate: { model: 'tumour', version: 1 } },
      code: 'ROLLOUT_SAME_VERSION',
      says: 'serves already',
    },
    {
      when: 'another rollout in progress',
      rollouts: [rolloutSample('risk', 'holding')],
      code: 'ROLLOUT_ACTIVE',
      says: 'is still holding',
    },
    {
      when: 'no triggers',
      over: checks(),
      code: 'ROLLOUT_NO_TRIGGER',
      path: 'triggers',
      says: 'No triggers are declared',
    },
    {
      when: 'only soft triggers',
      over: checks({ ...errors, onFail: 'soft' }),
      code: 'ROLLOUT_NO_TRIGGER',
      path: 'triggers',
      says: 'None of the 1 triggers is hard',
    },
    {
      when: 'another signature',
      over: { candidate: { model: 'tumour', version: 3 } },
      code: 'ROLLOUT_SIGNATURE_DIFFERS',
      says: 'the candidate has no input features',
    },
    {
      when: 'shares that fall',
      over: stages(stageAt(25), stageAt(5)),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'strategy.stages[1].share',
      says: 'shares must rise, but 5 % follows 25 %',
    },
    {
      when: 'a first stage of nothing',
      over: stages(stageAt(0)),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'strategy.stages[0].share',
      says: 'shares must rise',
    },
    {
      when: 'no stages',
      over: stages(),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'strategy.stages',
      says: '1 to 20 stages',
    },
    {
      when: 'everything at once',
      over: stages(stageAt(100)),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'strategy.stages[0].share',
      says: 'leave the baseline traffic',
    },
    {
      when: 'a closer margin where no baseline is left',
      over: stages(stageAt(5), { ...stageAt(100), margin: 1.2 }),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'strategy.stages[1].margin',
      says: 'no closer margin than the 3',
    },
    {
      when: 'a margin of one',
      over: stages({ ...stageAt(5), margin: 1 }),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'strategy.stages[0].margin',
      says: 'above 1',
    },
    {
      when: 'an audience of attributes nobody declared',
      over: withSpec({ strategy: { ...canaryOf([stageAt(5)]), audience: 'tier == power' } }),
      code: 'AUDIENCE_ATTRIBUTE_UNKNOWN',
      path: 'strategy.audience',
      says: 'column 1: there is no attribute tier: the endpoint declares group; declare it',
    },
    {
      when: 'a phase whose audience is of another type',
      over: withSpec({ strategy: phases('group == dev', 'group == 5') }),
      code: 'AUDIENCE_TYPE_DIFFERS',
      path: 'strategy.phases[1].audience',
      says: 'The audience of phase 2, column 10: group is a text, 5 a number',
    },
    {
      when: 'two triggers of one name',
      over: checks(errors, errors),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'triggers.error_rate.name',
      says: 'two triggers are named error_rate',
    },
    {
      when: 'two latency triggers',
      over: checks(CHECK_DEFAULTS.latency, { ...CHECK_DEFAULTS.latency, name: 'again' }),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'triggers.again.metric',
      says: 'declared twice',
    },
    {
      when: 'a tolerance above the limit',
      over: checks({ ...errors, tolerance: 0.05, limit: 0.01 }),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'triggers.error_rate.tolerance',
      says: 'cannot be above the limit',
    },
    {
      when: 'a ratio below one',
      over: checks({ ...errors, ratio: 0.5 }),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'triggers.error_rate.ratio',
      says: 'not 0.5',
    },
    {
      when: 'an objective without a number',
      over: checks(CHECK_DEFAULTS.latency_objective),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'triggers.latency_objective.objective',
      says: 'is missing',
    },
    {
      when: 'no chance of error at all',
      over: withSpec({ alphaRevert: 0 }),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'risk.wrongRevert',
      says: 'above 0',
    },
    {
      when: 'buckets of an hour',
      over: withSpec({ bucketMs: 3_600_000 }),
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'bucket',
      says: '100 ms to 10 min',
    },
  ])('$when: $code', ({ over = {}, rollouts = [], code, path, says }) => {
    const result = startRollout({ ...request, ...over }, { ...world, rollouts });
    expect(result).toMatchObject({
      ok: false,
      error: {
        code,
        sentence: expect.stringContaining(says),
        ...(path === undefined ? {} : { path }),
      },
    });
  });
});
