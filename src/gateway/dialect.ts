import type { Signature } from '../core/catalog/signature.ts';
import { Fault } from '../protocol/errors.ts';
import { bindFeatures, predictionJson } from '../protocol/inference/features.ts';
import type { FeatureRequest } from '../protocol/inference/features.ts';
import { inputTensors } from '../protocol/inference/infer-tensors.ts';
import { readInferRequest } from '../protocol/inference/infer-request.ts';
import type { InferRequest } from '../protocol/inference/infer-request.ts';
import { writeInferAnswer } from '../protocol/inference/infer-response.ts';
import type { JsonObject } from '../protocol/inference/json-body.ts';
import { nestedJson } from '../protocol/inference/tensor-json.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { JSON_HEADERS } from './exchange.ts';
import type { Headers } from './exchange.ts';
import type { ServedArm } from './served.ts';

/** How one caller speaks: what he sent, as tensors for a model, and tensors as his answer. */
export type Dialect = {
  /** The JSON he sent; null when there was none. */
  readonly json: JsonObject | null;
  /** Names of the outputs he wants; null: all. */
  readonly wanted: readonly string[] | null;
  /** Tensors for a model of this signature. Faults: TENSOR_INVALID, REQUEST_MALFORMED. */
  bind(signature: Signature): readonly Tensor[];
  write(made: Made): { readonly headers: readonly string[]; readonly body: string | Uint8Array };
};

/** A prediction to be written. */
export type Made = {
  readonly endpoint: string;
  readonly arm: ServedArm;
  readonly predictionId: string;
  readonly outputs: readonly Tensor[];
};

const HEADER_LENGTH = 'inference-header-content-length';
const BYTES_CONTENT = 'application/octet-stream';

/** The Open Inference Protocol, version 2, with the binary tensor extension. */
export function inferDialect(body: Uint8Array, headers: Headers): Dialect {
  const request = readInferRequest(body, headerLength(headers.get(HEADER_LENGTH)));
  return {
    json: request.json,
    wanted: request.outputs?.map(({ name }) => name) ?? null,
    bind: (signature) => {
      requireOutputs(request, signature);
      return inputTensors(request.inputs, signature);
    },
    write: (made) => writeInfer(request, made),
  };
}

function headerLength(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new Fault('REQUEST_MALFORMED', `${HEADER_LENGTH} is not a count of bytes`);
}

function requireOutputs({ outputs }: InferRequest, signature: Signature): void {
  if (outputs === null) return;
  outputs.forEach(({ name }, index) => {
    if (signature.outputs.some((spec) => spec.name === name)) return;
    const names = signature.outputs.map((spec) => spec.name).join(', ');
    throw new Fault('TENSOR_INVALID', `the model gives ${names}`, `outputs[${index}].name`);
  });
}

function writeInfer(request: InferRequest, made: Made): ReturnType<Dialect['write']> {
  const { arm, predictionId, outputs } = made;
  const { body, headerLength: length } = writeInferAnswer({
    opening: arm.opening,
    id: request.id,
    parameters: `{"prediction_id":"${predictionId}","arm":${JSON.stringify(arm.name)}}`,
    outputs,
    wanted: request.outputs,
    binaryOutputs: request.binaryOutputs,
  });
  if (length === null) return { headers: JSON_HEADERS, body };
  return { headers: ['content-type', BYTES_CONTENT, HEADER_LENGTH, String(length)], body };
}

/** The simple prediction API: features in, a prediction out. */
export function featureDialect(request: FeatureRequest): Dialect {
  let isRow = false;
  return {
    json: request.json,
    wanted: null,
    bind: (signature) => {
      const bound = bindFeatures(request.features, signature);
      isRow = bound.isRow;
      return bound.tensors;
    },
    write: (made) => ({ headers: JSON_HEADERS, body: writeFeatures(made, isRow) }),
  };
}

function writeFeatures({ endpoint, arm, predictionId, outputs }: Made, isRow: boolean): string {
  const [first] = outputs;
  const prediction = first === undefined ? 'null' : predictionJson(first, isRow);
  const all = outputs
    .map((tensor) => `${JSON.stringify(tensor.name)}:${nestedJson(tensor)}`)
    .join(',');
  return (
    `{"prediction":${prediction},"outputs":{${all}},"model":${JSON.stringify(arm.version.model)},` +
    `"model_version":${arm.version.version},"endpoint":${JSON.stringify(endpoint)},` +
    `"arm":${JSON.stringify(arm.name)},"prediction_id":"${predictionId}"}`
  );
}
