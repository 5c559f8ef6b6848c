import { expect, test } from 'vitest';
import { instant } from '../../core/lib/units.ts';
import type { CatalogVersion } from '../../core/routing/table.ts';
import { modelBackendContract } from '../../ports/model-backend.contract.ts';
import type { Tensor } from '../../protocol/inference/tensor.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { createFunctionBackend } from './function.ts';
import type { FunctionModel } from './function.ts';

const versionOf = (version: number): CatalogVersion => ({
  model: 'sum',
  version,
  digest: `sha256:${version.toString(16).padStart(64, '0')}`,
  label: `v${version}`,
  bytes: 1,
  signature: {
    inputs: [{ name: 'x', datatype: 'FP64', shape: [1] }],
    outputs: [
      { name: 'double', datatype: 'FP64', shape: [1] },
      { name: 'half', datatype: 'FP64', shape: [1] },
    ],
  },
  createdAt: instant(0),
});

const tensor = (name: string, value: number): Tensor => ({
  name,
  datatype: 'FP64',
  shape: [1],
  data: Float64Array.of(value),
});

const valueOf = ([input]: readonly Tensor[]): number => Number(input?.data[0]);

const doubling: FunctionModel = {
  predict: ({ inputs }) => [
    tensor('double', valueOf(inputs) * 2),
    tensor('half', valueOf(inputs) / 2),
  ],
};

const later = (model: FunctionModel): FunctionModel => ({
  ...model,
  loadMs: 1,
  predict: (call, signal) => Promise.resolve(model.predict(call, signal)),
});

const bad: FunctionModel = { ...doubling, refusal: 'it is broken' };

for (const [name, model] of [
  ['functions', doubling],
  ['functions that take their time', later(doubling)],
] as const) {
  modelBackendContract(name, () =>
    Promise.resolve({
      backend: createFunctionBackend({
        clock: systemClock,
        modelOf: ({ version }) => (version === 3 ? bad : model),
      }),
      good: [versionOf(1), versionOf(2)],
      bad: { version: versionOf(3), code: 'PREDICTION_FAILED' },
      inputs: (n) => [tensor('x', n)],
      outputs: (n) => [tensor('double', n * 2), tensor('half', n / 2)],
      close: () => Promise.resolve(),
    }),
  );
}

test('a function that never answers is a timeout', async () => {
  const hanging: FunctionModel = { predict: () => new Promise(() => undefined) };
  const backend = createFunctionBackend({ clock: systemClock, modelOf: () => hanging });
  const never = new AbortController().signal;
  const version = versionOf(1);
  await backend.load(version, never);
  const call = {
    digest: version.digest,
    inputs: [tensor('x', 1)],
    outputs: null,
    deadlineMs: 5,
  };
  expect(await backend.infer(call, never)).toEqual({ type: 'timeout' });
});

test('what a function throws is a model error', async () => {
  const throwing: FunctionModel = {
    predict: () => {
      throw new Error('no such row');
    },
  };
  const backend = createFunctionBackend({ clock: systemClock, modelOf: () => throwing });
  const never = new AbortController().signal;
  const version = versionOf(1);
  await backend.load(version, never);
  const call = { digest: version.digest, inputs: [tensor('x', 1)], outputs: null, deadlineMs: 5 };
  const expected = { type: 'model_error', message: 'no such row' };
  expect(await backend.infer(call, never)).toEqual(expected);
});

test('a version without a function cannot be loaded', async () => {
  const backend = createFunctionBackend({ clock: systemClock, modelOf: () => null });
  const loaded = backend.load(versionOf(1), new AbortController().signal);
  await expect(loaded).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  expect(backend.health()).toEqual([]);
});
