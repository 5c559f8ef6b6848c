import { describe, expect, test } from 'vitest';
import { adding, createRig, inferBody, sums, type Rig } from '../../test/gateway/rig.ts';
import { mirrorOfAll as mirror, plainRoute } from '../../test/gateway/tables.ts';
import { rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import { createVirtualClock, type VirtualClock } from '../../test/gateway/virtual-clock.ts';
import { createFunctionBackend } from '../adapters/backend/function.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import { bps } from '../core/lib/units.ts';
import type { CatalogVersion, Route, RouteMirror } from '../core/routing/table.ts';
import { addCopies, noCopies } from '../core/telemetry/copies.ts';
import type { Copies } from '../core/telemetry/copies.ts';
import type { Loss } from '../core/telemetry/window.ts';
import type { Pair, PairSink } from '../ports/pair-sink.ts';
import type { GatewayLimits } from './limits.ts';
import type { InferCall, InferResult, ModelBackend } from '../ports/model-backend.ts';

type Shadow = Rig & {
  readonly clock: VirtualClock;
  readonly pairs: Pair[];
  /** Asks as another unit each time; gives statuses. */
  users(count: number): Promise<readonly number[]>;
  /** What the windows say of the candidate, once they are closed. */
  seen(): Promise<Seen>;
};
type Seen = {
  readonly copies: Copies;
  readonly error: Loss;
  readonly null: Loss;
  readonly disagree: Loss;
};

/** What a backend does with copies that heeds no deadline. */
type Infer = (signal: AbortSignal) => Promise<InferResult>;
type Besides = { readonly stubborn?: Infer; readonly limits?: Partial<GatewayLimits> };

/** A gateway that mirrors everything to version 2. */
async function shadowed(
  candidate: FunctionModel,
  over: Partial<RouteMirror> = {},
  { stubborn, limits = {}, ...route }: Partial<Route> & Besides = {},
): Promise<Shadow> {
  const clock = createVirtualClock();
  const pairs: Pair[] = [];
  const sink: PairSink = {
    append: (some) => {
      pairs.push(...some);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const modelOf = ({ version }: CatalogVersion): FunctionModel =>
    version === 2 ? candidate : adding;
  const functions = createFunctionBackend({ clock, modelOf });
  const backend: ModelBackend = {
    ...functions,
    infer: (call, signal) =>
      stubborn !== undefined && call.yields === true
        ? stubborn(signal)
        : functions.infer(call, signal),
  };
  const rig = createRig({ clock, pairs: sink, backend, limits });
  rig.feed.publish(tableWith(1, [rolloutRoute(0, { mirror: { ...mirror, ...over }, ...route })]));
  await rig.gateway.start();
  await clock.pass(10);
  let unit = 0;
  const users = async (count: number): Promise<readonly number[]> => {
    const statuses: number[] = [];
    for (let i = 0; i < count; i += 1) {
      unit += 1;
      const headers = { 'x-unit-id': `u${unit}` };
      const path = '/v2/models/risk/infer';
      const { status } = await rig.ask(path, inferBody([unit, 2]), headers);
      statuses.push(status);
    }
    return statuses;
  };
  const seen = async (): Promise<Seen> => {
    await clock.pass(30_000);
    const windows = rig.windows().filter(({ arm }) => arm === 'candidate');
    const sum = (name: 'error' | 'null' | 'disagree'): Loss =>
      windows.reduce(
        (all, { losses }) => ({
          units: all.units + losses[name].units,
          sum: all.sum + losses[name].sum,
        }),
        { units: 0, sum: 0 },
      );
    return {
      copies: windows.reduce((all, one) => addCopies(all, one.copies ?? noCopies), noCopies),
      error: sum('error'),
      null: sum('null'),
      disagree: sum('disagree'),
    };
  };
  return { ...rig, clock, pairs, users, seen };
}

/** Longer than copies are gathered. */
const SOON_MS = 50;

/** Adds wrongly for every `nth` first number. */
const wrongEvery = (nth: number): FunctionModel => ({
  predict: ({ inputs }) =>
    sums(inputs).map((tensor) => {
      const isWrong = Number(inputs[0]?.data[0]) % nth === 0;
      return isWrong ? { ...tensor, data: Float32Array.of(-1) } : tensor;
    }),
});
const never: FunctionModel = { predict: () => new Promise(() => undefined) };

// S3: copies are compared, bounded, and cost no user anything.
test('every copy is compared with what the user got, by unit', async () => {
  const shadow = await shadowed(wrongEvery(4));
  const statuses = await shadow.users(100);
  expect(new Set(statuses)).toEqual(new Set([200]));
  const { copies, error, disagree } = await shadow.seen();
  expect(copies).toEqual({ ...noCopies, sampled: 100 });
  expect(error).toEqual({ units: 100, sum: 0 });
  expect(disagree).toEqual({ units: 100, sum: 25 });
});

test('a copy is made after the user was answered, and waits for users in its runner', async () => {
  const calls: InferCall[] = [];
  const shadow = await shadowed({
    predict: (call) => {
      calls.push(call);
      return sums(call.inputs);
    },
  });
  expect(await shadow.users(1)).toEqual([200]);
  expect(calls).toEqual([]);
  await shadow.clock.pass(SOON_MS);
  expect(calls.map(({ yields, deadlineMs }) => ({ yields, deadlineMs }))).toEqual([
    { yields: true, deadlineMs: 400 },
  ]);
});

test('copies are made some together: soon, or when there are eight', async () => {
  const atMs: number[] = [];
  const shadow = await shadowed({
    predict: (call) => {
      atMs.push(shadow.clock.monotonicMs());
      return sums(call.inputs);
    },
  });
  const beganMs = shadow.clock.monotonicMs();
  await shadow.users(3);
  await shadow.clock.pass(SOON_MS);
  expect(atMs.map((ms) => ms - beganMs)).toEqual([40, 40, 40]);
  await shadow.users(8);
  await shadow.clock.pass(0);
  expect(atMs).toHaveLength(11);
});

describe('no user notices a candidate that', () => {
  test.each<{
    readonly what: string;
    readonly model: FunctionModel;
    readonly loss: 'error' | 'null' | 'disagree';
  }>([
    { what: 'never answers', model: never, loss: 'error' },
    {
      what: 'throws',
      model: {
        predict: () => {
          throw new Error('no');
        },
      },
      loss: 'error',
    },
    {
      what: 'says NaN',
      model: {
        predict: ({ inputs }) => sums(inputs).map((t) => ({ ...t, data: Float32Array.of(NaN) })),
      },
      loss: 'null',
    },
    { what: 'answers garbage', model: { predict: () => [] }, loss: 'null' },
    {
      what: 'answers without end',
      model: {
        predict: () => [
          { name: 'sum', datatype: 'FP32', shape: [1, 1], data: new Float32Array(1e6) },
        ],
      },
      loss: 'null',
    },
    {
      what: 'dies',
      model: { predict: () => ({ type: 'crash', message: 'gone' }) },
      loss: 'error',
    },
  ])('$what; the evidence does', async ({ model, loss }) => {
    const shadow = await shadowed(model);
    expect(new Set(await shadow.users(30))).toEqual(new Set([200]));
    const seen = await shadow.seen();
    expect(seen[loss].sum).toBeGreaterThan(0);
    expect(seen[loss].sum).toBe(seen[loss].units);
    expect(shadow.windows().filter(({ arm }) => arm === 'baseline')).toMatchObject([
      { requests: 30, losses: { error: { units: 30, sum: 0 } } },
    ]);
  });
});

describe('what is dropped is counted with its reason', () => {
  test('above the rate', async () => {
    const shadow = await shadowed(adding, { perSecondMax: 50 });
    await shadow.users(100);
    const { copies, disagree } = await shadow.seen();
    expect(copies).toMatchObject({ sampled: 100, dropped: { rate: 95 } });
    expect(disagree.units).toBe(5);
  });

  test('too many under way; what is under way ends at its deadline', async () => {
    const shadow = await shadowed(never, { inFlightMax: 7 });
    await shadow.users(20);
    const { copies, error } = await shadow.seen();
    expect(copies).toMatchObject({ sampled: 20, dropped: { in_flight: 13, deadline: 7 } });
    expect(error).toEqual({ units: 7, sum: 7 });
  });

  test('the breaker is open', async () => {
    const shadow = await shadowed({ predict: () => ({ type: 'crash', message: 'gone' }) });
    for (let i = 0; i < 20; i += 1) {
      await shadow.users(1);
      await shadow.clock.pass(SOON_MS);
    }
    const { copies, error } = await shadow.seen();
    expect(copies).toMatchObject({ sampled: 20, dropped: { breaker: 10 } });
    expect(error).toEqual({ units: 10, sum: 10 });
  });

  test('no place in the queue: that says nothing about the candidate', async () => {
    const shadow = await shadowed({ predict: () => ({ type: 'overload', retryAfterMs: 5 }) });
    await shadow.users(5);
    const { copies, error } = await shadow.seen();
    expect(copies).toMatchObject({ sampled: 5, dropped: { overload: 5 } });
    expect(error.units).toBe(0);
  });

  test('copies have had their part of the processors, however many a second they are', async () => {
    const slow: FunctionModel = {
      predict: async ({ inputs }) => {
        await shadow.clock.sleep(100, new AbortController().signal);
        return sums(inputs);
      },
    };
    const shadow = await shadowed(slow, {}, { limits: { copyProcessors: 0.1 } });
    for (let second = 0; second < 20; second += 1) {
      await shadow.users(1);
      await shadow.clock.pass(1_000);
    }
    expect((await shadow.seen()).copies).toEqual({ ...noCopies, sampled: 20 });
    for (let i = 0; i < 80; i += 1) {
      await shadow.users(1);
      await shadow.clock.pass(250);
    }
    const { copies, error } = await shadow.seen();
    expect(copies).toMatchObject({ sampled: 100, dropped: { overload: 59 } });
    expect(error.sum).toBe(0);
  });

  test('not loaded here', async () => {
    const shadow = await shadowed({ ...adding, loadMs: 60_000 });
    await shadow.users(3);
    const { copies } = await shadow.seen();
    expect(copies).toMatchObject({ sampled: 3, dropped: { not_ready: 3 } });
  });

  test('a fuse that is out takes copies with it', async () => {
    const shadow = await shadowed(adding);
    const order = { endpoint: 'risk', who: 'ada', reason: 'enough' };
    const answer = await shadow.gateway.handleLocal({
      method: 'POST',
      target: '/rollback',
      headers: new Map(),
      body: new TextEncoder().encode(JSON.stringify(order)),
      signal: new AbortController().signal,
    });
    expect(answer.status).toBe(200);
    await shadow.users(3);
    const { copies } = await shadow.seen();
    expect(copies).toMatchObject({ sampled: 3, dropped: { not_ready: 3 } });
  });
});

test('whoever is not sampled is not copied, and the same units every time', async () => {
  const shadow = await shadowed(adding, { sample: bps(3_000) });
  await shadow.users(200);
  const first = await shadow.seen();
  expect(first.copies.sampled).toBeGreaterThan(30);
  expect(first.copies.sampled).toBeLessThan(90);
  const again = await shadowed(adding, { sample: bps(3_000) });
  await again.users(200);
  expect((await again.seen()).copies).toEqual(first.copies);
});

test('who is outside the audience, asks for a version, or errs is not copied', async () => {
  const shadow = await shadowed(
    adding,
    {},
    {
      attributes: [{ name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } }],
      audience: 'group == "dev"',
    },
  );
  await shadow.users(3);
  const path = '/v2/models/risk';
  await shadow.ask(`${path}/versions/1/infer`, inferBody([1, 2]), { 'x-group': 'dev' });
  await shadow.ask(`${path}/infer`, { inputs: [] }, { 'x-group': 'dev' });
  await shadow.ask(`${path}/infer`, inferBody([1, 2]), { 'x-group': 'dev' });
  const { copies } = await shadow.seen();
  expect(copies.sampled).toBe(1);
});

test('a route that mirrors no more copies no more', async () => {
  const shadow = await shadowed(adding);
  await shadow.users(2);
  await shadow.clock.pass(SOON_MS);
  shadow.feed.publish(tableWith(2, [plainRoute()]));
  await shadow.clock.pass(100);
  await shadow.users(5);
  const { copies } = await shadow.seen();
  expect(copies.sampled).toBe(2);
});

test('both answers are kept for people, with what tells them apart', async () => {
  const shadow = await shadowed(wrongEvery(2));
  await shadow.users(2);
  await shadow.clock.pass(1_000);
  const [first, second] = shadow.pairs;
  expect(first).toMatchObject({
    endpoint: 'risk',
    rollout: 'r-1',
    predictionId: expect.stringContaining('.'),
    user: { arm: 'baseline', version: 1, outcome: 'ok' },
    copy: { arm: 'candidate', version: 2, outcome: 'ok' },
    compared: { rows: 1, differing: 0 },
  });
  expect(second?.compared).toEqual({ rows: 1, differing: 1 });
  expect(second?.user.outputs[0]?.data).toEqual(Float32Array.of(4));
  expect(second?.copy.outputs[0]?.data).toEqual(Float32Array.of(-1));
});

test('a gateway says what became of copies', async () => {
  const shadow = await shadowed(wrongEvery(2), { perSecondMax: 50 });
  await shadow.users(10);
  await shadow.clock.pass(1_000);
  const text = await shadow.metrics();
  const labels = '{endpoint="risk",model="sums",version="2",arm="candidate"';
  for (const line of [
    `understudy_copies_sampled_total${labels}} 10`,
    `understudy_copies_dropped_total${labels},reason="rate"} 5`,
    `understudy_copies_ended_total${labels},outcome="ok"} 5`,
    `understudy_copies_compared_rows_total${labels}} 5`,
    `understudy_copies_differing_rows_total${labels}} 2`,
    `understudy_copies_in_flight${labels}} 0`,
    'understudy_pairs_kept_total 5',
  ]) {
    expect(text).toContain(line);
  }
  // Users asked for none of them.
  expect(text).not.toContain('understudy_requests_total' + labels + ',outcome="ok"} 5');
});

test('a backend that goes on beyond its deadline is told to end; the copy is late', async () => {
  let told = 0;
  const shadow = await shadowed(
    adding,
    {},
    {
      stubborn: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            told += 1;
            resolve({ type: 'cancelled' });
          });
        }),
    },
  );
  await shadow.users(2);
  const { copies, error } = await shadow.seen();
  expect(told).toBe(2);
  expect(copies).toMatchObject({ sampled: 2, dropped: { deadline: 2 } });
  expect(error).toEqual({ units: 2, sum: 2 });
});
