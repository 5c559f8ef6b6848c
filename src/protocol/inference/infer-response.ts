import type { WantedOutput } from './infer-request.ts';
import { bytesOfTensor } from './tensor-binary.ts';
import { dataJson } from './tensor-json.ts';
import type { Tensor } from './tensor.ts';

/** An answer of the Open Inference Protocol to be written. */
export type InferAnswer = {
  /** `{"model_name":…,"model_version":…` without the last brace: the same for all of an arm. */
  readonly opening: string;
  readonly id: string | null;
  /** Response parameters, as JSON. */
  readonly parameters: string;
  /** In the order in which they are to appear. */
  readonly outputs: readonly Tensor[];
  readonly wanted: readonly WantedOutput[] | null;
  readonly binaryOutputs: boolean;
};

/** What goes over the wire; `headerLength` null means that it is JSON and nothing else. */
export type WrittenAnswer = {
  readonly body: string | Uint8Array;
  readonly headerLength: number | null;
};

const encoder = new TextEncoder();

/** Writes the answer, with tensors as JSON or as bytes after it, as each output was wanted. */
export function writeInferAnswer(answer: InferAnswer): WrittenAnswer {
  const { opening, id, parameters, outputs, wanted, binaryOutputs } = answer;
  const binary: Uint8Array[] = [];
  const written = outputs.map((tensor, index) => {
    const asBytes = wanted === null ? binaryOutputs : (wanted[index]?.binary ?? false);
    if (!asBytes) return `${tensorOpening(tensor)},"data":${dataJson(tensor)}}`;
    const bytes = bytesOfTensor(tensor);
    binary.push(bytes);
    return `${tensorOpening(tensor)},"parameters":{"binary_data_size":${bytes.byteLength}}}`;
  });
  const idPart = id === null ? '' : `,"id":${JSON.stringify(id)}`;
  const json = `${opening}${idPart},"parameters":${parameters},"outputs":[${written.join(',')}]}`;
  if (binary.length === 0) return { body: json, headerLength: null };
  const head = encoder.encode(json);
  return { body: joined([head, ...binary]), headerLength: head.byteLength };
}

function tensorOpening({ name, datatype, shape }: Tensor): string {
  return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}]`;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
