import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportSample } from '../../../test/samples.ts';
import { register, refTo, twoModels } from '../../../test/simulator/catalog.ts';
import { openControl } from '../../../test/simulator/lone-control.ts';
import type { LoneControl } from '../../../test/simulator/lone-control.ts';
import { instant } from '../../core/lib/units.ts';
import { noThresholds } from '../../core/routing/table.ts';
import { closeBucket, fold, openBucket, splitBucket } from '../../core/telemetry/fold.ts';
import type { Observation } from '../../core/telemetry/observation.ts';
import { healthQuerySchema } from '../../protocol/admin/health.ts';
import type { HealthQuery } from '../../protocol/admin/health.ts';
import { emptyChange } from '../../ports/store.ts';
import type { RunnerUse } from '../../protocol/feed/report.ts';
import { readHealth } from './health.ts';

let lone: LoneControl;
beforeEach(async () => {
  lone = await openControl();
  await register(lone.context.journal, twoModels);
});
afterEach(() => lone.close());

const HOUR_MS = 3_600_000;
type Place = {
  readonly arm?: string;
  readonly version?: number;
  readonly agoMs?: number;
  readonly segments?: readonly string[];
};

/** Windows of `risk` as a gateway would have sent them. */
async function served(observations: readonly Partial<Observation>[], place: Place = {}) {
  const { arm = 'baseline', version = 1, agoMs = 60_000, segments } = place;
  const start = instant(lone.clock.now() - agoMs);
  const key = { endpoint: 'risk', rollout: null, revision: 1, arm, version, start };
  const bucket = openBucket({ ...key, bucketMs: 10_000 }, noThresholds, 100);
  if (segments !== undefined) splitBucket(bucket, segments, 100);
  for (const [unit, one] of observations.entries()) {
    fold(bucket, { unit, outcome: 'ok', latencyMs: 5, fallback: false, ...one });
  }
  const windows = [{ gateway: 'g1', instance: `${agoMs}`, window: closeBucket(bucket) }];
  await lone.store.commit({ ...emptyChange, windows });
}

const read = (query: Partial<HealthQuery> = {}) =>
  readHealth(lone.context, { ...healthQuerySchema.parse({}), endpoint: 'risk', ...query });

const many = (count: number, one: Partial<Observation> = {}): readonly Partial<Observation>[] =>
  Array.from({ length: count }, () => one);

describe('traffic', () => {
  test('an arm that serves and was not asked has no data', async () => {
    expect(await readHealth(lone.context, healthQuerySchema.parse({}))).toMatchObject([
      { endpoint: 'alarm', arm: 'baseline', version: 1, serves: 'users', health: 'no_data' },
      { endpoint: 'risk', arm: 'baseline', version: 1, requests: 0, successRate: null },
    ]);
  });

  test('windows of the asked time are summed up', async () => {
    await served(many(90));
    await served(many(10, { outcome: 'timeout' }), { agoMs: 90_000 });
    await served(many(1_000, { outcome: 'crash' }), { agoMs: 400_000 });
    expect(await read()).toMatchObject([
      { requests: 100, successRate: 0.9, health: 'unhealthy', outcomes: { ok: 90, timeout: 10 } },
    ]);
    expect(await read({ lastMs: HOUR_MS })).toMatchObject([{ requests: 1_100 }]);
  });

  test('who served before is shown, and serves nobody now', async () => {
    await served(many(5), { arm: 'candidate', version: 2 });
    expect(await read()).toMatchObject([
      { arm: 'baseline', version: 1, serves: 'users', health: 'no_data' },
      { arm: 'candidate', version: 2, serves: 'nobody', health: 'healthy' },
    ]);
  });

  test('each segment has figures and health of its own, over all windows', async () => {
    const segments = ['us', 'eu'];
    const failing = many(10, { segment: 1, outcome: 'timeout' });
    await served([...many(30, { segment: 0 }), ...failing], { segments });
    await served(many(20, { segment: 0, latencyMs: 8 }), { segments, agoMs: 90_000 });
    await served(many(5), { agoMs: 100_000 });
    const [row] = await read();
    expect(row).toMatchObject({ requests: 65, health: 'unhealthy' });
    expect(row?.segments).toMatchObject([
      { segment: 'eu', requests: 10, successRate: 0, p50Ms: null, health: 'unhealthy' },
      { segment: 'us', requests: 50, successRate: 1, health: 'healthy', why: [] },
    ]);
    expect(row?.segments?.[1]?.meanMs).toBeCloseTo(6.2, 2);
  });

  test('where no segments are declared there are none', async () => {
    await served(many(5, { segment: 1 }));
    expect((await read())[0]).not.toHaveProperty('segments');
  });

  test('an unknown endpoint is a fault', async () => {
    await expect(read({ endpoint: 'nowhere' })).rejects.toMatchObject({ code: 'ENDPOINT_UNKNOWN' });
  });

  test('where there is more than is read, less of the past is looked at', async () => {
    const now = lone.clock.now();
    const key = { endpoint: 'risk', rollout: null, revision: 1, arm: 'baseline', version: 1 };
    const bucket = openBucket({ ...key, start: instant(0), bucketMs: 50 }, noThresholds, 1);
    fold(bucket, { unit: 1, outcome: 'ok', latencyMs: 1, fallback: false });
    const window = closeBucket(bucket);
    const windows = Array.from({ length: 60_000 }, (_, at) => {
      const start = instant(now - HOUR_MS + at * 50);
      return { gateway: 'g1', instance: 'i', window: { ...window, start } };
    });
    await lone.store.commit({ ...emptyChange, windows });
    const [row] = await read({ lastMs: HOUR_MS });
    expect(row?.since).toBe(new Date(now - HOUR_MS / 2).toISOString());
    expect(row?.requests).toBe(24_000);
  });
});

// M1: health against thresholds. M3: what versions use and cost.
describe('thresholds', () => {
  beforeEach(() => served(many(50, { latencyMs: 60 })));

  const say = (health: { meanMsMax: number; successRateMin: number }) =>
    lone.context.journal.run((state) => {
      const endpoint = state.records.endpoint.get('risk')?.value;
      if (endpoint === undefined) throw new Error('risk is registered');
      const value = { ...endpoint, settings: { ...endpoint.settings, health } };
      return { puts: [{ kind: 'endpoint', key: 'risk', value }], answer: undefined };
    });

  test('by default 100 ms and 95 %', async () => {
    expect(await read()).toMatchObject([
      { health: 'healthy', thresholds: { meanMsMax: 100, successRateMin: 0.95 } },
    ]);
  });

  test('of the endpoint instead, and of the question before both', async () => {
    await say({ meanMsMax: 50, successRateMin: 0.99 });
    expect(await read()).toMatchObject([
      { health: 'unhealthy', why: ['The mean latency is 60 ms, above 50 ms.'] },
    ]);
    expect(await read({ meanMsMax: 70 })).toMatchObject([
      { health: 'healthy', thresholds: { meanMsMax: 70, successRateMin: 0.99 } },
    ]);
  });
});

describe('what versions use', () => {
  const { digest } = refTo('tumour', 1);
  let sequence = 0;

  const report = (use: Partial<RunnerUse>) =>
    lone.control.feed.report(
      reportSample({
        sequence: (sequence += 1),
        runners: [{ digest, residentBytes: 2 ** 27, cpuMs: 0, predictions: 0, ...use }],
      }),
      AbortSignal.timeout(1_000),
    );

  test('is unknown until a gateway has said it', async () => {
    const nothing = { cpuCores: null, residentBytes: null, costPerThousand: null, useSince: null };
    expect(await read()).toMatchObject([nothing]);
  });

  test('is averaged over what is known of the asked time; costs need a price', async () => {
    await report({});
    await lone.timeline.advance(100_000);
    await report({ cpuMs: 50_000, predictions: 10_000 });
    expect(await read()).toMatchObject([
      { cpuCores: 0.5, residentBytes: 2 ** 27, costPerThousand: null },
    ]);
    const priced = { ...lone.context, prices: { corePerHour: 0.36 } };
    const [row] = await readHealth(priced, healthQuerySchema.parse({ endpoint: 'risk' }));
    // 50 s of a core at 0.36 an hour are 0.005, for ten thousand predictions.
    expect(row?.costPerThousand).toBeCloseTo(0.0005, 12);
  });

  test('a report that comes twice counts once', async () => {
    await report({});
    await report({ cpuMs: 1_000 });
    sequence -= 1;
    await report({ cpuMs: 500 });
    await lone.timeline.advance(10_000);
    expect(await read()).toMatchObject([{ cpuCores: 0.1 }]);
  });
});
