import { describe, expect, test } from 'vitest';
import { createRig, inferBody } from '../../test/gateway/rig.ts';
import type { Reply, Rig } from '../../test/gateway/rig.ts';
import { plainRoute, rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import { createVirtualClock } from '../../test/gateway/virtual-clock.ts';
import type { VirtualClock } from '../../test/gateway/virtual-clock.ts';
import type { Route } from '../core/routing/table.ts';
import type { FedBack } from '../protocol/feed/feedback.ts';
import type { GatewayLimits } from './limits.ts';

type Started = Rig & { readonly clock: VirtualClock };

async function started(route: Route, limits: Partial<GatewayLimits> = {}): Promise<Started> {
  const clock = createVirtualClock();
  const rig = { ...createRig({ clock, limits }), clock };
  rig.feed.publish(tableWith(1, [route]));
  await rig.gateway.start();
  await clock.pass(10);
  return rig;
}

const predict = (rig: Rig, user = 'ada'): Promise<Reply> =>
  rig.ask('/v2/models/risk/infer', inferBody([1, 2]), { 'x-unit-id': user });

async function idFrom(rig: Rig, user?: string): Promise<string> {
  return (await predict(rig, user)).headers.get('x-prediction-id') ?? '';
}

async function tell(rig: Started, body: unknown, type = 'application/json'): Promise<Reply> {
  const asked = rig.ask('/v1/feedback', body, { 'content-type': type });
  await rig.clock.pass(3_000);
  return asked;
}

const tellLines = (rig: Started, lines: readonly unknown[]): Promise<Reply> =>
  tell(
    rig,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    'application/x-ndjson; charset=utf-8',
  );

const toldTo = (rig: Rig): readonly FedBack[] =>
  rig.feed.fedBack.flatMap(({ feedback }) => feedback);

describe('one piece', () => {
  test('about a prediction comes to control with all its id says', async () => {
    const rig = await started(rolloutRoute(10_000));
    const id = await idFrom(rig);
    const { status, json } = await tell(rig, { prediction_id: id, label: 3.5 });
    expect(status).toBe(200);
    expect(json).toEqual({ state: 'stored', taken: 1, refused: 0, errors: [] });
    expect(toldTo(rig)).toMatchObject([
      {
        about: { type: 'prediction', predicted: { score: { kind: 'value', value: 3 } } },
        metric: 'label',
        value: '3.5',
        id: null,
      },
    ]);
    expect(rig.feed.fedBack.flatMap(({ origins }) => origins)).toMatchObject([
      { endpoint: 'risk', arm: 'candidate', version: 2, rollout: 'r-1', shareBps: 10_000 },
    ]);
  });

  test.for([
    { name: 'a reward', said: { reward: -0.5 }, is: { metric: 'reward', value: -0.5 } },
    { name: 'yes', said: { label: true }, is: { metric: 'label', value: '1' } },
    {
      name: 'a metric under a name of its own',
      said: { metric: { name: 'sales', value: 12 }, id: 'order-1' },
      is: { metric: 'sales', value: 12, id: 'order-1' },
    },
  ])('$name is understood', async ({ said, is }) => {
    const rig = await started(plainRoute());
    const id = await idFrom(rig);
    expect((await tell(rig, { prediction_id: id, ...said })).status).toBe(200);
    expect(toldTo(rig)).toMatchObject([is]);
  });

  test('about a unit and a time needs no id', async () => {
    const rig = await started(plainRoute());
    const at = new Date(rig.clock.now()).toISOString();
    const said = { endpoint: 'risk', unit: 'ada', at, reward: 1 };
    expect((await tell(rig, said)).json).toMatchObject({ state: 'stored' });
    const about = { type: 'unit', endpoint: 'risk', unit: 'ada', at: Date.parse(at) };
    expect(toldTo(rig)).toMatchObject([{ about }]);
  });
});

describe('what is refused, each with its code and place', () => {
  const day = 86_400_000;
  type Case = {
    readonly name: string;
    readonly body: (id: string, now: number) => unknown;
    readonly status: number;
    readonly code: string;
    readonly path?: string | null;
  };
  const bad = (name: string, body: Case['body'], path: string | null): Case => ({
    name,
    body,
    path,
    code: 'FEEDBACK_INVALID',
    status: 400,
  });
  const malformed = { code: 'PREDICTION_ID_MALFORMED', status: 400 };
  const cut = (id: string, from: number, to = id.length): unknown => ({
    prediction_id: id.slice(from, to),
    label: 1,
  });
  const unit = (over: object) => ({
    endpoint: 'risk',
    unit: 'ada',
    at: 1_789_999_999_000,
    ...over,
  });
  test.for<Case>([
    { ...bad('no JSON', () => '{', null), code: 'REQUEST_MALFORMED' },
    bad('a list', () => [], null),
    bad('null', () => 'null', null),
    bad('nothing', () => ({}), 'prediction_id'),
    bad('no value', (id) => ({ prediction_id: id }), 'label'),
    bad('two values', (id) => ({ prediction_id: id, label: 1, reward: 1 }), 'reward'),
    bad('an unknown key', (id) => ({ prediction_id: id, label: 1, lable: 1 }), null),
    bad('a label that is a list', (id) => ({ prediction_id: id, label: [1] }), 'label'),
    bad('an empty label', (id) => ({ prediction_id: id, label: '' }), 'label'),
    bad('an endless label', (id) => ({ prediction_id: id, label: 'x'.repeat(65) }), 'label'),
    bad('a reward that is text', (id) => ({ prediction_id: id, reward: '1' }), 'reward'),
    bad('a reward without end', (id) => `{"prediction_id":"${id}","reward":1e999}`, 'reward'),
    bad('a nameless metric', (id) => ({ prediction_id: id, metric: { value: 1 } }), 'metric.name'),
    bad(
      'a metric named label',
      (id) => ({ prediction_id: id, metric: { name: 'label', value: 1 } }),
      'metric.name',
    ),
    bad(
      'a metric without a number',
      (id) => ({ prediction_id: id, metric: { name: 'sales', value: null } }),
      'metric.value',
    ),
    bad('an empty id of its own', (id) => ({ prediction_id: id, label: 1, id: '' }), 'id'),
    bad('id and unit at once', (id) => ({ prediction_id: id, unit: 'ada', label: 1 }), 'unit'),
    bad('id and time at once', (id) => ({ prediction_id: id, at: 5, label: 1 }), 'at'),
    bad('no unit', () => unit({ unit: undefined, label: 1 }), 'unit'),
    bad('no time', () => unit({ at: undefined, label: 1 }), 'at'),
    bad('a time that is none', () => unit({ at: 'yesterday', label: 1 }), 'at'),
    bad('a negative time', () => unit({ at: -1, label: 1 }), 'at'),
    bad('a time to come', (_id, now) => unit({ at: now + day, label: 1 }), 'at'),
    {
      ...bad('an endpoint nobody has', () => unit({ endpoint: 'fraud', label: 1 }), 'endpoint'),
      code: 'ENDPOINT_UNKNOWN',
      status: 404,
    },
    {
      ...bad('a time long ago', (_id, now) => unit({ at: now - 401 * day, label: 1 }), 'at'),
      code: 'PREDICTION_EXPIRED',
      status: 410,
    },
    { ...bad('an id cut off', (id) => cut(id, 0, id.length - 1), 'prediction_id'), ...malformed },
    { ...bad('the rest of an id', (id) => cut(id, 1), 'prediction_id'), ...malformed },
    {
      ...bad(
        'an id somebody improved',
        (id) => ({ prediction_id: id.replace('.wat', '.w1').replace(/.$/, 'A'), label: 1 }),
        'prediction_id',
      ),
      code: 'PREDICTION_ID_FORGED',
    },
    {
      ...bad('no id at all', () => ({ prediction_id: 'x', label: 1 }), 'prediction_id'),
      ...malformed,
    },
  ])('$name', async ({ body, status, code, path }) => {
    const rig = await started(plainRoute());
    const id = await idFrom(rig);
    const reply = await tell(rig, body(id, rig.clock.now()));
    expect(reply.json).toMatchObject({ code, ...(path === null ? {} : { path }) });
    expect(reply.status).toBe(status);
    expect(toldTo(rig)).toEqual([]);
  });

  test('an id of more than 400 days ago', async () => {
    const rig = await started(plainRoute());
    const id = await idFrom(rig);
    rig.clock.jump(401 * day);
    const reply = await tell(rig, { prediction_id: id, label: 1 });
    expect(reply).toMatchObject({ status: 410, json: { code: 'PREDICTION_EXPIRED' } });
  });

  test.for(['text/csv', 'application/x-ndjson; charset=latin1'])('type %s', async (type) => {
    const rig = await started(plainRoute());
    const reply = await tell(rig, '{}', type);
    expect(reply).toMatchObject({ status: 415, json: { code: 'MEDIA_TYPE_UNSUPPORTED' } });
  });

  test.for([
    { name: 'no line', body: '\n \n', code: 'REQUEST_MALFORMED' },
    { name: 'too many lines', body: '{}\n'.repeat(6), code: 'FEEDBACK_TOO_MANY' },
  ])('a batch with $name', async ({ body, code }) => {
    const rig = await started(plainRoute(), { feedbackLinesMax: 5 });
    expect((await tell(rig, body, 'application/x-ndjson')).json).toMatchObject({ code });
  });

  test('reading it', async () => {
    const rig = await started(plainRoute());
    expect(await rig.ask('/v1/feedback')).toMatchObject({ status: 405 });
  });
});

describe('a batch', () => {
  test('loses none of its good lines to the bad ones', async () => {
    const rig = await started(plainRoute());
    const id = await idFrom(rig);
    const { status, json } = await tellLines(rig, [
      { prediction_id: id, label: 1 },
      'no json',
      '',
      { prediction_id: id, reward: 2 },
      { prediction_id: 'x', reward: 2 },
      { endpoint: 'fraud', unit: 'ada', at: 0, label: 1 },
    ]);
    expect(status).toBe(200);
    expect(json).toMatchObject({ state: 'stored', taken: 2, refused: 3 });
    expect(json['errors']).toMatchObject([
      { line: 2, code: 'REQUEST_MALFORMED' },
      { line: 5, code: 'PREDICTION_ID_MALFORMED', path: 'prediction_id' },
      { line: 6, code: 'ENDPOINT_UNKNOWN', path: 'endpoint' },
    ]);
    expect(toldTo(rig).map(({ metric }) => metric)).toEqual(['label', 'reward']);
  });

  test('of nothing but bad lines is refused, line by line', async () => {
    const rig = await started(plainRoute());
    const { status, json } = await tellLines(rig, ['{', { label: 1 }]);
    expect(status).toBe(400);
    expect(json).toMatchObject({ state: 'refused', taken: 0, refused: 2 });
    expect(json).toMatchObject({ code: 'REQUEST_MALFORMED', fix: expect.any(String) });
    expect(json['error']).toMatch(/^line 1: /);
  });

  test('tells of a thousand bad lines, and counts the others', async () => {
    const rig = await started(plainRoute());
    const { json } = await tellLines(
      rig,
      Array.from({ length: 1_200 }, () => '{'),
    );
    expect(json).toMatchObject({ refused: 1_200 });
    expect(json['errors']).toHaveLength(1_000);
  });

  test('of many lines goes to control in parts, each piece and each origin once', async () => {
    const rig = await started(plainRoute());
    const id = await idFrom(rig);
    const lines = Array.from({ length: 12_000 }, (_none, n) => ({
      prediction_id: id,
      metric: { name: 'sales', value: n },
      id: `o-${n}`,
    }));
    const { json } = await tellLines(rig, lines);
    expect(json).toMatchObject({ state: 'stored', taken: 12_000 });
    expect(rig.feed.fedBack.map(({ feedback }) => feedback.length)).toEqual([10_000, 2_000]);
    expect(rig.feed.fedBack.map(({ origins }) => origins.length)).toEqual([1, 1]);
    expect(toldTo(rig).map(({ value }) => value)).toEqual(lines.map((_line, n) => n));
  });
});

describe('while control is away', () => {
  test('feedback is accepted, and handed on when it is back', async () => {
    const rig = await started(plainRoute());
    const id = await idFrom(rig);
    rig.feed.isAway = true;
    const { status, json } = await tell(rig, { prediction_id: id, label: 1 });
    expect(status).toBe(202);
    expect(json).toMatchObject({ state: 'accepted', taken: 1 });
    expect((await rig.ask('/metrics')).status).toBe(200);
    expect(rig.gateway.status().feedbackWaiting).toBe(1);
    rig.feed.isAway = false;
    await rig.clock.pass(10_000);
    expect(toldTo(rig)).toHaveLength(1);
    expect(rig.gateway.status().feedbackWaiting).toBe(0);
  });

  test('there is room for so much; then all of a request is refused, to come again', async () => {
    const rig = await started(plainRoute(), { feedbackMax: 3 });
    const id = await idFrom(rig);
    rig.feed.isAway = true;
    const lines = [1, 2].map((label) => ({ prediction_id: id, label, id: `l-${label}` }));
    expect(await tellLines(rig, lines)).toMatchObject({ status: 202 });
    const refused = await tellLines(rig, lines);
    expect(refused).toMatchObject({ status: 503, json: { code: 'FEEDBACK_BUFFER_FULL' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await tell(rig, { prediction_id: id, label: 3 })).toMatchObject({ status: 202 });
    expect(await tell(rig, { prediction_id: id, label: 4 })).toMatchObject({ status: 503 });
    rig.feed.isAway = false;
    await rig.clock.pass(10_000);
    expect(toldTo(rig).map(({ value }) => value)).toEqual(['1', '2', '3']);
    expect(await tell(rig, { prediction_id: id, label: 4 })).toMatchObject({ status: 200 });
  });

  test('what waits for its answer takes its room once', async () => {
    const rig = await started(plainRoute(), { feedbackMax: 4 });
    const id = await idFrom(rig);
    rig.feed.isAway = true;
    const two = [1, 2].map((label) => JSON.stringify({ prediction_id: id, label })).join('\n');
    const type = { 'content-type': 'application/x-ndjson' };
    const asked = [1, 2, 3].map(() => rig.ask('/v1/feedback', two, type));
    await rig.clock.pass(3_000);
    const replies = await Promise.all(asked);
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 503]);
  });

  test('a gateway that ends says what control will not get', async () => {
    const rig = await started(plainRoute());
    const id = await idFrom(rig);
    rig.feed.isAway = true;
    await tell(rig, { prediction_id: id, label: 1 });
    const drained = rig.gateway.drain();
    await rig.clock.pass(20_000);
    await drained;
    expect(rig.log.lines).toContain('feedback is lost: control was away until the end');
  });
});

describe('units of a rollout', () => {
  test('are told once each, under the arm they were assigned to', async () => {
    const rig = await started(rolloutRoute(5_000));
    for (let n = 0; n < 60; n += 1) await predict(rig, `u${n % 20}`);
    await rig.clock.pass(2_000);
    const groups = rig.feed.fedBack.flatMap(({ exposures }) => exposures);
    const units = groups.flatMap((group) => group.units);
    expect(units).toHaveLength(20);
    expect(new Set(units).size).toBe(20);
    expect(new Set(groups.map(({ rollout, arm }) => `${rollout}/${arm}`))).toEqual(
      new Set(['r-1/baseline', 'r-1/candidate']),
    );
  });

  test('are not told outside any rollout', async () => {
    const rig = await started(plainRoute());
    await predict(rig);
    await rig.clock.pass(2_000);
    expect(rig.feed.fedBack).toEqual([]);
  });

  test('of many stretches and rollouts are told in batches that control takes', async () => {
    const rig = await started(rolloutRoute(10_000, { bucketMs: 1_000 }));
    rig.feed.isAway = true;
    for (let n = 0; n < 1_100; n += 1) {
      await predict(rig, `u${n}`);
      rig.clock.jump(10_000);
    }
    rig.feed.isAway = false;
    await rig.clock.pass(10_000);
    const groups = rig.feed.fedBack.map(({ exposures }) => exposures.length);
    expect(groups.reduce((sum, length) => sum + length, 0)).toBe(1_100);
    expect(Math.max(...groups)).toBe(1_000);
  });

  test('wait for control while there is room, and are told when they come again', async () => {
    const rig = await started(rolloutRoute(10_000), { exposuresWaitingMax: 3 });
    rig.feed.isAway = true;
    for (let n = 0; n < 5; n += 1) await predict(rig, `u${n}`);
    await rig.clock.pass(2_000);
    rig.feed.isAway = false;
    await rig.clock.pass(10_000);
    for (let n = 0; n < 5; n += 1) await predict(rig, `u${n}`);
    await rig.clock.pass(2_000);
    const units = rig.feed.fedBack.flatMap(({ exposures }) => exposures.flatMap((g) => g.units));
    expect(units).toHaveLength(5);
    expect(new Set(units).size).toBe(5);
    expect(rig.feed.fedBack.at(-1)?.exposuresDropped).toBe(2);
  });
});
