import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionModel } from '../../src/adapters/backend/function.ts';
import { bps, instant } from '../../src/core/lib/units.ts';
import { noThresholds } from '../../src/core/routing/table.ts';
import type { CatalogVersion, Route, RoutingTable } from '../../src/core/routing/table.ts';
import type { Tensor } from '../../src/protocol/inference/tensor.ts';
import { walkOnnx } from '../../src/registry/onnx/walk.ts';

const folder = join(import.meta.dirname, '../vectors/onnx/golden');

const datatypes =
  'bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 fp16 fp32 fp64 bytes'.split(' ');

/** Models a server under test must have. `simple*` add and subtract, `identity_*` give back. */
export const modelNames: readonly string[] = [
  'simple',
  'simple_int8',
  'simple_string',
  ...datatypes.map((name) => `identity_${name}`),
];

/** The file of a model. */
export const modelPath = (name: string): string => join(folder, `${name}.onnx`);

/** Each model as version 1, labelled `first`; endpoints have the names of their models. */
export const modelVersions: readonly CatalogVersion[] = modelNames.map((model) => {
  const bytes = readFileSync(modelPath(model));
  const { signature } = walkOnnx(bytes);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const about = { model, version: 1, label: 'first', createdAt: instant(0) };
  return { ...about, digest, bytes: bytes.length, signature };
});

const routeOf = ({ model, version, digest }: CatalogVersion): Route => ({
  endpoint: model,
  model,
  rollout: null,
  revision: 1,
  since: 1,
  arms: [{ name: 'baseline', role: 'baseline', version: { model, version, digest } }],
  split: [{ arm: 'baseline', bps: bps(10_000) }],
  attributes: [],
  audience: null,
  mirror: null,
  salt: '00112233445566778899aabbccddeeff',
  unitKey: { header: 'x-unit-id', pointer: null },
  fallback: 'baseline',
  deadlineMs: 10_000,
  bucketMs: 10_000,
  thresholdsMs: noThresholds,
  warm: [],
});

/** The table of a server under test. */
export const modelTable: RoutingTable = {
  schema: 1,
  generation: 1,
  routes: modelVersions.map(routeOf),
  models: modelVersions.map((version) => ({ name: version.model, versions: [version] })),
};

/** What a model does, as a function. */
export const modelFunction = ({ model, signature }: CatalogVersion): FunctionModel => ({
  predict: ({ inputs }) => {
    const [first, second] = inputs;
    if (first === undefined) return [];
    const named = (index: number, data: Tensor['data']): Tensor => {
      return { ...first, name: signature.outputs[index]?.name ?? '', data };
    };
    if (model.startsWith('identity') || second === undefined) return [named(0, first.data)];
    const both = (sign: 1 | -1): readonly number[] =>
      Array.from(first.data as ArrayLike<unknown>, (value, at) => {
        return Number(value) + sign * Number(second.data[at]);
      });
    return [named(0, like(first, both(1))), named(1, like(first, both(-1)))];
  },
});

function like({ datatype }: Tensor, values: readonly number[]): Tensor['data'] {
  if (datatype === 'BYTES') return values.map(String);
  return datatype === 'INT8' ? Int8Array.from(values) : Int32Array.from(values);
}
