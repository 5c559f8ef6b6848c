import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Datatype } from '../../core/catalog/signature.ts';
import { prng, uniform, uniformInt } from '../../core/lib/prng.ts';
import type { Tensor, TensorData } from '../../protocol/inference/tensor.ts';
import { harness } from '../../../test/onnx/backend.ts';
import { demoFile, reals, spec, vectorFile, writtenFile } from '../../../test/onnx/models.ts';

// Processes are started and ended, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('every datatype goes through unchanged', () => {
  const cases: readonly { readonly datatype: Datatype; readonly data: TensorData }[] = [
    { datatype: 'BOOL', data: Uint8Array.of(1, 0, 0, 1, 1, 1) },
    { datatype: 'UINT8', data: Uint8Array.of(0, 1, 2, 3, 254, 255) },
    { datatype: 'UINT16', data: Uint16Array.of(0, 1, 2, 3, 65_534, 65_535) },
    { datatype: 'UINT32', data: Uint32Array.of(0, 1, 2, 3, 4, 2 ** 32 - 1) },
    { datatype: 'UINT64', data: BigUint64Array.of(0n, 1n, 2n, 2n ** 53n + 1n, 3n, 2n ** 64n - 1n) },
    { datatype: 'INT8', data: Int8Array.of(-128, -1, 0, 1, 2, 127) },
    { datatype: 'INT16', data: Int16Array.of(-32_768, -1, 0, 1, 2, 32_767) },
    { datatype: 'INT32', data: Int32Array.of(-(2 ** 31), -1, 0, 1, 2, 2 ** 31 - 1) },
    { datatype: 'INT64', data: BigInt64Array.of(-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n, 2n, 3n) },
    // Bits of −65504, 1.5, the smallest subnormal, NaN, Infinity and −0.
    { datatype: 'FP16', data: Uint16Array.of(0xfbff, 0x3e00, 0x0001, 0x7e00, 0x7c00, 0x8000) },
    { datatype: 'FP32', data: Float32Array.of(-3.4e38, 1.4e-45, Number.NaN, -0, 1 / 3, Infinity) },
    { datatype: 'FP64', data: Float64Array.of(-1.79e308, 5e-324, Number.NaN, -0, 1 / 3, Infinity) },
    { datatype: 'BYTES', data: ['', 'a', 'Zürich', '東京 🙂', 'line\nbreak', 'x'.repeat(5_000)] },
  ];
  test.for(cases)('$datatype', async ({ datatype, data }) => {
    const shape = [-1, -1];
    const file = vectorFile(`golden/identity_${datatype.toLowerCase()}`, {
      inputs: [spec('INPUT0', datatype, shape)],
      outputs: [spec('OUTPUT0', datatype, shape)],
    });
    await using served = harness([file]);
    await served.load(file);
    const wide: Tensor = { name: 'INPUT0', datatype, shape: [2, 3], data };
    const tall: Tensor = { ...wide, shape: [3, 2] };
    const all = [wide, tall, wide, tall];
    const results = await Promise.all(all.map((tensor) => served.infer(file, [tensor])));
    expect(results).toEqual(
      all.map((tensor) => ({ type: 'ok', outputs: [{ ...tensor, name: 'OUTPUT0' }] })),
    );
    const empty: Tensor = { ...wide, shape: [0, 3], data: data.slice(0, 0) };
    expect(await served.infer(file, [empty])).toEqual({
      type: 'ok',
      outputs: [{ ...empty, name: 'OUTPUT0' }],
    });
  });
});

describe('models answer as recorded', () => {
  const pair = (datatype: Datatype, shape: readonly number[]) => ({
    inputs: [spec('INPUT0', datatype, shape), spec('INPUT1', datatype, shape)],
    outputs: [spec('OUTPUT0', datatype, shape), spec('OUTPUT1', datatype, shape)],
  });
  test.for([
    { model: 'simple', signature: pair('INT32', [-1, 16]) },
    { model: 'simple_16', signature: pair('INT32', [16]) },
    { model: 'simple_1x16', signature: pair('INT32', [1, 16]) },
    { model: 'simple_string', signature: pair('BYTES', [-1, 16]) },
    {
      model: 'mean',
      signature: { inputs: [spec('x', 'FP32', [-1, 4])], outputs: [spec('mean', 'FP32', [-1])] },
    },
  ])('$model', async ({ model, signature }) => {
    const file = vectorFile(`golden/${model}`, signature);
    const { cases } = goldenOf(file.path.replace(/onnx$/, 'json'));
    await using served = harness([file]);
    await served.load(file);
    const results = await Promise.all(cases.map(({ inputs }) => served.infer(file, inputs)));
    expect(results).toEqual(cases.map(({ outputs }) => ({ type: 'ok', outputs })));
  });
});

type Golden = { readonly cases: readonly GoldenCase[] };
type GoldenCase = { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] };

function goldenOf(path: string): Golden {
  const parsed = JSON.parse(readFileSync(path, 'utf8')) as Golden;
  const typed = (tensors: readonly Tensor[]): readonly Tensor[] =>
    tensors.map((tensor) => {
      const values = tensor.data as readonly unknown[];
      if (tensor.datatype === 'BYTES') return tensor;
      const kinds = { FP32: Float32Array, INT32: Int32Array } as const;
      const kind = kinds[tensor.datatype as keyof typeof kinds];
      return { ...tensor, data: kind.from(values.map(Number)) };
    });
  return {
    cases: parsed.cases.map(({ inputs, outputs }) => ({
      inputs: typed(inputs),
      outputs: typed(outputs),
    })),
  };
}

describe('joined runs', () => {
  test('whatever is asked together, each gets what it would get alone', async () => {
    const file = demoFile('v2');
    await using served = harness([file]);
    await using plain = harness([file], { batchRowsMax: 1 });
    await Promise.all([served.load(file), plain.load(file)]);
    const plan = fc.record({
      seed: fc.integer(),
      sizes: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ seed, sizes }) => {
        const rng = prng(seed);
        const inputs = sizes.map((rows) => [features(rows, () => uniform(rng) * 100)]);
        const waves = inputs.map(async (one) => {
          // Some arrive in later turns of the event loop, while others are in work.
          for (let turn = uniformInt(rng, 3); turn > 0; turn -= 1) await nextTurn();
          return served.infer(file, one);
        });
        const together = await Promise.all(waves);
        const alone = await Promise.all(inputs.map((one) => plain.infer(file, one)));
        expect(together.map(readable)).toEqual(alone.map(readable));
      }),
      { numRuns: 25 },
    );
  });

  test('requests ask for different outputs of one run', async () => {
    const file = demoFile('v1');
    await using served = harness([file]);
    await served.load(file);
    const signal = new AbortController().signal;
    const call = { digest: file.version.digest, inputs: [features(2, () => 1)], deadlineMs: 9_000 };
    const wishes = [['label'], ['probabilities'], ['probabilities', 'label'], null, ['label']];
    const results = await Promise.all(
      wishes.map((outputs) => served.backend.infer({ ...call, outputs }, signal)),
    );
    const names = results.map((result) =>
      result.type === 'ok' ? result.outputs.map(({ name }) => name) : [],
    );
    expect(names).toEqual(wishes.map((wish) => wish ?? ['label', 'probabilities']));
  });

  test.for([
    {
      what: 'the mean of all rows',
      nodes: [
        { op: 'ReduceMean', inputs: ['x'], outputs: ['m'], ints: { axes: [0] } },
        { op: 'Sub', inputs: ['x', 'm'], outputs: ['y'] },
      ],
    },
    {
      what: 'a scale found over all rows',
      nodes: [
        { op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 's', 'z'] },
        { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['y'] },
      ],
    },
    {
      what: 'the row before',
      nodes: [{ op: 'CumSum', inputs: ['x', 'axis'], outputs: ['y'] }],
      axis: true,
    },
  ])('rows that depend on one another are never joined: $what', async ({ what, nodes, axis }) => {
    const x = { name: 'x', shape: ['rows', 3] };
    const first = { op: 'Constant', inputs: [], outputs: ['axis'], int: { value_int: 0 } };
    const file = writtenFile(folder, what.replaceAll(' ', '-'), {
      inputs: [x],
      outputs: [{ name: 'y', shape: ['rows', 3] }],
      nodes: axis === true ? [first, ...nodes] : nodes,
    });
    await using served = harness([file]);
    await served.load(file);
    expect(served.health(file)?.detail).toContain('depend on one another');
    const inputs = Array.from({ length: 30 }, (_, n) => [reals('x', [1, 3], [n, n * n, -n])]);
    const alone = [];
    for (const one of inputs) alone.push(await served.infer(file, one));
    expect(await Promise.all(inputs.map((one) => served.infer(file, one)))).toEqual(alone);
  });

  test('a request the model refuses does not spoil those beside it', async () => {
    const file = vectorFile('poison/error', {
      inputs: [spec('x', 'FP32', [-1])],
      outputs: [spec('y', 'FP32', [-1])],
    });
    await using served = harness([file]);
    await served.load(file);
    const values = [0, 1, 4, 2, 3, 99, 1];
    const results = await Promise.all(
      values.map((value) => served.infer(file, [reals('x', [1], [value])])),
    );
    const types = ['ok', 'ok', 'model_error', 'ok', 'ok', 'model_error', 'ok'];
    expect(results.map(({ type }) => type)).toEqual(types);
    expect(JSON.stringify(results)).not.toContain('.cc:');
  });

  test('an answer too large to send is refused and the next is answered', async () => {
    const file = vectorFile('poison/wide', {
      inputs: [spec('x', 'FP32', [-1])],
      outputs: [spec('y', 'FP32', [4_096, -1])],
    });
    await using served = harness([file], { frameBytesMax: 1 << 20 });
    await served.load(file);
    const ask = (length: number) =>
      served.infer(file, [reals('x', [length], Array(length).fill(1))]);
    expect(await ask(100)).toMatchObject({ type: 'model_error' });
    expect(await ask(10)).toMatchObject({ type: 'ok' });
    expect(await ask(1 << 19)).toMatchObject({ type: 'model_error' });
    expect(served.health(file)).toMatchObject({ restarts: 0 });
  });
});

function features(rows: number, value: () => number): Tensor {
  return reals('features', [rows, 30], Array.from({ length: rows * 30 }, value));
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Rounded, since adding up in another order differs in the last digits. */
function readable(result: Awaited<ReturnType<ReturnType<typeof harness>['infer']>>): unknown {
  if (result.type !== 'ok') return result;
  return result.outputs.map(({ name, shape, data }) => ({
    name,
    shape,
    data: Array.from<number | bigint | string, unknown>(data, (value) =>
      typeof value === 'number' ? value.toFixed(4) : value,
    ),
  }));
}
