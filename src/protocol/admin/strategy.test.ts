import { describe, expect, test } from 'vitest';
import { startRollout } from '../../core/rollout/start.ts';
import { instant } from '../../core/lib/units.ts';
import { ladderOf } from '../../core/strategy/ladder.ts';
import { endpointSample, versionSample } from '../../../test/samples.ts';
import { parseWith } from './parse.ts';
import { rolloutSpecSchema } from './rollout-spec.ts';
import type { RolloutRequest } from './rollout-spec.ts';
import { FOLLOWED_BY } from './strategy/strategy.ts';

const declaration = (strategy: unknown): object => ({
  endpoint: 'risk',
  candidate: 'tumour@2',
  triggers: 'default',
  bucket: '1s',
  strategy,
});
const followed = (strategy: object, next: unknown): object => ({
  ...strategy,
  [FOLLOWED_BY]: next,
});
const specOf = (strategy: unknown): RolloutRequest['spec'] =>
  rolloutSpecSchema.parse(declaration(strategy)).spec;
const world = {
  endpoints: [endpointSample('risk')],
  rollouts: [],
  models: [{ name: 'tumour', versions: [versionSample(2), versionSample(1)] }],
};
const start = (strategy: unknown): ReturnType<typeof startRollout> => {
  const candidate = { model: 'tumour', version: 2 };
  const about = { id: 'r-1', endpoint: 'risk', candidate, createdBy: 'ada' };
  const moment = { salt: 'ab'.repeat(16), now: instant(1_800_000_000_000) };
  return startRollout({ ...about, ...moment, spec: specOf(strategy) }, world);
};

describe('what is declared becomes stages', () => {
  test.for<{
    readonly strategy: unknown;
    readonly stages: readonly (readonly [name: string, share: number, leastMs: number])[];
  }>([
    {
      strategy: 'blue-green',
      stages: [
        ['green', 0, 0],
        ['live', 10_000, 1_800_000],
      ],
    },
    {
      strategy: { kind: 'blue-green', prove: { sample: '20%' }, keepWarm: '5m' },
      stages: [
        ['green', 0, 6_000],
        ['live', 10_000, 300_000],
      ],
    },
    { strategy: 'gradual', stages: [['watch', 10_000, 3_600_000]] },
    { strategy: { kind: 'gradual', watch: '10m' }, stages: [['watch', 10_000, 600_000]] },
    { strategy: 'shadow', stages: [['shadow', 0, 6_000]] },
    {
      strategy: followed(
        { kind: 'shadow', sample: '10%' },
        { stages: ['10%', '100%'], least: '2s' },
      ),
      stages: [
        ['shadow', 0, 6_000],
        ['10 %', 1_000, 2_000],
        ['100 %', 10_000, 2_000],
      ],
    },
    {
      strategy: {
        kind: 'phased',
        phases: [
          { name: 'internal', audience: 'group in [dev, qa]', share: '50%', least: '1d' },
          { name: 'alpha', audience: 'tier == power', share: '5%' },
          { name: 'beta', audience: 'region in [eu]', share: '25%' },
          { name: 'general', least: '1h' },
        ],
      },
      stages: [
        ['internal', 5_000, 86_400_000],
        ['alpha', 500, 6_000],
        ['beta', 2_500, 6_000],
        ['general', 10_000, 3_600_000],
      ],
    },
  ])('$strategy', ({ strategy, stages }) => {
    const ladder = ladderOf(specOf(strategy));
    expect(ladder.map(({ name, share, leastMs }) => [name, share, leastMs])).toEqual(stages);
  });

  test.for<{ readonly said: unknown; readonly means: unknown }>([
    { said: undefined, means: { kind: 'auto' } },
    { said: 'class', means: { kind: 'class' } },
    { said: { kind: 'equal' }, means: { kind: 'equal' } },
    {
      said: { kind: 'tolerance', relative: '5%' },
      means: { kind: 'tolerance', absolute: 1e-6, relative: 0.05 },
    },
    { said: { kind: 'rank', overlap: '60%' }, means: { kind: 'rank', top: 10, overlap: 0.6 } },
  ])('answers are compared by $said', ({ said, means }) => {
    const comparison = said === undefined ? {} : { comparison: said };
    const [stage] = ladderOf(specOf({ kind: 'shadow', ...comparison }));
    expect(stage?.mirror?.comparison).toEqual(means);
  });

  test('a shadow is compared, and waits for agreement, unless something else is said of it', () => {
    const metrics = (strategy: unknown): readonly string[] =>
      specOf(strategy).checks.map(({ metric }) => metric);
    expect(metrics('shadow')).toEqual(['error_rate', 'null_rate', 'latency', 'disagreement']);
    expect(metrics('canary')).not.toContain('disagreement');
    const metric = 'disagreement';
    const own = { ...declaration('shadow'), triggers: ['error_rate', { metric, limit: '1%' }] };
    const [, check] = rolloutSpecSchema.parse(own).spec.checks;
    expect(check).toMatchObject({ metric, limit: 0.01, tolerance: 0.005, minUnits: 500 });
  });

  test('a shadow copies within bounds, for its audience', () => {
    const said = { sample: '25%', perSecond: 50, inFlight: 4, deadline: '300ms' };
    const [stage] = ladderOf(specOf({ kind: 'shadow', audience: 'vip == true', ...said }));
    expect(stage).toMatchObject({
      audience: 'vip == true',
      mirror: { sample: 2_500, perSecondMax: 50, inFlightMax: 4, deadlineMs: 300 },
    });
  });
});

describe('what does not fit is refused with its place', () => {
  test.for<{ readonly strategy: unknown; readonly says: string }>([
    { strategy: 'purple', says: 'strategy: known presets: default, cautious, stepped; known str' },
    { strategy: 7, says: 'strategy: write a name or an object; known presets' },
    { strategy: { kind: 'purple' }, says: 'strategy.kind: known strategies: canary, blue-green' },
    { strategy: { kind: 'blue-green', stages: [] }, says: 'strategy.stages: unknown: stages;' },
    { strategy: { kind: 'gradual', watch: 5 }, says: 'strategy.watch: write a duration' },
    { strategy: { kind: 'shadow', sample: '200%' }, says: 'strategy.sample: a share is 0% to 100' },
    {
      strategy: { kind: 'shadow', comparison: 'close' },
      says: 'strategy.comparison: known: auto, equal, class, or an object',
    },
    {
      strategy: { kind: 'shadow', comparison: { kind: 'rank', best: 3 } },
      says: 'strategy.comparison.best: unknown: best; known here: kind, top, overlap',
    },
    { strategy: { kind: 'phased' }, says: 'strategy.phases: write a list of phases' },
    { strategy: { audience: 'tier = power' }, says: 'strategy.audience: column 6: "=" cannot' },
    {
      strategy: { kind: 'phased', phases: [{ name: 'alpha', audience: 'region in []' }] },
      says: 'strategy.phases.0.audience: column 12: nothing is in an empty list',
    },
    { strategy: { kind: 'shadow', audience: '' }, says: 'strategy.audience: column 1: the end' },
    { strategy: { kind: 'canary', advance: 'hope' }, says: 'strategy.advance: known: evidence, m' },
    { strategy: followed({ kind: 'shadow' }, 'purple'), says: 'strategy.then: known presets' },
    {
      strategy: followed({ kind: 'shadow' }, ['gradual', { kind: 'canary', preset: 'x' }]),
      says: 'strategy.then.1.preset: known presets',
    },
  ])('$strategy', ({ strategy, says }) => {
    const parsed = rolloutSpecSchema.safeParse(declaration(strategy));
    const found = parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    expect(found).toEqual([expect.stringContaining(says)]);
  });
});

test('what an audience lacks has a code of its own, also in what follows', () => {
  const strategy = followed({ kind: 'shadow' }, [{ kind: 'canary', audience: 'tier = power' }]);
  const refused = { code: 'AUDIENCE_UNREADABLE', path: 'strategy.then[0].audience' };
  const parse = (): unknown => parseWith(rolloutSpecSchema, declaration(strategy), null);
  expect(parse).toThrow(expect.objectContaining(refused));
});

describe('what fits but is not sound does not start', () => {
  const phases = (...list: readonly object[]): unknown => ({ kind: 'phased', phases: list });
  test.for<{ readonly strategy: unknown; readonly path: string; readonly says: string }>([
    {
      strategy: { kind: 'canary', stages: ['100%'] },
      path: 'strategy.stages[0].share',
      says: 'use the strategy gradual or blue-green',
    },
    { strategy: { kind: 'gradual', watch: '0s' }, path: 'strategy.watch', says: 'watches nothing' },
    {
      strategy: { kind: 'shadow', sample: '0%' },
      path: 'strategy.sample',
      says: 'copies more than 0 %',
    },
    {
      strategy: followed({ kind: 'shadow' }, ['canary', 'shadow']),
      path: 'strategy.then[1]',
      says: 'must not be circular',
    },
    {
      strategy: followed({ kind: 'gradual' }, 'canary'),
      path: 'strategy.then[0]',
      says: 'gradual ends with all of the traffic',
    },
    { strategy: phases(), path: 'strategy.phases', says: '1 to 20 phases' },
    {
      strategy: phases({ name: 'all' }, { name: 'alpha', audience: 'a == b', share: '5%' }),
      path: 'strategy.phases[1].audience',
      says: 'the order is broken: all was open to everybody',
    },
    {
      strategy: phases({ name: 'alpha', audience: 'a == b', share: '5%' }),
      path: 'strategy.phases[0]',
      says: 'the last phase, alpha, must be 100 % of everybody',
    },
    {
      strategy: phases({ name: 'beta', share: '25%' }, { name: 'alpha', share: '5%' }),
      path: 'strategy.phases[1].share',
      says: 'beta gave the same audience as much',
    },
  ])('$strategy', ({ strategy, path, says }) => {
    const started = start(strategy);
    if (started.ok) throw new Error('it started');
    expect(started.error).toMatchObject({ code: 'ROLLOUT_SPEC_INVALID', path });
    expect(started.error.sentence).toContain(says);
  });
});
