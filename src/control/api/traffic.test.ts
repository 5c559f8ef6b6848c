import { afterEach, beforeEach, expect, test } from 'vitest';
import { instant } from '../../core/lib/units.ts';
import { perLoss } from '../../core/telemetry/window.ts';
import { emptyChange } from '../../ports/store.ts';
import type { WindowRow } from '../../ports/store.ts';
import { windowSample } from '../../../test/samples.ts';
import { declared, openDesk, type Desk } from '../../../test/simulator/admin-desk.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

const BUCKET_MS = 10_000;

/** Rows of `gateways` gateways: one a bucket, a hundred units each, for `buckets` up to now. */
function rowsOf(buckets: number, gateways: number): readonly WindowRow[] {
  const end = desk.clock.now();
  return Array.from({ length: buckets * gateways }, (_, i) => ({
    gateway: `g${i % gateways}`,
    instance: 'one',
    window: windowSample({
      endpoint: 'risk',
      rollout: null,
      version: 1,
      start: instant(end - (Math.floor(i / gateways) + 1) * BUCKET_MS),
      bucketMs: BUCKET_MS,
      requests: 120,
      losses: perLoss((loss) => ({ units: 100, sum: loss === 'error' ? 2 : 0 })),
      latencyMs: [[100, 120]],
    }),
  }));
}

const traffic = async (lastMs: number): Promise<{ readonly [key: string]: unknown }> =>
  (
    await desk.ask('viewer', 'endpoint.traffic', {
      params: { endpoint: 'risk' },
      query: { lastMs: String(lastMs) },
    })
  ).json();

test('more windows than a page are added up, each once', async () => {
  // Three rows a bucket: pages end in the middle of buckets.
  const windows = rowsOf(2_500, 3);
  await desk.store.commit({ ...emptyChange, windows });
  expect(await traffic(86_400_000)).toMatchObject({
    endpoint: 'risk',
    version: 1,
    units: 750_000,
    requests: 900_000,
    coveredMs: 25_000_000,
    unitsPerSecond: 30,
    unitsPerBucket: 300,
    bucketMs: BUCKET_MS,
    errorRate: 0.02,
    nullRate: 0,
    dayShape: null,
  });
});

test('only the time asked for counts', async () => {
  await desk.store.commit({ ...emptyChange, windows: rowsOf(1_000, 1) });
  expect(await traffic(600_000)).toMatchObject({ units: 6_000, unitsPerSecond: 10 });
});

test('the time of a rollout counts neither way', async () => {
  await desk.ask('operator', 'rollout.start', { body: declared('risk', 'tumour@2') });
  await desk.timeline.advance(600_000);
  // What people outside an audience get meanwhile is stored outside any rollout.
  await desk.store.commit({ ...emptyChange, windows: rowsOf(720, 1) });
  const { coveredMs, units, unitsPerSecond } = await traffic(86_400_000);
  expect(coveredMs).toBe(6_600_000);
  expect(units).toBe(66_000);
  expect(unitsPerSecond).toBe(10);
});

test('an endpoint nobody asked has no rates', async () => {
  expect(await traffic(600_000)).toMatchObject({
    units: 0,
    coveredMs: 0,
    unitsPerSecond: 0,
    errorRate: null,
    latencyMs: null,
  });
});
