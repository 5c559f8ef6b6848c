import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Datatype, Signature, TensorSpec } from '../../src/core/catalog/signature.ts';
import { instant } from '../../src/core/lib/units.ts';
import type { CatalogVersion } from '../../src/core/routing/table.ts';
import type { Tensor } from '../../src/protocol/inference/tensor.ts';
import { onnxBytes } from './graph.ts';
import type { Graph } from './graph.ts';

/** A model file with the version that describes it. */
export type ModelFile = { readonly path: string; readonly version: CatalogVersion };

/** Describes an input or output. */
export const spec = (name: string, datatype: Datatype, shape: readonly number[]): TensorSpec => ({
  name,
  datatype,
  shape,
});

/** Takes and gives one list of reals of any length. */
export const listToList: Signature = {
  inputs: [spec('x', 'FP32', [-1])],
  outputs: [spec('y', 'FP32', [-1])],
};

/** The signature of the demo models. */
export const demoSignature: Signature = {
  inputs: [spec('features', 'FP32', [-1, 30])],
  outputs: [spec('label', 'INT64', [-1]), spec('probabilities', 'FP32', [-1, 2])],
};

/** A file as a version. */
export function modelFile(path: string, signature: Signature): ModelFile {
  const bytes = readFileSync(path);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const createdAt = instant(0);
  const about = { model: 'test', version: 1, label: 'one', createdAt };
  return { path, version: { ...about, digest, bytes: bytes.length, signature } };
}

const root = join(import.meta.dirname, '..', '..');

/** A file of `test/vectors/onnx`. */
export const vectorFile = (name: string, signature: Signature): ModelFile =>
  modelFile(join(root, 'test/vectors/onnx', `${name}.onnx`), signature);

/** A demo model: `v1`, `v2` or `v3`. */
export const demoFile = (name: string): ModelFile =>
  modelFile(join(root, 'examples/models', `${name}.onnx`), demoSignature);

/** Writes a model into `folder`. All its inputs and outputs are reals. */
export function writtenFile(folder: string, name: string, graph: Graph): ModelFile {
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, onnxBytes(graph));
  const specs = (values: Graph['inputs']): readonly TensorSpec[] =>
    values.map((value) =>
      spec(
        value.name,
        'FP32',
        value.shape.map((size) => (typeof size === 'number' ? size : -1)),
      ),
    );
  return modelFile(path, { inputs: specs(graph.inputs), outputs: specs(graph.outputs) });
}

/** A tensor of reals. */
export const reals = (name: string, shape: readonly number[], data: readonly number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(data),
});
