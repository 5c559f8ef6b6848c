import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Fault } from '../protocol/errors.ts';
import { goldenSchema } from '../protocol/admin/golden.ts';
import * as w from '../../test/fuzz/onnx-writer.ts';
import { compareGolden, goldenInputs, notFinite } from '../protocol/inference/golden-rows.ts';
import { judge } from './judgement.ts';
import { createRegistry } from './registry.ts';
import type { Datatype, Signature } from '../core/catalog/signature.ts';
import type { ModelProbe, ProbeCase, ProbeReport, ProbeResult } from '../ports/model-probe.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';

const never = new AbortController().signal;
const example = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, '../../examples/models', name));
const digestOf = (file: Uint8Array): string =>
  `sha256:${createHash('sha256').update(file).digest('hex')}`;

const golden = (content: object) => goldenSchema.parse(content);
const floats = (name: string, data: readonly number[], shape = [data.length]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(data),
});
const ok = (...outputs: readonly Tensor[]): ProbeResult => ({ type: 'ok', outputs, runMs: 1 });
const report = (cases: readonly ProbeCase[]): ProbeReport => ({
  load: { type: 'ok', loadMs: 12.4, batches: true },
  probeMs: 5,
  peakBytes: 1_000,
  cases,
});
const edge = (name: string, result: ProbeResult): ProbeCase => ({ name, kind: 'edge', result });
const goldenCase = (result: ProbeResult): ProbeCase => ({
  name: 'the golden rows',
  kind: 'golden',
  result,
});

/** What an attempt comes to, in a table's words. */
function outcome(attempt: () => unknown): string {
  try {
    attempt();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return error.code;
  }
}

describe('golden rows', () => {
  const signature: Signature = {
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [-1, 2] },
      { name: 'constructor', datatype: 'INT64', shape: [-1] },
    ],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
  };
  const inputs = (x: unknown, other: unknown = [1]): object =>
    JSON.parse(`{"x":${JSON.stringify(x)},"constructor":${JSON.stringify(other)}}`);

  test('become tensors in the order of the signature', () => {
    const file = golden({ inputs: inputs([[1, 'NaN']], ['9007199254740993']) });
    expect(goldenInputs(file, signature)).toEqual([
      floats('x', [1, Number.NaN], [1, 2]),
      {
        name: 'constructor',
        datatype: 'INT64',
        shape: [1],
        data: BigInt64Array.from([9_007_199_254_740_993n]),
      },
    ]);
  });

  test.for([
    { what: 'fit', content: { inputs: inputs([[1, 2]]) }, expected: 'accepted' },
    { what: 'lack an input', content: { inputs: { x: [[1, 2]] } }, expected: 'GOLDEN_INVALID' },
    { what: 'name an unknown input', content: { inputs: { z: [1] } }, expected: 'GOLDEN_INVALID' },
    {
      what: 'name an unknown output',
      content: { inputs: inputs([[1, 2]]), outputs: { z: [1] } },
      expected: 'GOLDEN_INVALID',
    },
    { what: 'have another width', content: { inputs: inputs([[1]]) }, expected: 'GOLDEN_INVALID' },
    { what: 'have another rank', content: { inputs: inputs([1]) }, expected: 'GOLDEN_INVALID' },
    {
      what: 'have rows of unequal length',
      content: { inputs: inputs([[1, 2], [1]]) },
      expected: 'GOLDEN_INVALID',
    },
    {
      what: 'hold text for numbers',
      content: { inputs: inputs([[1, 'two']]) },
      expected: 'GOLDEN_INVALID',
    },
    {
      what: 'hold a fraction for an integer',
      content: { inputs: inputs([[1, 2]], [1.5]) },
      expected: 'GOLDEN_INVALID',
    },
  ])('that $what: $expected', ({ content, expected }) => {
    expect(outcome(() => goldenInputs(golden(content), signature))).toBe(expected);
  });

  const tensor = (datatype: Datatype, data: Tensor['data']): Tensor => ({
    name: 'y',
    datatype,
    shape: [data.length],
    data,
  });

  test.for([
    { what: 'equal', got: floats('y', [1, 2]), want: [1, 2], same: true },
    { what: 'near', got: floats('y', [1.00005]), want: [1], same: true },
    { what: 'near, large', got: floats('y', [100_005]), want: [100_000], same: true },
    { what: 'far', got: floats('y', [1.01]), want: [1], same: false },
    { what: 'both NaN', got: floats('y', [Number.NaN]), want: ['NaN'], same: true },
    { what: 'NaN got', got: floats('y', [Number.NaN]), want: [1], same: false },
    { what: 'NaN wanted', got: floats('y', [1]), want: ['NaN'], same: false },
    { what: 'both infinite', got: floats('y', [-Infinity]), want: ['-Infinity'], same: true },
    { what: 'other infinity', got: floats('y', [Infinity]), want: ['-Infinity'], same: false },
    { what: 'finite got', got: floats('y', [1]), want: ['Infinity'], same: false },
    { what: 'other shape', got: floats('y', [1, 2], [1, 2]), want: [1, 2], same: false },
    { what: 'other count', got: floats('y', [1, 2, 3]), want: [1, 2], same: false },
    {
      what: 'large integers',
      got: tensor('INT64', BigInt64Array.from([2n ** 60n])),
      want: [`${2n ** 60n}`],
      same: true,
    },
    {
      what: 'integers off by one',
      got: tensor('INT32', Int32Array.from([7])),
      want: [8],
      same: false,
    },
    { what: 'truths', got: tensor('BOOL', Uint8Array.from([1, 0])), want: [true, 0], same: true },
    { what: 'a lie', got: tensor('BOOL', Uint8Array.from([1])), want: [false], same: false },
    { what: 'texts', got: tensor('BYTES', ['a']), want: ['a'], same: true },
    { what: 'halves', got: tensor('FP16', Uint16Array.from([0x3c00])), want: [1], same: true },
  ])('compare: $what', ({ got, want, same }) => {
    const { difference } = compareGolden(golden({ inputs: {}, outputs: { y: want } }), [got]);
    expect(difference === null).toBe(same);
  });

  test('say how many differ and which is the first', () => {
    const file = golden({ inputs: {}, outputs: { y: [1, 2, 3] }, tolerance: 0.01 });
    expect(compareGolden(file, [floats('y', [1, 2.5, 3.5])]).difference).toBe(
      '2 of 3 values of y differ; number 1 is 2.5, expected 2 ± 0.01.',
    );
  });

  test('count what is not finite, in halves too', () => {
    const half: Tensor = {
      name: 'h',
      datatype: 'FP16',
      shape: [2],
      data: Uint16Array.from([0x7e00, 0]),
    };
    expect(notFinite([floats('y', [1, Number.NaN, Infinity]), half])).toBe(3);
  });
});

describe('a probe report', () => {
  const fine = [edge('zeros', ok(floats('y', [1])))];
  const file = golden({ inputs: {}, outputs: { y: [1] } });

  test.for([
    { why: 'digest', code: 'BLOB_CORRUPT' },
    { why: 'signature', code: 'PROBE_SIGNATURE' },
    { why: 'refused', code: 'PROBE_REFUSED' },
    { why: 'timeout', code: 'PROBE_TIMEOUT' },
    { why: 'memory', code: 'PROBE_MEMORY' },
    { why: 'crash', code: 'PROBE_CRASHED' },
  ] as const)('of a model that does not load ($why) refuses with $code', ({ why, code }) => {
    const failed = { ...report([]), load: { type: 'failed', why, message: 'so it is' } } as const;
    expect(outcome(() => judge(failed, null))).toBe(code);
    expect(() => judge(failed, null)).toThrow('so it is');
  });

  test.for([
    { result: { type: 'ok', outputs: [floats('y', [1])], runMs: 1 }, code: 'accepted' },
    { result: { type: 'ok', outputs: [floats('y', [2])], runMs: 1 }, code: 'GOLDEN_MISMATCH' },
    { result: { type: 'model_error', message: 'no' }, code: 'GOLDEN_MISMATCH' },
    { result: { type: 'timeout' }, code: 'PROBE_TIMEOUT' },
    { result: { type: 'memory', message: 'no' }, code: 'PROBE_MEMORY' },
    { result: { type: 'crash', message: 'no' }, code: 'PROBE_CRASHED' },
    { result: { type: 'skipped' }, code: 'PROBE_TIMEOUT' },
  ] as const)('where golden rows end as $result.type: $code', ({ result, code }) => {
    expect(outcome(() => judge(report([goldenCase(result), ...fine]), file))).toBe(code);
  });

  test.for([
    { result: { type: 'model_error', message: 'no' }, code: 'accepted' },
    { result: { type: 'skipped' }, code: 'accepted' },
    { result: { type: 'timeout' }, code: 'PROBE_TIMEOUT' },
    { result: { type: 'memory', message: 'no' }, code: 'PROBE_MEMORY' },
    { result: { type: 'crash', message: 'no' }, code: 'PROBE_CRASHED' },
  ] as const)('where edge inputs end as $result.type: $code', ({ result, code }) => {
    expect(outcome(() => judge(report([edge('ones', result)]), null))).toBe(code);
  });

  test.for([
    { result: { type: 'crash', message: 'SIGFPE' } },
    { result: { type: 'timeout' } },
  ] as const)('puts a $result.type on an empty batch on record', ({ result }) => {
    expect(judge(report([edge('an empty batch', result)]), null)).toContainEqual({
      name: 'warning',
      detail: 'its process does not survive an empty batch',
    });
  });

  test('puts NaN on edge inputs, and what was not tried, on record', () => {
    const cases = [
      ...fine,
      edge('minus one', ok(floats('y', [Number.NaN]))),
      edge('largest values', { type: 'skipped' }),
    ];
    expect(judge(report(cases), null)).toEqual([
      { name: 'load', detail: 'loaded in 12 ms in a process of its own' },
      { name: 'golden', detail: 'none given' },
      { name: 'edge inputs', detail: '2 of 3 answered, 0 answered with an error' },
      { name: 'warning', detail: 'answers with NaN or Infinity on minus one' },
      { name: 'warning', detail: 'not tried for want of time: largest values' },
    ]);
  });
});

describe('admission', () => {
  const limits = { waitingMax: 1 };
  const stored = new Map([example('v1.onnx'), w.model()].map((file) => [digestOf(file), file]));
  const blobs = {
    read: async (digest: string): Promise<Uint8Array> => {
      const file = stored.get(digest);
      if (file === undefined) throw new Fault('BLOB_NOT_FOUND', `No bytes have ${digest}.`);
      return file;
    },
  };
  const registryWith = (probe: ModelProbe['probe']) =>
    createRegistry({ blobs, pathOf: (digest) => `/blobs/${digest}`, probe: { probe }, limits });
  const v1 = digestOf(example('v1.onnx'));

  test('gives the signature, the size and the record', async () => {
    const asked: string[] = [];
    const registry = registryWith(async ({ path, digest, signature }) => {
      asked.push(path, digest, ...signature.outputs.map(({ name }) => name));
      return report([edge('zeros', ok())]);
    });
    const admitted = await registry.admit(v1, null, never);
    expect(asked).toEqual([`/blobs/${v1}`, v1, 'label', 'probabilities']);
    expect(admitted.bytes).toBe(example('v1.onnx').length);
    expect(admitted.report).toMatchObject({ loadMs: 12.4, probeMs: 5, peakBytes: 1_000 });
    expect(admitted.report.checks.map(({ name }) => name)).toEqual([
      'content',
      'format',
      'graph',
      'safety',
      'load',
      'golden',
      'edge inputs',
    ]);
    expect(admitted.report.checks[1]?.detail).toContain('skl2onnx');
  });

  test('never starts a process for a file that the walk refuses', async () => {
    const file = new TextEncoder().encode('{"not": "a model"}');
    stored.set(digestOf(file), file);
    let probes = 0;
    const registry = registryWith(async () => {
      probes += 1;
      return report([]);
    });
    const admit = registry.admit(digestOf(file), null, never);
    await expect(admit).rejects.toMatchObject({ code: 'FORMAT_TEXT' });
    expect(probes).toBe(0);
  });

  test('learns the rank of an output from a run', async () => {
    const outputs = [w.value('y', w.tensorType(1))];
    const file = w.model({ graph: w.graph({ outputs }) });
    stored.set(digestOf(file), file);
    const registry = registryWith(async () =>
      report([edge('zeros', ok(floats('y', [1, 2], [1, 2])))]),
    );
    const { signature } = await registry.admit(digestOf(file), null, never);
    expect(signature.outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [-1, -1] }]);
  });

  test('takes one file at a time, lets few wait, and lets those go who give up', async () => {
    const gate = Promise.withResolvers<ProbeReport>();
    let running = 0;
    const registry = registryWith(async () => {
      running += 1;
      return gate.promise;
    });
    const first = registry.admit(v1, null, never);
    const giveUp = new AbortController();
    const second = registry.admit(v1, null, giveUp.signal);
    await expect(registry.admit(v1, null, never)).rejects.toMatchObject({ code: 'ADMISSION_BUSY' });
    giveUp.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    expect(running).toBeLessThanOrEqual(1);
    gate.resolve(report([]));
    await first;
    expect(await registry.admit(v1, null, never)).toMatchObject({ bytes: 1_868 });
    expect(running).toBe(2);
  });

  test('is the same every time', async () => {
    const registry = registryWith(async () => report([]));
    const [first, second] = [
      await registry.admit(v1, null, never),
      await registry.admit(v1, null, never),
    ];
    expect(second).toEqual(first);
  });
});
