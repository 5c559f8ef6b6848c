import { describe, expect, test } from 'vitest';
import { tell } from '../../test/cli/tell.ts';
import { perOutcome } from '../core/telemetry/observation.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';

type Row = CallAnswer<'health.read'>[number];
type DriftRow = CallAnswer<'drift.read'>[number];

async function health(
  argv: readonly string[],
  rows: readonly Row[],
  drift: readonly DriftRow[] = [],
) {
  const { admin, ...ran } = await tell(['health', ...argv], {
    'health.read': () => [...rows],
    'drift.read': () => [...drift],
  });
  return { ...ran, asked: admin.asked };
}

const at = '2026-11-21T09:54:32.000Z';

const rowOf = (over: Partial<Row> = {}): Row => ({
  endpoint: 'scores',
  arm: 'baseline',
  model: 'churn',
  version: 1,
  serves: 'users',
  since: at,
  requests: 12_345,
  outcomes: { ...perOutcome(() => 0), ok: 12_333, timeout: 9, null_prediction: 3 },
  successRate: 0.999,
  nullRate: 0,
  meanMs: 3.25,
  p50Ms: 2,
  p95Ms: 8,
  p99Ms: 31.5,
  fallbacks: 12,
  cpuCores: 0.256,
  residentBytes: 128 * 2 ** 20,
  costPerThousand: 0.00123,
  useSince: at,
  thresholds: { meanMsMax: 100, successRateMin: 0.95 },
  health: 'healthy',
  why: [],
  ...over,
});

const unhealthy: Partial<Row> = {
  health: 'unhealthy',
  why: ['The success rate is 90 %, below 95 %.'],
};

describe('the exit code tells', () => {
  test.for<{ readonly of: string; readonly rows: readonly Row[]; readonly exit: number }>([
    { of: 'healthy', rows: [rowOf()], exit: 0 },
    { of: 'unhealthy', rows: [rowOf(), rowOf(unhealthy)], exit: 16 },
    { of: 'no traffic', rows: [rowOf({ health: 'no_data' })], exit: 17 },
    { of: 'no endpoint at all', rows: [], exit: 17 },
    {
      of: 'a version that was taken out before, and one that answers copies',
      rows: [
        rowOf(),
        rowOf({ ...unhealthy, serves: 'nobody' }),
        rowOf({ ...unhealthy, serves: 'copies' }),
      ],
      exit: 0,
    },
  ])('$of: $exit', async ({ rows, exit }) => {
    expect((await health([], rows)).exit).toBe(exit);
  });
});

test('figures, failures and use are told', async () => {
  const { stdout } = await health(['scores'], [rowOf(unhealthy)]);
  expect(stdout).toMatch(/12,345 +99\.90% +0% +3\.25 +2\.00 +8\.00 +31\.5 +UNHEALTHY/);
  expect(stdout).toMatch(/churn@1 +0\.26 +128 MiB +0\.00123/);
  expect(stdout).toContain('scores baseline churn@1: The success rate is 90 %, below 95 %.');
  expect(stdout).toContain('3 null_prediction, 9 timeout, 12 answered by the baseline');
});

test('segments are a table of their own, and change no exit code', async () => {
  const { outcomes, successRate, nullRate, meanMs, p50Ms, p95Ms, p99Ms } = rowOf();
  const figures = { outcomes, successRate, nullRate, meanMs, p50Ms, p95Ms, p99Ms, fallbacks: 0 };
  const segments: Row['segments'] = [
    { segment: 'eu', requests: 700, ...figures, health: 'healthy', why: [] },
    { segment: 'other', requests: 3, ...figures, health: 'unhealthy', why: ['Slow.'] },
  ];
  const { stdout, exit } = await health(['scores'], [rowOf({ segments })]);
  expect(stdout).toMatch(/ENDPOINT +ARM +VERSION +SEGMENT +REQUESTS +SUCCESS/);
  expect(stdout).toMatch(/scores +baseline +1 +eu +700 +99\.90% .* healthy/);
  expect(stdout).toMatch(/scores +baseline +1 +other +3 .* UNHEALTHY/);
  expect(exit).toBe(0);
  expect((await health(['scores'], [rowOf()])).stdout).not.toContain('SEGMENT');
});

test('a version is named once, however many arms it has', async () => {
  const { stdout } = await health([], [rowOf(), rowOf({ arm: 'candidate' })]);
  expect(stdout.match(/128 MiB/g)).toHaveLength(1);
});

test('as JSON', async () => {
  const ran = await health(['--json'], [rowOf()]);
  expect(ran.json()).toEqual({ health: 'healthy', rows: [rowOf()], drift: [] });
});

test('what is asked for is asked', async () => {
  const flags = ['--last', '1m', '--mean-max', '50ms', '--success-min', '99%'];
  expect((await health(['scores', ...flags], [rowOf()])).asked[0]?.query).toEqual({
    endpoint: 'scores',
    lastMs: 60_000,
    meanMsMax: 50,
    successRateMin: 0.99,
  });
  expect((await health([], [rowOf()])).asked[0]?.query).toEqual({ lastMs: 3_600_000 });
});

test.for([
  { argv: ['--success-min', '0.95'], says: 'write a percentage like 1%' },
  { argv: ['--mean-max', '100'], says: 'write a duration with its unit' },
  { argv: ['--last', '5'], says: 'write a duration with its unit' },
])('$argv is refused', async ({ argv, says }) => {
  const ran = await health(argv, []);
  expect(ran.exit).toBe(2);
  expect(ran.stderr).toContain(says);
});

describe('what drifted', () => {
  const aged: DriftRow['drifts'][number] = {
    kind: 'feature',
    what: 'age',
    arm: 'baseline',
    against: null,
    rows: 4_000,
    otherRows: 1_000,
    psi: 0.31,
    critical: 0.027,
    pValue: 1e-9,
    level: 'act',
    bin: 'above 65',
    share: 0.3,
    otherShare: 0.1,
  };
  const still = { ...aged, what: 'income', psi: 0.01, pValue: 0.4, level: 'none' } as const;
  const moved: DriftRow = {
    endpoint: 'scores',
    since: at,
    cause: 'world',
    sentence: 'The world moved.',
    drifts: [still, aged],
  };

  test('of the endpoint that is named is told, what moved most first, and why', async () => {
    const { stdout, exit } = await health(['scores'], [rowOf()], [moved]);
    expect(stdout).toMatch(/age +baseline +training data +4,000 +0\.310 +< 0\.027 +< 0\.0001/);
    expect(stdout.indexOf('age ')).toBeLessThan(stdout.indexOf('income '));
    expect(stdout).toMatch(/above 65: 30\.00%, was 10\.00%/);
    expect(stdout).toContain('scores: The world moved.');
    expect(exit).toBe(0);
  });

  test('of all endpoints only what moved', async () => {
    const calm = { ...moved, endpoint: 'calm', cause: 'none', sentence: 'Nothing moved.' } as const;
    const { stdout } = await health([], [rowOf()], [moved, calm]);
    expect(stdout).toContain('age ');
    expect(stdout).not.toContain('income');
    expect(stdout).not.toContain('calm');
  });

  test('what is left out is counted', async () => {
    const drifts = Array.from({ length: 25 }, (_, i) => ({ ...aged, what: `f${i}` }));
    const { stdout } = await health(['scores'], [rowOf()], [{ ...moved, drifts }]);
    expect(stdout).toContain('and 15 more that moved less');
  });
});
