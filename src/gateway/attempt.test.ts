import { describe, expect, test } from 'vitest';
import { failing, giving, hanging, infer, started } from '../../test/gateway/started.ts';
import { rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import { readPredictionId } from '../protocol/inference/prediction-id.ts';
import { createMac } from './mac.ts';

const all = rolloutRoute(10_000);
const mac = createMac(Buffer.from('42'.repeat(32), 'hex'));

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
