import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startRollout } from '../../core/rollout/start.ts';
import { instant } from '../../core/lib/units.ts';
import { endpointSample, versionSample } from '../../../test/samples.ts';
import { durationSchema, rateSchema, shareSchema } from './quantities.ts';
import type { CanaryStage } from '../../core/strategy/spec.ts';
import { rolloutFromFlags } from './rollout-flags.ts';
import { rolloutSpecSchema } from './rollout-spec.ts';
import type { RolloutRequest } from './rollout-spec.ts';

const least = { endpoint: 'risk', candidate: 'tumour@2' };
const rungsOf = ({ strategy }: RolloutRequest['spec']): readonly CanaryStage[] =>
  strategy.kind === 'canary' ? strategy.stages : [];
const parse = (over: object): RolloutRequest => rolloutSpecSchema.parse({ ...least, ...over });
const problems = (input: unknown): readonly string[] => {
  const parsed = rolloutSpecSchema.safeParse(input);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('quantities as people write them', () => {
  test.for([
    ['5%', 500],
    ['5 %', 500],
    ['0.25%', 25],
    [5, 500],
    ['33.3%', 3_330],
    ['100%', 10_000],
  ] as const)('the share %s', ([given, share]) => expect(shareSchema.parse(given)).toBe(share));

  test.for([
    ['1%', 0.01],
    ['0.05 %', 0.0005],
  ] as const)('the rate %s', ([given, rate]) =>
    expect(rateSchema.parse(given)).toBeCloseTo(rate, 12),
  );

  test.for([
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['5min', 300_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['0.5s', 500],
  ] as const)('the duration %s', ([given, ms]) => expect(durationSchema.parse(given)).toBe(ms));

  test.for([
    [shareSchema, 'five', 'write a share like 5%'],
    [shareSchema, '101%', 'a share is 0% to 100%'],
    [shareSchema, '0.001%', 'steps of 0.01%'],
    [rateSchema, 0.01, 'a bare number could mean two things'],
    [rateSchema, '200%', 'not from 0% to 100%'],
    [durationSchema, 10, 'with its unit'],
    [durationSchema, '10 parsecs', 'with its unit'],
  ] as const)('%#: %s is refused', ([shape, given, says]) => {
    const parsed = shape.safeParse(given);
    expect(parsed.error?.issues[0]?.message).toContain(says);
  });
});

describe('rollout.yaml', () => {
  test('the least that can be said is the default canary', () => {
    const { spec } = parse({ triggers: 'default' });
    expect(spec).toMatchObject({
      strategy: {
        kind: 'canary',
        stages: [
          { share: 500, margin: 3, leastMs: 60_000 },
          { share: 2_500, margin: 2, leastMs: 60_000 },
          { share: 5_000, margin: 1.5, leastMs: 60_000 },
          { share: 10_000, margin: 1.5, leastMs: 60_000 },
        ],
      },
      alphaRevert: 0.01,
      alphaPromote: 0.05,
      bucketMs: 10_000,
      horizonMs: 14_400_000,
      fallback: 'baseline',
    });
    expect(spec.checks).toMatchObject([
      { name: 'error_rate', onFail: 'hard', ratio: 1, tolerance: 0.002, limit: null },
      { name: 'null_rate', onFail: 'hard', tolerance: 0.005, limit: 0.01 },
      { name: 'latency', onFail: 'hard', ratio: 1.5, stretch: 1.25 },
    ]);
  });

  test('without triggers it has the shape, but does not start (R5)', () => {
    const { spec } = parse({});
    expect(spec.checks).toEqual([]);
    const request = { ...startable, spec };
    expect(startRollout(request, world)).toMatchObject({ error: { code: 'ROLLOUT_NO_TRIGGER' } });
  });

  test('narrow buckets make short stages', () => {
    const { spec } = parse({ triggers: 'default', bucket: '1s' });
    expect(rungsOf(spec).map(({ leastMs }) => leastMs)).toEqual([6_000, 6_000, 6_000, 6_000]);
  });

  test('stages may be shares, or say everything', () => {
    const stages = ['1%', { share: 10, margin: 2.5, least: '5m' }, '100%'];
    const { spec } = parse({ strategy: { stages, least: '30s' }, triggers: 'default' });
    expect(rungsOf(spec)).toEqual([
      { share: 100, margin: 4, leastMs: 30_000 },
      { share: 1_000, margin: 2.5, leastMs: 300_000 },
      { share: 10_000, margin: 2.5, leastMs: 30_000 },
    ]);
  });

  test.for([
    ['cautious', [100, 500, 2_500, 5_000, 10_000]],
    [{ preset: 'stepped' }, [500, 2_000, 5_000, 10_000]],
  ] as const)('strategy %j', ([strategy, expected]) => {
    const { spec } = parse({ strategy, triggers: 'default' });
    expect(rungsOf(spec).map(({ share }) => share)).toEqual(expected);
  });

  test('an objective joins the default triggers; a trigger of the same name replaces one', () => {
    const triggers = ['default', { metric: 'latency', onFail: 'soft' }];
    const { spec } = parse({ triggers, objective: '250ms' });
    expect(spec.checks.map(({ name, onFail, objectiveMs }) => [name, onFail, objectiveMs])).toEqual(
      [
        ['error_rate', 'hard', null],
        ['null_rate', 'hard', null],
        ['latency_objective', 'hard', 250],
        ['latency', 'soft', null],
      ],
    );
  });

  test('a trigger may say everything, and its tolerance stays below its limit', () => {
    const full = { metric: 'error_rate', name: 'five-hundreds', ratio: 1.2, limit: '0.3%' };
    const { spec } = parse({ triggers: [{ ...full, minUnits: 5, onFail: 'inform' }] });
    expect(spec.checks).toEqual([
      {
        name: 'five-hundreds',
        metric: 'error_rate',
        onFail: 'inform',
        ratio: 1.2,
        tolerance: 0.0015,
        limit: 0.003,
        objectiveMs: null,
        stretch: 1,
        minUnits: 5,
      },
    ]);
  });

  test.for<{ readonly what: string; readonly over: unknown; readonly says: readonly string[] }>([
    { what: 'not an object', over: 'x', says: [': write an object with endpoint, candidate'] },
    { what: 'an unknown key', over: { bukcet: '1s' }, says: [': unknown: bukcet; known here: '] },
    {
      what: 'an unknown key within',
      over: { strategy: { stages: ['5%', { share: '50%', margn: 2 }] } },
      says: ['strategy.stages.1.margn: unknown: margn; known here: share, margin, least'],
    },
    {
      what: 'an unknown preset',
      over: { strategy: 'bold' },
      says: ['strategy: known presets: default, cautious, stepped'],
    },
    {
      what: 'an unknown strategy',
      over: { strategy: { kind: 'lottery' } },
      says: ['strategy.kind: known strategies: canary'],
    },
    {
      what: 'a preset and stages',
      over: { strategy: { preset: 'stepped', stages: ['5%'] } },
      says: ['strategy.stages: give a preset or stages, not both'],
    },
    {
      what: 'an unknown trigger',
      over: { triggers: ['errors'] },
      says: ['triggers.0: known triggers: default, error_rate'],
    },
    {
      what: 'a rate without its unit',
      over: { triggers: [{ metric: 'null_rate', limit: 0.01 }] },
      says: ['triggers.0.limit: write a percentage like 1%'],
    },
    {
      what: 'an objective nothing looks at',
      over: { triggers: ['error_rate'], objective: '100ms' },
      says: ['objective: belongs to the default triggers'],
    },
    {
      what: 'several faults',
      over: { horizon: 5, fallback: 'candidate' },
      says: ['horizon: write a duration', 'fallback: baseline or none'],
    },
  ])('$what is refused, with the place', ({ over, says }) => {
    const found = problems(typeof over === 'object' ? { ...least, ...over } : over);
    expect(found).toHaveLength(says.length);
    for (const [i, start] of says.entries()) expect(found[i]?.startsWith(start)).toBe(true);
  });

  test('the shape can be written down as JSON Schema', () => {
    const text = JSON.stringify(z.toJSONSchema(rolloutSpecSchema, { io: 'input' }));
    for (const word of ['cautious', 'margin', 'wrongRevert', 'latency_objective']) {
      expect(text).toContain(word);
    }
  });
});

const world = {
  endpoints: [endpointSample('risk')],
  rollouts: [],
  models: [{ name: 'tumour', versions: [versionSample(2), versionSample(1)] }],
};
const startable = {
  id: 'r-1',
  endpoint: 'risk',
  candidate: { model: 'tumour', version: 2 },
  salt: 'ab'.repeat(16),
  createdBy: 'ada',
  now: instant(1_800_000_000_000),
};

// S2: presets and stages of any kind.
describe('flags', () => {
  test.for<{ readonly flags: object; readonly shares: readonly number[] }>([
    { flags: {}, shares: [500, 2_500, 5_000, 10_000] },
    { flags: { strategy: 'canary', preset: 'cautious' }, shares: [100, 500, 2_500, 5_000, 10_000] },
    { flags: { stages: '2, 20%,100' }, shares: [200, 2_000, 10_000] },
  ])('$flags start a rollout with the default triggers', ({ flags, shares }) => {
    const { spec } = rolloutSpecSchema.parse(rolloutFromFlags({ ...least, ...flags }));
    expect(rungsOf(spec).map(({ share }) => share)).toEqual(shares);
    expect(startRollout({ ...startable, spec }, world).ok).toBe(true);
  });

  test('a flag that makes no sense is refused like a field', () => {
    expect(problems(rolloutFromFlags({ ...least, stages: '5,x' }))).toEqual([
      'strategy.stages.1: write a share like 5%, not x%',
    ]);
  });
});
