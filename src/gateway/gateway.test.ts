import { describe, expect, test } from 'vitest';
import {
  createMemoryFiles,
  createRig,
  inferBody,
  sums,
  type Reply,
  type Rig,
} from '../../test/gateway/rig.ts';
import { digestOf, plainRoute, rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import {
  createVirtualClock,
  settled,
  type VirtualClock,
} from '../../test/gateway/virtual-clock.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import type { RoutingTable } from '../core/routing/table.ts';
import { readPredictionId } from '../protocol/inference/prediction-id.ts';
import { createMac } from './mac.ts';

type Started = Rig & { readonly clock: VirtualClock };

/** A gateway that has taken a table; `models` say what versions do. */
async function started(
  table: RoutingTable | null,
  models: Readonly<Record<number, FunctionModel>> = {},
  files = createMemoryFiles(),
): Promise<Started> {
  const clock = createVirtualClock();
  const rig = createRig({ clock, files });
  for (const [version, model] of Object.entries(models)) rig.models.set(Number(version), model);
  if (table !== null) rig.feed.publish(table);
  await rig.gateway.start();
  await clock.pass(10);
  return { ...rig, clock };
}

const infer = (rig: Rig, user = 'ada'): Promise<Reply> =>
  rig.ask('/v2/models/risk/infer', inferBody([1, 2]), { 'x-unit-id': user });

const failing: FunctionModel = {
  predict: () => {
    throw new Error('cannot');
  },
};
const hanging: FunctionModel = { predict: () => new Promise(() => undefined) };
const giving = (value: number): FunctionModel => ({
  predict: ({ inputs }) => sums(inputs).map((sum) => ({ ...sum, data: Float32Array.of(value) })),
});

const users = Array.from({ length: 15 }, (_none, n) => `user-${n}`);
const all = rolloutRoute(10_000);
const half = rolloutRoute(5_000);
const mac = createMac(Buffer.from('42'.repeat(32), 'hex'));

// G4: what is answered says which version did.
describe('an answer names what made it', () => {
  test('arm, version, ids and time', async () => {
    const rig = await started(tableWith(7, [plainRoute()]));
    const { status, headers, json } = await infer(rig);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      model_name: 'risk',
      model_version: '1',
      outputs: [{ name: 'sum', datatype: 'FP32', shape: [1, 1], data: [3] }],
    });
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-understudy-arm': 'baseline',
      'x-model-version': '1',
      'x-request-id': expect.stringMatching(/^[\w-]+$/),
      'server-timing': expect.stringMatching(/^infer;dur=/),
    });
    expect(readPredictionId(headers.get('x-prediction-id') ?? '', mac)).toMatchObject({
      origin: { endpoint: 'risk', arm: 'baseline', version: 1, generation: 7 },
      at: rig.clock.now(),
    });
  });

  test('also a failure', async () => {
    const rig = await started(tableWith(1, [plainRoute()]), { 1: failing });
    const { status, headers, json } = await infer(rig);
    expect(status).toBe(500);
    expect(json).toMatchObject({ error: 'cannot', code: 'PREDICTION_FAILED' });
    expect(headers.get('x-understudy-arm')).toBe('baseline');
    expect(headers.get('x-model-version')).toBe('1');
    expect(json['request_id']).toBe(headers.get('x-request-id'));
  });

  test.for([
    { name: 'a sound request id comes back', sent: 'abc-1', back: 'abc-1' },
    { name: 'control characters do not', sent: 'a\r\nb', back: expect.stringMatching(/^[\w-]+$/) },
    { name: 'nor endless ones', sent: 'a'.repeat(200), back: expect.stringMatching(/^.{1,40}$/) },
  ])('$name', async ({ sent, back }) => {
    const rig = await started(tableWith(1, [plainRoute()]));
    const { headers } = await rig.ask('/v2', undefined, { 'x-request-id': sent });
    expect(headers.get('x-request-id')).toEqual(back);
  });
});

describe('assignment', () => {
  test('a user keeps his arm, and shares are what the table says', async () => {
    const rig = await started(tableWith(1, [half]));
    const arms = async (): Promise<readonly unknown[]> => {
      const many = Array.from({ length: 400 }, (_none, n) => infer(rig, `u${n}`));
      return (await Promise.all(many)).map(({ headers }) => headers.get('x-understudy-arm'));
    };
    const first = await arms();
    expect(await arms()).toEqual(first);
    const candidates = first.filter((arm) => arm === 'candidate').length;
    expect(candidates).toBeGreaterThan(150);
    expect(candidates).toBeLessThan(250);
  });

  test('the unit may stand in the body', async () => {
    const unitKey = { header: 'x-unit-id', pointer: '/parameters/user' };
    const rig = await started(tableWith(1, [rolloutRoute(5_000, { unitKey })]));
    const asked = users.map(async (user) => {
      const body = { ...inferBody([1, 2]), parameters: { user } };
      const inBody = await rig.ask('/v2/models/risk/infer', body);
      return [inBody.headers.get('x-understudy-arm'), (await infer(rig, user)).headers];
    });
    for (const [arm, headers] of await Promise.all(asked)) {
      expect(arm).toBe((headers as Reply['headers']).get('x-understudy-arm'));
    }
  });

  test('a sequence is one unit', async () => {
    const rig = await started(tableWith(1, [half]));
    for (const id of [1, 2, 'three', 4, 5]) {
      const body = { ...inferBody([1, 2]), parameters: { sequence_id: id } };
      const asked = users.map(() => rig.ask('/v2/models/risk/infer', body));
      const arms = (await Promise.all(asked)).map(({ headers }) => headers.get('x-understudy-arm'));
      expect(new Set(arms).size).toBe(1);
    }
  });

  test('a candidate gets nothing until its version is ready here', async () => {
    const slow: FunctionModel = { ...giving(9), loadMs: 5_000 };
    const rig = await started(tableWith(1, [all]), { 2: slow });
    expect((await infer(rig)).headers.get('x-model-version')).toBe('1');
    await rig.clock.pass(5_000);
    expect((await infer(rig)).headers.get('x-model-version')).toBe('2');
  });
});

describe('a candidate that fails a request costs the user nothing', () => {
  test.for([
    { name: 'an error', model: failing, outcome: 'model_error' },
    { name: 'NaN', model: giving(Number.NaN), outcome: 'null_prediction' },
    { name: 'infinity', model: giving(Infinity), outcome: 'null_prediction' },
    {
      name: 'nothing',
      model: {
        predict: () => [{ name: 'sum', datatype: 'FP32', shape: [0, 1], data: Float32Array.of() }],
      },
      outcome: 'null_prediction',
    },
    {
      name: 'another type',
      model: {
        predict: () => [{ name: 'sum', datatype: 'FP64', shape: [1, 1], data: Float64Array.of(1) }],
      },
      outcome: 'null_prediction',
    },
    {
      name: 'another shape',
      model: {
        predict: () => [{ name: 'sum', datatype: 'FP32', shape: [1], data: Float32Array.of(1) }],
      },
      outcome: 'null_prediction',
    },
    {
      name: 'a crash',
      model: { predict: () => ({ type: 'crash', message: '' }) },
      outcome: 'crash',
    },
    {
      name: 'a full queue',
      model: { predict: () => ({ type: 'overload', retryAfterMs: 9 }) },
      outcome: 'overload',
    },
    { name: 'silence', model: hanging, outcome: 'timeout' },
  ] satisfies readonly { name: string; model: FunctionModel; outcome: string }[])(
    '$name',
    async ({ model, outcome }) => {
      const rig = await started(tableWith(1, [all]), { 2: model });
      const asked = infer(rig);
      await rig.clock.pass(2_000);
      const { status, headers, json } = await asked;
      expect(status).toBe(200);
      expect(json).toMatchObject({ model_version: '1', outputs: [{ data: [3] }] });
      expect(headers.get('x-understudy-fallback')).toBe('candidate');
      const id = readPredictionId(headers.get('x-prediction-id') ?? '', mac);
      const intended = { assigned: 'candidate', rollout: 'r-1', shareBps: 10_000 };
      expect(id?.origin).toMatchObject({ arm: 'baseline', version: 1, ...intended });
      expect(id?.predicted).toEqual({ label: null, score: { kind: 'value', value: 3 } });
      await rig.clock.pass(11_000);
      const [window, ...others] = rig.windows();
      expect(others).toEqual([]);
      expect(window).toMatchObject({ arm: 'candidate', requests: 1, fallbacks: 1 });
      expect(window?.outcomes).toMatchObject({ [outcome]: 1 });
    },
  );

  test.for([
    { name: 'an error', model: failing, status: 500, code: 'PREDICTION_FAILED' },
    { name: 'NaN', model: giving(Number.NaN), status: 500, code: 'PREDICTION_INVALID' },
    { name: 'silence', model: hanging, status: 504, code: 'DEADLINE_EXCEEDED' },
  ])('without fallback he is told: $name', async ({ model, status, code }) => {
    const route = rolloutRoute(10_000, { fallback: 'none' });
    const rig = await started(tableWith(1, [route]), { 2: model });
    const asked = infer(rig);
    await rig.clock.pass(2_000);
    expect(await asked).toMatchObject({ status, json: { code } });
  });

  test('one that takes other inputs than the baseline fails, not the caller', async () => {
    const table = tableWith(1, [all]);
    const [model] = table.models;
    const versions = (model?.versions ?? []).map((version) =>
      version.version === 2
        ? {
            ...version,
            signature: {
              ...version.signature,
              inputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] } as const],
            },
          }
        : version,
    );
    const rig = await started(tableWith(1, [all], versions));
    expect(await infer(rig)).toMatchObject({ status: 200, json: { model_version: '1' } });
    await rig.clock.pass(11_000);
    expect(rig.windows()[0]?.outcomes.model_error).toBe(1);
  });
});

// G5: a request may ask for another version.
describe('a version asked for by number', () => {
  test.for([
    { how: 'path', path: '/v2/models/risk/versions/2/infer', headers: {} },
    { how: 'label in the path', path: '/v2/models/risk/versions/v2/infer', headers: {} },
    { how: 'header', path: '/v2/models/risk/infer', headers: { 'x-understudy-version': '2' } },
    { how: 'model name', path: '/v2/models/sums/versions/2/infer', headers: {} },
  ])('by $how answers, and is no evidence', async ({ path, headers }) => {
    const rig = await started(tableWith(1, [half]));
    const reply = await rig.ask(path, inferBody([1, 2]), headers);
    expect(reply).toMatchObject({ status: 200, json: { model_version: '2' } });
    expect(reply.headers.get('x-understudy-arm')).toBe('pinned');
    await rig.clock.pass(11_000);
    expect(rig.windows()).toEqual([]);
  });

  test('is loaded when needed, a few at a time', async () => {
    const rig = await started(tableWith(1, [plainRoute()]));
    for (const version of [2, 3, 4]) {
      const asked = rig.ask(`/v2/models/risk/versions/${version}/infer`, inferBody([1, 2]));
      await rig.clock.pass(100);
      expect(await asked).toMatchObject({ status: 200, json: { model_version: `${version}` } });
    }
    await rig.clock.pass(1_000);
    expect(rig.feed.reports.at(-1)?.ready).toEqual([1, 3, 4].map(digestOf));
  });

  test('that cannot be loaded is not ready', async () => {
    const rig = await started(tableWith(1, [plainRoute()]), { 3: { ...failing, refusal: 'no' } });
    const asked = rig.ask('/v2/models/risk/versions/3/infer', inferBody([1, 2]));
    await rig.clock.pass(1_000);
    expect(await asked).toMatchObject({ status: 503, json: { code: 'NOT_READY' } });
  });
});

describe('the fuse', () => {
  test('cuts a broken candidate off within 50 requests, and tells control at once', async () => {
    const rig = await started(tableWith(1, [half]), { 2: failing });
    let failed = 0;
    for (let n = 0; n < 200; n += 1) {
      const { status, headers } = await infer(rig, `u${n}`);
      expect(status).toBe(200);
      if (headers.has('x-understudy-fallback')) failed += 1;
    }
    expect(failed).toBe(20);
    await rig.clock.pass(50);
    expect(rig.feed.reports.at(-1)?.fuses).toMatchObject([{ rollout: 'r-1', by: 'gateway' }]);
  });

  test('frees requests that hang on the candidate', async () => {
    const rig = await started(tableWith(1, [rolloutRoute(5_000)]), { 2: hanging });
    const asked = Array.from({ length: 100 }, (_none, n) => infer(rig, `u${n}`));
    await rig.clock.pass(900);
    const replies = await Promise.all(asked);
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  });

  test('stays out after a restart without control, until the rollout is over', async () => {
    const first = await started(tableWith(1, [all]), { 2: failing });
    for (let n = 0; n < 60; n += 1) await infer(first, `u${n}`);
    await first.clock.pass(100);
    const clock = createVirtualClock();
    const second = createRig({ clock, files: first.files });
    second.feed.isAway = true;
    await second.gateway.start();
    await clock.pass(50);
    expect((await infer(second)).headers.get('x-understudy-arm')).toBe('baseline');
    second.feed.isAway = false;
    second.feed.publish(tableWith(2, [rolloutRoute(10_000, { rollout: 'r-2' })]));
    await clock.pass(10_000);
    expect((await infer(second)).headers.get('x-understudy-arm')).toBe('candidate');
    expect(second.gateway.status().endpoints[0]?.fuse).toBeNull();
  });

  test('a person cuts it on the local socket, with control away', async () => {
    const rig = await started(tableWith(1, [all]));
    rig.feed.isAway = true;
    const order = { endpoint: 'risk', who: 'ada', reason: 'odd scores' };
    const reply = await rig.gateway.handleLocal({
      method: 'POST',
      target: '/rollback',
      headers: new Map(),
      body: new TextEncoder().encode(JSON.stringify(order)),
      signal: new AbortController().signal,
    });
    expect(reply.status).toBe(200);
    expect((await infer(rig)).headers.get('x-model-version')).toBe('1');
    rig.feed.isAway = false;
    await rig.clock.pass(10_000);
    expect(rig.feed.reports.at(-1)?.fuses).toMatchObject([
      { rollout: 'r-1', by: 'person', who: 'ada', sentence: 'odd scores' },
    ]);
  });
});

describe('the table', () => {
  test('one that is refused changes nothing, and control hears where it is wrong', async () => {
    const rig = await started(tableWith(1, [plainRoute()]));
    const arms = plainRoute().arms;
    rig.feed.publish(tableWith(2, [plainRoute({ split: [], arms })]));
    await rig.clock.pass(100);
    expect(await infer(rig)).toMatchObject({ status: 200 });
    expect(rig.feed.reports.at(-1)).toMatchObject({
      generation: 1,
      rejected: { generation: 2, message: expect.stringMatching(/^routes\[0\]\.split: /) },
    });
    rig.feed.publish(tableWith(3, [plainRoute()]));
    await rig.clock.pass(100);
    expect(rig.feed.reports.at(-1)).toMatchObject({ generation: 3, rejected: null });
  });

  test('one without a number is refused without haste', async () => {
    const rig = await started(null);
    const { table } = rig.feed;
    let asked = 0;
    rig.feed.table = (after, signal) => {
      asked += 1;
      return table(after, signal);
    };
    rig.feed.publish({ routes: 'none' });
    await rig.clock.pass(20_000);
    expect(asked).toBeLessThan(10);
  });

  test('a route waits for its new baseline, and holds up no other', async () => {
    const slow: FunctionModel = { ...giving(9), loadMs: 5_000 };
    const other = { endpoint: 'fraud' };
    const rig = await started(tableWith(1, [plainRoute(), rolloutRoute(10_000, other)]), {
      3: slow,
    });
    const moved = plainRoute({
      arms: [{ name: 'baseline', role: 'baseline', version: { ...plainRefOf(3) } }],
    });
    rig.feed.publish(tableWith(2, [moved, rolloutRoute(0, other)]));
    await rig.clock.pass(50);
    expect((await infer(rig)).headers.get('x-model-version')).toBe('1');
    const back = await rig.ask('/v2/models/fraud/infer', inferBody([1, 2]));
    expect(back.headers.get('x-model-version')).toBe('1');
    expect(rig.feed.reports.at(-1)?.generation).toBe(1);
    await rig.clock.pass(5_000);
    expect((await infer(rig)).headers.get('x-model-version')).toBe('3');
    expect(rig.feed.reports.at(-1)?.generation).toBe(2);
  });

  test('a version that cannot be loaded keeps its route as it was, and is reported', async () => {
    const rig = await started(tableWith(1, [plainRoute()]), { 3: { ...failing, refusal: 'torn' } });
    const arms = [{ name: 'baseline', role: 'baseline', version: plainRefOf(3) }] as const;
    rig.feed.publish(tableWith(2, [plainRoute({ arms })]));
    await rig.clock.pass(1_100);
    expect((await infer(rig)).headers.get('x-model-version')).toBe('1');
    expect(rig.feed.reports.at(-1)).toMatchObject({
      generation: 2,
      failed: [{ digest: digestOf(3), detail: 'torn' }],
    });
  });

  test('serves from disk without control, and takes what control has when it is back', async () => {
    const { files } = await started(tableWith(9, [plainRoute()]));
    await settled();
    const clock = createVirtualClock();
    const rig = createRig({ clock, files });
    rig.feed.isAway = true;
    await rig.gateway.start();
    await clock.pass(10);
    expect(rig.gateway.isReady()).toBe(true);
    expect(await infer(rig)).toMatchObject({ status: 200 });
    // Control was set up anew: its numbers begin again.
    rig.feed.publish(tableWith(2, [plainRoute({ endpoint: 'fresh' })]));
    rig.feed.isAway = false;
    await clock.pass(10_000);
    expect(rig.gateway.status()).toMatchObject({
      generation: 2,
      endpoints: [{ endpoint: 'fresh' }],
    });
  });

  test('without any table it is not ready, and says so', async () => {
    const rig = await started(null);
    expect(await rig.ask('/v2/health/ready')).toMatchObject({ status: 503 });
    expect(await infer(rig)).toMatchObject({ status: 404, json: { code: 'ENDPOINT_UNKNOWN' } });
  });
});

const plainRefOf = (version: number) => ({ model: 'sums', version, digest: digestOf(version) });

describe('evidence', () => {
  test('windows are sent until control has them, in the buckets in which they belong', async () => {
    const rig = await started(tableWith(1, [plainRoute()]));
    rig.feed.isAway = true;
    for (const user of users) await infer(rig, user);
    await rig.clock.pass(10_000);
    for (const user of users.slice(5)) await infer(rig, user);
    await rig.clock.pass(30_000);
    expect(rig.windows()).toEqual([]);
    rig.feed.isAway = false;
    await rig.clock.pass(10_000);
    expect(rig.windows()).toMatchObject([
      { requests: 15, losses: { error: { units: 15, sum: 0 } } },
      { requests: 10, losses: { error: { units: 10, sum: 0 } } },
    ]);
    expect(new Set(rig.windows().map(({ start }) => start % 10_000))).toEqual(new Set([0]));
    expect(rig.feed.reports.at(-1)?.through).toBeGreaterThan(rig.clock.now() - 2_000);
  });

  test('the last ones are sent when the gateway stops', async () => {
    const rig = await started(tableWith(1, [plainRoute()]));
    await infer(rig);
    const stopped = rig.gateway.drain();
    await rig.clock.pass(3_000);
    await stopped;
    expect(rig.windows()).toMatchObject([{ requests: 1 }]);
    expect(rig.gateway.isReady()).toBe(false);
  });

  test('mistakes of callers are evidence against nobody', async () => {
    const rig = await started(tableWith(1, [all]));
    const wrong = { inputs: [{ name: 'x', shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] }] };
    const reply = await rig.ask('/v2/models/risk/infer', wrong);
    expect(reply).toMatchObject({ status: 400, json: { code: 'TENSOR_INVALID' } });
    await rig.clock.pass(11_000);
    expect(rig.windows()).toEqual([]);
  });
});

test('beyond its room a gateway sheds, and tells when to come back', async () => {
  const clock = createVirtualClock();
  const rig = createRig({ clock, limits: { inFlightMax: 2 } });
  rig.models.set(1, hanging);
  rig.feed.publish(tableWith(1, [plainRoute()]));
  await rig.gateway.start();
  await clock.pass(10);
  const first = [infer(rig), infer(rig)];
  await settled();
  const { status, headers, json } = await infer(rig);
  expect(status).toBe(503);
  expect(headers.get('retry-after')).toBe('1');
  expect(json).toMatchObject({ code: 'OVERLOADED' });
  await clock.pass(2_000);
  await Promise.all(first);
  const later = infer(rig);
  await clock.pass(2_000);
  expect(await later).toMatchObject({ json: { code: 'DEADLINE_EXCEEDED' } });
});

test('metrics name what the table of metrics says, and count', async () => {
  const rig = await started(tableWith(1, [half]), { 2: failing });
  for (const user of users) await infer(rig, user);
  const { body } = await rig.gateway.handleLocal({
    method: 'GET',
    target: '/metrics',
    headers: new Map(),
    body: new Uint8Array(),
    signal: new AbortController().signal,
  });
  const text = String(body);
  const labels = 'endpoint="risk",model="sums",version="1",arm="baseline"';
  expect(text).toContain('# TYPE understudy_requests_total counter\n');
  expect(text).toMatch(new RegExp(`understudy_requests_total{${labels},outcome="ok"} [1-9]`));
  expect(text).toContain('understudy_fuse_tripped{endpoint="risk",rollout="r-1"} 0\n');
  expect(text).toContain('understudy_table_generation 1\n');
});
