import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDesk, prepare } from '../../../test/simulator/admin-desk.ts';
import type { Asked, Desk } from '../../../test/simulator/admin-desk.ts';
import type { FedBack, FeedbackBatch } from '../../protocol/feed/feedback.ts';
import type { OperationId } from '../../protocol/admin/operations.ts';
import { bps, instant } from '../../core/lib/units.ts';
import type { Instant } from '../../core/lib/units.ts';

const HOUR_MS = 3_600_000;
const { signal } = new AbortController();

let desk: Desk;
let example: (id: OperationId) => Asked;
let rollout = '';
beforeEach(async () => {
  desk = await openDesk();
  example = await prepare(desk);
  rollout = String(example('rollout.read').params?.['rollout']);
});
afterEach(() => desk.close());

type Origin = FeedbackBatch['origins'][number];

const origin = (over: Partial<Origin> = {}): Origin => ({
  endpoint: 'risk',
  arm: 'candidate',
  version: 2,
  generation: 5,
  rollout,
  revision: 3,
  assigned: 'candidate',
  shareBps: bps(500),
  ...over,
});

let made = 0;
function fedBack(over: Partial<FedBack>, at: Instant, unit = made): FedBack {
  made += 1;
  return {
    about: {
      type: 'prediction',
      origin: 0,
      nonce: `0a1b2c3d4e5f${made.toString(36)}`,
      unit,
      at,
      predicted: { label: '1', score: { kind: 'positive', value: 0.75 } },
    },
    metric: 'label',
    value: '1',
    id: null,
    receivedAt: at,
    ...over,
  };
}

const send = (over: Partial<FeedbackBatch>): Promise<void> =>
  desk.control.feed.feedback(
    {
      schema: 1,
      gateway: 'g1',
      instance: 'i1',
      sequence: 1,
      origins: [origin()],
      feedback: [],
      exposures: [],
      exposuresDropped: 0,
      ...over,
    },
    signal,
  );

const read = async (query: Readonly<Record<string, string>> = {}) =>
  (await desk.ask('viewer', 'feedback.read', { params: { endpoint: 'risk' }, query })).json();

const declare = (metric: string, body: object) =>
  desk.ask('operator', 'feedback.declare', { params: { endpoint: 'risk', metric }, body });

const now = (): Instant => desk.control.context.clock.now();

// M2: accuracy against labels that come late.
describe('what came of predictions', () => {
  test('is told version by version, with intervals', async () => {
    const rows = Array.from({ length: 10 }, (_none, n) =>
      fedBack({ value: n < 8 ? '1' : '0' }, now()),
    );
    await send({ feedback: rows });
    await send({ feedback: rows });
    const metrics = (await read())['metrics'];
    expect(metrics).toMatchObject([
      {
        metric: 'label',
        declared: false,
        versions: [{ version: 2, events: 10, provisionalEvents: 0, state: 'mature' }],
      },
    ]);
    expect(JSON.stringify(metrics)).toContain('{"name":"accuracy","value":0.8,"lower":0.49');
    expect((await read({ version: '1' }))['metrics']).toEqual([]);
  });

  test('is provisional until it is expected to be complete', async () => {
    expect((await declare('label', { maturityMs: HOUR_MS })).status).toBe(200);
    await send({ feedback: [fedBack({}, now())] });
    const states = async () => (await read({ lastMs: String(24 * HOUR_MS) }))['metrics'];
    expect(await states()).toMatchObject([
      {
        maturityMs: HOUR_MS,
        versions: [{ events: 0, provisionalEvents: 1, state: 'provisional' }],
      },
    ]);
    await desk.timeline.advance(2 * HOUR_MS);
    expect(await states()).toMatchObject([
      { versions: [{ events: 1, provisionalEvents: 0, state: 'mature' }] },
    ]);
  });

  test('is told step by step when asked', async () => {
    await send({ feedback: [fedBack({ value: '1' }, now())] });
    await desk.timeline.advance(3 * HOUR_MS);
    const late = [fedBack({ value: '0' }, now()), fedBack({ value: '0' }, now())];
    await send({ feedback: late, sequence: 2 });
    const { metrics } = await read({ stepMs: String(HOUR_MS) });
    expect(metrics).toMatchObject([
      { versions: [{ events: 3, course: [{ events: 1 }, { events: 2 }] }] },
    ]);
    const query = { stepMs: '1000', lastMs: String(HOUR_MS) };
    const refused = await desk.ask('viewer', 'feedback.read', {
      params: { endpoint: 'risk' },
      query,
    });
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.json())).toContain('at most 400 steps');
  });

  test('of a rollout is told by units, those without feedback too', async () => {
    const exposures = [
      { rollout, arm: 'candidate', at: now(), units: [1, 2, 3, 4] },
      { rollout, arm: 'baseline', at: now(), units: [5, 6, 7, 8, 9] },
    ];
    await send({ exposures });
    const sale = (unit: number, value: number) => fedBack({ metric: 'sales', value }, now(), unit);
    await send({ feedback: [sale(1, 3), sale(1, 4), sale(2, 1)], exposures });
    const outcomes = (await read())['rollout'];
    expect(outcomes).toMatchObject({
      id: rollout,
      metrics: [
        {
          metric: 'sales',
          arms: [
            { arm: 'baseline', version: 1, units: 5, answered: 0, mean: 0, arrival: null },
            { arm: 'candidate', version: 2, units: 4, answered: 2, mean: 2 },
          ],
        },
      ],
    });
  });

  test('about a unit and a time is attributed by how the endpoint was answered then', async () => {
    const about = { type: 'unit', endpoint: 'risk', unit: 'ada', at: now() } as const;
    const early = { ...about, at: instant(1) };
    const said = fedBack({ about, metric: 'sales', value: 2 }, now());
    await send({ feedback: [said, { ...said, about: early }] });
    await send({ feedback: [said] });
    const metrics = (await read({ lastMs: String(30 * 24 * HOUR_MS) }))['metrics'];
    expect(metrics).toMatchObject([{ versions: [{ version: 1, events: 1 }] }]);
  });
});

describe('outcomes of a rollout', () => {
  test('are there epoch by epoch', async () => {
    const { context } = desk.control;
    await send({
      origins: [origin(), origin({ revision: 4, shareBps: bps(900) })],
      feedback: [
        fedBack({ metric: 'reward', value: 1 }, now()),
        fedBack({ metric: 'reward', value: 0.5, about: aboutSecond() }, now()),
      ],
    });
    const stored = context.journal.state().records.rollout.get(rollout);
    if (stored === undefined) throw new Error('there is no rollout');
    const asked = { declared: [], now: now() };
    const outcomes = await context.outcomes.outcomesOf(stored.value, asked);
    const outcome = outcomes.find(({ metric }) => metric === 'reward');
    expect(outcome?.arms.map(({ arm, units, sum }) => [arm, units, sum])).toEqual([
      ['baseline', 0, 0],
      ['candidate', 2, 1.5],
    ]);
    expect(outcome?.arms[1]?.epochs).toMatchObject([
      { revision: 3, shareBps: 500, events: 1, sum: 1 },
      { revision: 4, shareBps: 900, events: 1, sum: 0.5 },
    ]);
  });

  const aboutSecond = (): FedBack['about'] => {
    const { about } = fedBack({}, now());
    return about.type === 'prediction' ? { ...about, origin: 1 } : about;
  };
});

describe('bad input', () => {
  test.for([
    {
      what: 'an endpoint nobody has',
      params: { endpoint: 'none' },
      query: {},
      code: 'ENDPOINT_UNKNOWN',
    },
    {
      what: 'no time',
      params: { endpoint: 'risk' },
      query: { lastMs: '0' },
      code: 'INPUT_INVALID',
    },
    {
      what: 'too long',
      params: { endpoint: 'risk' },
      query: { lastMs: '1e12' },
      code: 'INPUT_INVALID',
    },
    {
      what: 'version 0',
      params: { endpoint: 'risk' },
      query: { version: '0' },
      code: 'INPUT_INVALID',
    },
    {
      what: 'a misspelt key',
      params: { endpoint: 'risk' },
      query: { last: '7d' },
      code: 'INPUT_INVALID',
    },
  ])('reading: $what', async ({ params, query, code }) => {
    const { json } = await desk.ask('viewer', 'feedback.read', { params, query });
    expect(json()).toMatchObject({ code });
  });

  test.for([
    { what: 'an endpoint nobody has', endpoint: 'none', metric: 'label', body: { maturityMs: 1 } },
    {
      what: 'a metric with a bad name',
      endpoint: 'risk',
      metric: 'A%20b',
      body: { maturityMs: 1 },
    },
    { what: 'no maturity', endpoint: 'risk', metric: 'label', body: {} },
    { what: 'a negative one', endpoint: 'risk', metric: 'label', body: { maturityMs: -1 } },
    { what: 'one of years', endpoint: 'risk', metric: 'label', body: { maturityMs: 1e12 } },
    {
      what: 'an empty class',
      endpoint: 'risk',
      metric: 'label',
      body: { maturityMs: 1, positive: '' },
    },
    {
      what: 'a misspelt key',
      endpoint: 'risk',
      metric: 'label',
      body: { maturityMs: 1, maturity: 1 },
    },
  ])('declaring: $what', async ({ endpoint, metric, body }) => {
    const before = await desk.audit();
    const said = await desk.ask('operator', 'feedback.declare', {
      params: { endpoint, metric },
      body,
    });
    expect([404, 422]).toContain(said.status);
    expect(await desk.audit()).toEqual(before);
  });
});
