import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPredictionMemory } from '../../test/gateway/memory-sink.ts';
import { createRig, inferBody, RIG_SECRET, type Rig } from '../../test/gateway/rig.ts';
import { plainRoute, rolloutRoute, tableWith, versionOf } from '../../test/gateway/tables.ts';
import { createVirtualClock } from '../../test/gateway/virtual-clock.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import { predictionLine } from '../adapters/sink/ndjson/prediction-line.ts';
import { bps } from '../core/lib/units.ts';
import type { LogSettings } from '../core/routing/logging.ts';
import type { Route } from '../core/routing/table.ts';
import { predictionSinkContract } from '../ports/prediction-sink.contract.ts';
import type { PredictionSink } from '../ports/prediction-sink.ts';
import { pseudonym } from '../protocol/pseudonym.ts';
import { createKeyedDigest } from '../runtime/keyed-digest.ts';

const whole: LogSettings = { sample: bps(10_000), fields: ['inputs', 'outputs'], redact: [] };
const failing: FunctionModel = {
  predict: () => {
    throw new Error('cannot');
  },
};

/** A gateway with a route that keeps predictions; `said`: the lines written so far. */
async function started(
  route: Route,
  models: Readonly<Record<number, FunctionModel>> = {},
  sink: PredictionSink & { readonly records?: readonly unknown[] } = createPredictionMemory(),
) {
  const clock = createVirtualClock();
  const rig = createRig({ clock, predictions: sink });
  for (const [version, model] of Object.entries(models)) rig.models.set(Number(version), model);
  rig.feed.publish(tableWith(1, [route]));
  await rig.gateway.start();
  await clock.pass(10);
  const said = async (): Promise<string> => {
    await clock.pass(1_000);
    const { records } = sink as ReturnType<typeof createPredictionMemory>;
    return records.map(predictionLine).join('');
  };
  const kept = async () =>
    (await said())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { ...rig, clock, said, kept };
}

const infer = (rig: Pick<Rig, 'ask'>, user: string, row: readonly [number, number] = [1, 2]) =>
  rig.ask('/v2/models/risk/infer', inferBody(row), { 'x-unit-id': user });

predictionSinkContract('memory', async () => {
  const sink = createPredictionMemory();
  const kept = async () => sink.records.map(({ unit }) => unit ?? '');
  return { sink, kept };
});

test('a line says who got what of whom, and when', async () => {
  const rig = await started(plainRoute({ log: whole }));
  const { headers } = await infer(rig, 'ada');
  expect(await rig.kept()).toEqual([
    {
      schema: 1,
      at: '2026-09-21T14:13:20.010Z',
      endpoint: 'risk',
      model: 'sums',
      version: 1,
      arm: 'baseline',
      assigned: 'baseline',
      rollout: null,
      prediction_id: headers.get('x-prediction-id'),
      unit: 'ada',
      outcome: 'ok',
      latency_ms: 0,
      replaced: false,
      withheld: [],
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [[1, 2]] }],
      outputs: [{ name: 'sum', datatype: 'FP32', shape: [1, 1], data: [[3]] }],
    },
  ]);
});

test('a request without a unit, and a version asked for by number, are kept as such', async () => {
  const rig = await started(plainRoute({ log: whole }));
  await rig.ask('/v1/endpoints/risk/predict', { features: [5, 6] });
  const pin = '/v2/models/risk/versions/2/infer';
  const pinned = rig.ask(pin, inferBody([7, 8]), { 'x-unit-id': 'ada' });
  await rig.clock.pass(1_000);
  expect((await pinned).status).toBe(200);
  expect(await rig.kept()).toMatchObject([
    { unit: null, arm: 'baseline', version: 1, inputs: [{ data: [[5, 6]] }] },
    { unit: 'ada', arm: 'pinned', version: 2, outputs: [{ data: [[15]] }] },
  ]);
});

test('of a candidate that failed both are kept: its failure, and what the user got', async () => {
  const rig = await started(rolloutRoute(10_000, { log: whole }), { 2: failing });
  const { headers } = await infer(rig, 'ada');
  const common = { unit: 'ada', assigned: 'candidate', rollout: 'r-1' };
  expect(await rig.kept()).toMatchObject([
    {
      ...common,
      arm: 'candidate',
      version: 2,
      outcome: 'model_error',
      replaced: true,
      outputs: [],
    },
    {
      ...common,
      arm: 'baseline',
      version: 1,
      outcome: 'ok',
      replaced: false,
      prediction_id: headers.get('x-prediction-id'),
    },
  ]);
});

test('what was not asked for is not there', async () => {
  const rig = await started(plainRoute({ log: { ...whole, fields: [] } }));
  await infer(rig, 'ada');
  expect(await rig.kept()).toMatchObject([{ unit: 'ada', inputs: null, outputs: null }]);
});

test('without settings nothing is kept', async () => {
  const rig = await started(plainRoute());
  await infer(rig, 'ada');
  expect(await rig.said()).toBe('');
});

test('the sample is drawn by unit: all of somebody’s predictions, or none', async () => {
  const log = { ...whole, sample: bps(3_000) };
  const unitsKept = async () => {
    const rig = await started(plainRoute({ log }));
    for (let at = 0; at < 200; at += 1) await infer(rig, `user-${at % 100}`);
    return (await rig.kept()).map(({ unit }) => String(unit));
  };
  const [one, other] = [await unitsKept(), await unitsKept()];
  expect(one).toEqual(other);
  const names = new Set(one);
  expect(one).toHaveLength(names.size * 2);
  expect(names.size).toBeGreaterThan(10);
  expect(names.size).toBeLessThan(50);
});

describe('what nobody may read', () => {
  const digest = createKeyedDigest(RIG_SECRET);
  const redact: LogSettings['redact'] = [
    { pointer: '/unit', as: 'digest' },
    { pointer: '/features/0', as: 'constant' },
    { pointer: '/features/x/1', as: 'digest' },
    { pointer: '/outputs/sum', as: 'digest' },
  ];

  test('is replaced by a word, or by what equal values have in common', async () => {
    const rig = await started(plainRoute({ log: { ...whole, redact } }));
    await infer(rig, 'ada', [1, 2]);
    await rig.ask('/v1/endpoints/risk/predict', { features: [[8, 2]] }, { 'x-unit-id': 'ada' });
    const [first, second] = await rig.kept();
    const unit = pseudonym(digest, 'unit', 'ada');
    const two = pseudonym(digest, 'x/1', '2');
    expect([first, second]).toMatchObject([
      { unit, inputs: [{ data: [['[redacted]', two]] }] },
      { unit, inputs: [{ data: [['[redacted]', two]] }] },
    ]);
    expect(first?.['prediction_id']).toMatch(/^~[0-9a-f]{32}$/);
  });

  test('never appears in what is written, whatever it is and however it was sent', async () => {
    const name = { name: 'name', datatype: 'BYTES', shape: [-1, 1] } as const;
    const echo: FunctionModel = {
      predict: ({ inputs }) => [
        {
          name: 'said',
          datatype: 'BYTES',
          shape: [1, 1],
          data: inputs[0]?.data as readonly string[],
        },
      ],
    };
    const signature = { inputs: [name], outputs: [{ ...name, name: 'said' }] };
    const clock = createVirtualClock();
    const sink = createPredictionMemory();
    const rig = createRig({ clock, predictions: sink });
    rig.models.set(1, echo);
    const everything: LogSettings['redact'] = [
      { pointer: '/unit', as: 'digest' },
      { pointer: '/features', as: 'constant' },
      { pointer: '/outputs/said/0', as: 'digest' },
    ];
    const route = plainRoute({ log: { ...whole, redact: everything } });
    rig.feed.publish(tableWith(1, [route], [versionOf(1, { signature })]));
    await rig.gateway.start();
    await clock.pass(10);
    const secret = fc
      .string({ minLength: 8, unit: 'grapheme' })
      .filter((text) => text.trim() === text);
    const user = fc.stringMatching(/^[!-~]{8,40}$/);
    await fc.assert(
      fc.asyncProperty(secret, user, async (text, unit) => {
        const before = sink.records.length;
        const headers = { 'x-unit-id': unit };
        const tensor = { ...name, shape: [1, 1], data: [text] };
        const sent = await rig.ask('/v2/models/risk/infer', { inputs: [tensor] }, headers);
        await rig.ask('/v1/endpoints/risk/predict', { features: { name: text } }, headers);
        expect(sent.status).toBe(200);
        await clock.pass(1_000);
        const lines = sink.records.slice(before).map(predictionLine);
        expect(lines).toHaveLength(2);
        for (const line of lines) {
          expect(line).not.toContain(text);
          expect(line).not.toContain(JSON.stringify(text).slice(1, -1));
          expect(line).not.toContain(Buffer.from(text).toString('base64url'));
          expect(line).not.toContain(unit);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('when a rule names nothing the version has, no value of that side is kept', async () => {
    const other: LogSettings['redact'] = [{ pointer: '/features/age', as: 'constant' }];
    const rig = await started(plainRoute({ log: { ...whole, redact: other } }));
    await infer(rig, 'ada', [41, 42]);
    await infer(rig, 'ada', [41, 42]);
    expect((await rig.kept())[0]).toMatchObject({
      withheld: ['/features/age'],
      inputs: [{ name: 'x', shape: [1, 2], data: null }],
      outputs: [{ data: [[83]] }],
    });
    expect(rig.log.lines).toEqual(['rules name nothing: no values are kept']);
  });
});

describe('the sink is no trouble of anybody’s', () => {
  test.for([
    { what: 'is full', append: () => Promise.reject(new Error('ENOSPC')) },
    { what: 'is stuck', append: () => new Promise<void>(() => undefined) },
  ])(
    'that $what: every request is answered, memory is bounded, drops are counted',
    async ({ append }) => {
      const sink = { append, close: async () => undefined };
      const rig = await started(plainRoute({ log: whole }), {}, sink);
      for (let at = 0; at < 2_100; at += 1) {
        expect((await infer(rig, `user-${at}`)).status).toBe(200);
      }
      await rig.clock.pass(60_000);
      const text = await rig.metrics();
      expect(text).toContain('understudy_predictions_dropped_total 100\n');
      expect(text).toContain('understudy_predictions_kept_total 0\n');
      let isOver = false;
      void rig.gateway.drain().then(() => {
        isOver = true;
      });
      await rig.clock.pass(20_000);
      expect(isOver).toBe(true);
    },
  );

  test('values too many for a line are named and left out', async () => {
    const rig = await started(plainRoute({ log: whole }));
    const rows = Array.from({ length: 6_000 }, () => [1, 2] as const);
    await rig.ask('/v2/models/risk/infer', inferBody(...rows), { 'x-unit-id': 'ada' });
    const line = await rig.said();
    expect(JSON.parse(line)).toMatchObject({ inputs: [{ shape: [6_000, 2], data: null }] });
    expect(line.length).toBeLessThan(40_000);
  });
});
