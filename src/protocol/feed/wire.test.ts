import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainRoute, rolloutRoute, tableWith } from '../../../test/gateway/tables.ts';
import type { Route, RouteMirror } from '../../core/routing/table.ts';
import { bps, instant } from '../../core/lib/units.ts';
import { defaultMirror } from '../../core/strategy/stage.ts';
import { closeBucket, fold, foldCopy, openBucket, splitBucket } from '../../core/telemetry/fold.ts';
import { Fault } from '../errors.ts';
import type { GatewayReport } from './report.ts';
import { parseReport, parseTable } from './wire.ts';

const segments = [{ by: 'age', values: [18, 65] }];
const attributes: Route['attributes'] = [
  { name: 'age', type: 'number', source: { kind: 'pointer', pointer: '/age' } },
];
const audience = 'age >= 18';
const log: Route['log'] = {
  sample: bps(500),
  fields: ['outputs'],
  redact: [{ pointer: '/unit', as: 'digest' }],
};
const mirror: RouteMirror = {
  ...defaultMirror,
  arm: 'candidate',
  sample: bps(2_500),
  comparison: { kind: 'rank', top: 3, overlap: 0.5 },
};
const table = tableWith(3, [
  plainRoute(),
  rolloutRoute(500, { endpoint: 'fraud', attributes, audience, log, segments }),
  rolloutRoute(0, { endpoint: 'seen', mirror }),
]);
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a table survives the wire', () => {
  expect(parseTable(sent(table))).toEqual(table);
});

const route = plainRoute();
const candidate = rolloutRoute(500);
const [arm] = route.arms;
const short = [{ arm: 'baseline', bps: 9_000 }];
const group = { name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } };
const stranger = { model: 'm', version: 9, digest: `sha256:${'f'.repeat(64)}` };

describe('a table that contradicts itself is refused, by place', () => {
  test.for([
    { name: 'another schema', over: { schema: 2 }, path: 'schema' },
    { name: 'no generation', over: { generation: null }, path: 'generation' },
    { name: 'no routes', over: { routes: null }, path: 'routes' },
    { name: 'no arms', over: { routes: [{ ...route, arms: [] }] }, path: 'routes[0].arms' },
    {
      name: 'shares beyond the whole',
      over: { routes: [{ ...route, split: [{ arm: 'baseline', bps: 10_001 }] }] },
      path: 'routes[0].split[0].bps',
    },
    {
      name: 'shares below the whole',
      over: { routes: [{ ...route, split: [{ arm: 'baseline', bps: 9_999 }] }] },
      path: 'routes[0].split',
    },
    {
      name: 'the split of other arms',
      over: { routes: [{ ...candidate, split: candidate.split.toReversed() }] },
      path: 'routes[0].split',
    },
    {
      name: 'more ceded than the baseline has',
      over: {
        routes: [
          {
            ...candidate,
            split: candidate.split.map((one, at) => (at === 0 ? one : { ...one, ceded: 9_501 })),
          },
        ],
      },
      path: 'routes[0].split',
    },
    {
      name: 'a baseline that ceded something',
      over: {
        routes: [{ ...route, split: [{ arm: 'baseline', bps: 10_000, ceded: 1 }] }],
      },
      path: 'routes[0].split',
    },
    {
      name: 'no baseline in front',
      over: { routes: [{ ...candidate, arms: candidate.arms.toReversed() }] },
      path: 'routes[0].arms',
    },
    {
      name: 'an arm twice',
      over: {
        routes: [
          {
            ...route,
            arms: [arm, { ...arm, role: 'candidate' }],
            split: [...route.split, { arm: 'baseline', bps: 0 }],
          },
        ],
      },
      path: 'routes[0].arms',
    },
    { name: 'an endpoint twice', over: { routes: [route, route] }, path: 'routes[1].endpoint' },
    {
      name: 'a version nobody knows',
      over: { routes: [{ ...route, arms: [{ ...arm, version: stranger }] }] },
      path: 'routes[0].arms',
    },
    { name: 'a short salt', over: { routes: [{ ...route, salt: 'ab' }] }, path: 'routes[0].salt' },
    {
      name: 'no time',
      over: { routes: [{ ...route, deadlineMs: 0 }] },
      path: 'routes[0].deadlineMs',
    },
    {
      name: 'an audience of what is not declared',
      over: { routes: [{ ...route, audience: 'tier == power' }] },
      path: 'routes[0].audience',
    },
    {
      name: 'an attribute of no type',
      over: { routes: [{ ...route, attributes: [{ ...group, type: 'regexp' }] }] },
      path: 'routes[0].attributes[0].type',
    },
    {
      name: 'segments by what is not declared',
      over: { routes: [{ ...route, segments: [{ by: 'tier', values: ['power'] }] }] },
      path: 'routes[0].segments',
    },
    {
      name: 'shares of a segment short of the whole',
      over: {
        routes: [{ ...route, attributes, segments, segmentSplits: [route.split, short, short] }],
      },
      path: 'routes[0].segmentSplits',
    },
    {
      name: 'shares of no segment',
      over: { routes: [{ ...route, segmentSplits: [route.split] }] },
      path: 'routes[0].segmentSplits',
    },
    {
      name: 'copies to nobody',
      over: { routes: [{ ...candidate, mirror: { ...mirror, arm: 'challenger' } }] },
      path: 'routes[0].mirror',
    },
    {
      name: 'copies to the baseline',
      over: { routes: [{ ...candidate, mirror: { ...mirror, arm: 'baseline' } }] },
      path: 'routes[0].mirror',
    },
    {
      name: 'an unknown comparison',
      over: { routes: [{ ...candidate, mirror: { ...mirror, comparison: { kind: 'near' } } }] },
      path: 'routes[0].mirror.comparison.kind',
    },
    { name: 'nothing', over: null, path: '' },
  ])('$name', ({ over, path }) => {
    const refused = expect.objectContaining({ code: 'TABLE_REFUSED', path });
    expect(() => parseTable(sent(over === null ? null : { ...table, ...over }))).toThrow(refused);
  });
});

/** The sums of shares that occur in a table; `otherwise` when it was refused as it should be. */
function wholes(value: unknown, otherwise: readonly number[]): readonly number[] {
  try {
    const sums = parseTable(value).routes.map(({ split }) =>
      split.reduce((sum, { bps }) => sum + bps, 0),
    );
    return sums.length === 0 ? otherwise : [...new Set(sums)];
  } catch (error) {
    if (error instanceof Fault && error.code === 'TABLE_REFUSED') return otherwise;
    throw error;
  }
}

test('a thousand damaged tables are refused or are tables, and never anything else', () => {
  const text = JSON.stringify(table);
  const damage = fc.record({
    at: fc.nat({ max: text.length - 1 }),
    length: fc.nat({ max: 30 }),
    by: fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.constantFrom('null', '-1', '[]', '{}', '""', '1e9'),
    ),
  });
  fc.assert(
    fc.property(damage, ({ at, length, by }) => {
      const damaged = text.slice(0, at) + by + text.slice(at + length);
      let value: unknown;
      try {
        value = JSON.parse(damaged);
      } catch {
        return;
      }
      const whole = [10_000];
      expect(wholes(value, whole)).toEqual(whole);
    }),
    { numRuns: 1_000 },
  );
});

test('a report survives the wire, with its windows', () => {
  const key = {
    endpoint: 'risk',
    rollout: 'r-1',
    revision: 4,
    arm: 'candidate',
    version: 2,
    start: instant(1e12),
    bucketMs: 10_000,
  };
  const bucket = openBucket(key, { slow: 1, tail: 2, late: null }, 10);
  splitBucket(bucket, ['eu', 'other'], 10);
  const kinds = [{ kind: 'category', values: ['a'] }] as const;
  const features = { reference: `sha256:${'a'.repeat(64)}`, features: kinds, read: () => [0] };
  const predicted = { label: 'yes', score: { kind: 'positive', value: 0.75 } } as const;
  fold(bucket, { unit: 1, outcome: 'ok', latencyMs: 3.25, fallback: false, predicted, features });
  fold(bucket, { unit: 2, segment: 1, outcome: 'timeout', latencyMs: 2_000, fallback: true });
  foldCopy(bucket, 'rate', 0);
  const report: GatewayReport = {
    schema: 1,
    gateway: 'g1',
    instance: 'i1',
    sequence: 4,
    generation: -1,
    ready: [`sha256:${'a'.repeat(64)}`],
    failed: [{ digest: `sha256:${'b'.repeat(64)}`, detail: 'torn' }],
    fuses: [{ rollout: 'r-1', at: instant(5), by: 'person', who: 'ada', sentence: 'why' }],
    through: instant(1e12),
    rejected: { generation: 7, message: 'routes: no' },
    windows: [closeBucket(bucket)],
    windowsDropped: 3,
    runners: [
      { digest: `sha256:${'a'.repeat(64)}`, residentBytes: 2 ** 27, cpuMs: 12.5, predictions: 7 },
    ],
  };
  expect(parseReport(sent(report))).toEqual(report);
  for (const wrong of [null, {}, { ...report, windows: [{}] }, { ...report, generation: 1.5 }]) {
    const refused = expect.objectContaining({ code: 'REQUEST_MALFORMED' });
    expect(() => parseReport(sent(wrong))).toThrow(refused);
  }
});
