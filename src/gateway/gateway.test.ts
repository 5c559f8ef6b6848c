import { describe, expect, test } from 'vitest';
import { createRig, inferBody, type Reply } from '../../test/gateway/rig.ts';
import { failing, giving, hanging, infer, started } from '../../test/gateway/started.ts';
import { digestOf, plainRoute, rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import { createVirtualClock, settled } from '../../test/gateway/virtual-clock.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import { readPredictionId } from '../protocol/inference/prediction-id.ts';
import { createMac } from './mac.ts';

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
  expect(text).toContain(
    'understudy_fuse_tripped{endpoint="risk",rollout="r-1",arm="candidate"} 0\n',
  );
  expect(text).toContain('understudy_table_generation 1\n');
});
