import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Fault } from '../protocol/errors.ts';
import { inspect } from './registry.ts';
import type { FaultCode } from '../protocol/errors.ts';

const folder = join(import.meta.dirname, '../../test/vectors/onnx');

type Vector = { readonly file: string };
type Hostile = Vector & { readonly rule: string; readonly verdict: 'refuse' | 'either' };

const manifest: {
  readonly golden: readonly Vector[];
  readonly valid: readonly Vector[];
  readonly poison: readonly Vector[];
  readonly hostile: readonly Hostile[];
} = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));

const read = (file: string): Uint8Array => readFileSync(join(folder, file));

function codeOf(file: string): FaultCode | 'admitted' {
  try {
    inspect(read(file));
    return 'admitted';
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return error.code;
  }
}

const { golden, valid, poison, hostile } = manifest;

test.for([...golden, ...valid, ...poison])('$file is not refused', ({ file }) => {
  expect(codeOf(file)).toBe('admitted');
});

test.for(['v1', 'v2', 'v3'])('the demo model %s is not refused', (name) => {
  const path = join(import.meta.dirname, `../../examples/models/${name}.onnx`);
  expect(inspect(readFileSync(path)).signature).toEqual({
    inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 30] }],
    outputs: [
      { name: 'label', datatype: 'INT64', shape: [-1] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
    ],
  });
});

/** What each group is refused as, unless the file is listed below. */
const groupCodes: Readonly<Record<string, FaultCode>> = {
  external: 'ONNX_EXTERNAL_DATA',
  nesting: 'ONNX_LIMIT',
  operator: 'ONNX_OPERATOR',
  opset: 'ONNX_VERSION',
  resource: 'ONNX_EXPANSION',
  signature: 'ONNX_NAMES',
  wire: 'ONNX_TRAILING_BYTES',
};

const codes: Readonly<Record<string, FaultCode>> = {
  'format/empty': 'FORMAT_EMPTY',
  'format/one-byte': 'ONNX_TRUNCATED',
  'format/pickle-0': 'FORMAT_PICKLE',
  'format/pickle-2': 'FORMAT_PICKLE',
  'format/pickle-5': 'FORMAT_PICKLE',
  'format/joblib': 'FORMAT_JOBLIB',
  'format/joblib-zlib': 'FORMAT_COMPRESSED',
  'format/joblib-gzip': 'FORMAT_COMPRESSED',
  'format/zip': 'FORMAT_ZIP',
  'format/zip-torch': 'FORMAT_ZIP',
  'format/zip-empty': 'FORMAT_ZIP',
  'format/7z': 'FORMAT_7Z',
  'format/gzip': 'FORMAT_COMPRESSED',
  'format/bzip2': 'FORMAT_COMPRESSED',
  'format/xz': 'FORMAT_COMPRESSED',
  'format/zlib': 'FORMAT_COMPRESSED',
  'format/zstd': 'FORMAT_COMPRESSED',
  'format/tar': 'FORMAT_TAR',
  'format/hdf5': 'FORMAT_HDF5',
  'format/tflite': 'FORMAT_OTHER_MODEL',
  'format/ort-format': 'FORMAT_OTHER_MODEL',
  'format/safetensors': 'FORMAT_SAFETENSORS',
  'format/npy': 'FORMAT_NUMPY',
  'format/elf': 'FORMAT_EXECUTABLE',
  'format/json': 'FORMAT_TEXT',
  'format/onnx-text': 'FORMAT_TEXT',
  'format/html': 'FORMAT_TEXT',
  'format/git-lfs': 'FORMAT_TEXT',
  'format/zeros': 'ONNX_MALFORMED',
  'format/ones': 'ONNX_MALFORMED',
  'external/in-training-info': 'ONNX_TRAINING',
  'operator/empty-op': 'ONNX_MALFORMED',
  'operator/function-calls-itself': 'ONNX_FUNCTION',
  'operator/functions-in-circle': 'ONNX_FUNCTION',
  'resource/loop-2-40': 'ONNX_ENDLESS',
  'resource/loop-forever': 'ONNX_ENDLESS',
  'resource/functions-10-9': 'ONNX_FUNCTION',
  'resource/weight-2-62': 'ONNX_TENSOR',
  'resource/weight-overflow': 'ONNX_TENSOR',
  'resource/weight-negative': 'ONNX_TENSOR',
  'resource/weight-no-data': 'ONNX_TENSOR',
  'signature/no-inputs': 'ONNX_SIGNATURE',
  'signature/no-outputs': 'ONNX_SIGNATURE',
  'signature/no-graph': 'ONNX_MALFORMED',
  'signature/negative-dim': 'ONNX_MALFORMED',
  'signature/huge-dims': 'ONNX_MALFORMED',
  'signature/dims-overflow': 'ONNX_MALFORMED',
  'signature/no-type': 'ONNX_SIGNATURE',
  'signature/undefined-type': 'ONNX_TYPE',
  'signature/type-99': 'ONNX_TYPE',
  'signature/complex': 'ONNX_TYPE',
  'signature/sequence': 'ONNX_TYPE',
  'signature/optional': 'ONNX_TYPE',
  'signature/map-output': 'ONNX_TYPE',
  'wire/truncated-half': 'ONNX_TRUNCATED',
  'wire/truncated-last-byte': 'ONNX_TRUNCATED',
  'wire/truncated-first-byte': 'ONNX_MALFORMED',
  'wire/length-past-end': 'ONNX_MALFORMED',
  'wire/length-2-63': 'ONNX_MALFORMED',
  'wire/length-2-32': 'ONNX_MALFORMED',
  'wire/wire-type-of-graph': 'ONNX_MALFORMED',
  'wire/groups-10000': 'ONNX_MALFORMED',
  'wire/second-graph': 'ONNX_MALFORMED',
  'wire/only-ir-version': 'ONNX_MALFORMED',
};

/** Well-formed models that only the runtime can refuse; the probe asks it. */
const leftToProbe: ReadonlySet<string> = new Set(['operator/unknown-op']);

const mustBeRefused = hostile.filter(
  ({ rule, verdict }) => verdict === 'refuse' && !leftToProbe.has(rule),
);

test.for(mustBeRefused)('$rule is refused under its code', ({ rule, file }) => {
  expect(codeOf(file)).toBe(codes[rule] ?? groupCodes[rule.split('/')[0] ?? '']);
});

test.for(hostile)('$rule ends with a code or a signature, and pollutes nothing', ({ file }) => {
  expect(() => codeOf(file)).not.toThrow();
  expect(Object.keys(Object.prototype)).toEqual([]);
});

describe('every refusal', () => {
  const faults = mustBeRefused.map(({ file }) => {
    try {
      inspect(read(file));
    } catch (error) {
      if (error instanceof Fault) return error;
    }
    throw new Error(`${file} was admitted`);
  });

  test('says in a sentence what is wrong, and how to mend it', () => {
    const sentences = faults.map(({ message }) => message);
    expect(sentences.filter((sentence) => !sentence.endsWith('.'))).toEqual([]);
    expect(sentences.filter((sentence) => sentence.length > 600)).toEqual([]);
    expect(faults.filter(({ fix }) => fix.length < 20)).toEqual([]);
    expect(faults.filter(({ status }) => status !== 422)).toEqual([]);
  });

  test('of something inside the graph names the place', () => {
    const inside = faults.filter(({ code }) =>
      ['ONNX_EXTERNAL_DATA', 'ONNX_OPERATOR', 'ONNX_EXPANSION', 'ONNX_TENSOR'].includes(code),
    );
    expect(inside.length).toBeGreaterThan(40);
    const place = /^(graph|functions\[\d+\])\..*(node|initializer)\[\d+\]/;
    expect(inside.filter(({ path }) => !place.test(path ?? ''))).toEqual([]);
  });
});
