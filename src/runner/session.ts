import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Datatype, Signature, TensorSpec } from '../core/catalog/signature.ts';
import type { Tensor, TensorData } from '../protocol/inference/tensor.ts';
import type { LoadMessage } from '../protocol/runner/load-message.ts';
import type { RefusedMessage } from '../protocol/runner/message.ts';
import { elementsOf } from '../protocol/runner/tensor-block.ts';

/** A loaded model. */
export type Session = {
  readonly signature: Signature;
  /** Computes the outputs at `wanted` (places in the signature), in that order; throws. */
  run(inputs: readonly Tensor[], wanted: readonly number[]): Promise<readonly Tensor[]>;
};

/** A loaded model, or why it will not be served. */
export type Opened =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly refusal: RefusedMessage };

const ORT_TYPES = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Record<Datatype, string>;

const MESSAGE_CHARS_MAX = 2_000;

/** What a thrown thing says, without places in the source of ONNX Runtime, cut to fit. */
export function sentenceOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message
    .replaceAll(/\S+\.(?:cc|h):\d+ /g, '')
    .trim()
    .slice(0, MESSAGE_CHARS_MAX);
}

/**
 * Loads a model. The file is read once, and the very bytes whose digest was checked are handed to
 * ONNX Runtime, so that nothing can be swapped in between.
 */
export async function openSession(load: LoadMessage): Promise<Opened> {
  const refuse = (why: RefusedMessage['why'], message: string): Opened => ({
    ok: false,
    refusal: { why, message: message.slice(0, MESSAGE_CHARS_MAX) },
  });
  let ort: Ort;
  try {
    // Where there is a `Float16Array`, the JavaScript part of ONNX Runtime wraps FP16 data in one,
    // which its native part (1.30) takes for empty. Without it, both agree on the bits.
    Reflect.deleteProperty(globalThis, 'Float16Array');
    ort = await import('onnxruntime-node');
  } catch (thrown) {
    return refuse('runtime', sentenceOf(thrown));
  }
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(load.path);
  } catch (thrown) {
    return refuse('unreadable', sentenceOf(thrown));
  }
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (digest !== load.digest) {
    return refuse('digest', `expected ${load.digest}, the file is ${digest}`);
  }
  try {
    const session = await ort.InferenceSession.create(bytes, SESSION_OPTIONS);
    const difference = compare(load.signature, session);
    if (difference !== null) return refuse('signature', difference);
    return { ok: true, session: sessionOver(ort, session, load.signature) };
  } catch (thrown) {
    return refuse('refused', sentenceOf(thrown));
  }
}

type Ort = {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof OrtTensor;
};

// One thread: the process is the unit of parallelism; more would take cores from the gateway.
// No arena: it keeps whatever one large request once needed.
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableCpuMemArena: false,
  logSeverityLevel: 4,
};

/** Says in words how the loaded model differs from what is expected; null: it does not. */
function compare(signature: Signature, session: InferenceSession): string | null {
  return (
    compareSide('input', signature.inputs, session.inputMetadata) ??
    compareSide('output', signature.outputs, session.outputMetadata)
  );
}

type Side = 'input' | 'output';

function compareSide(
  side: Side,
  specs: readonly TensorSpec[],
  found: readonly InferenceSession.ValueMetadata[],
): string | null {
  const names = found.map(({ name }) => name);
  const expected = specs.map(({ name }) => name);
  if (names.length !== expected.length || names.some((name) => !expected.includes(name))) {
    return `expected ${side}s ${expected.join(', ')}; the model has ${names.join(', ')}`;
  }
  for (const spec of specs) {
    const meta = found.find(({ name }) => name === spec.name);
    if (meta === undefined || !meta.isTensor) return `${side} ${spec.name} is not a tensor`;
    if (meta.type !== ORT_TYPES[spec.datatype]) {
      return `${side} ${spec.name} is ${meta.type}, expected ${spec.datatype}`;
    }
    if (!sameShape(side, spec.shape, meta.shape)) {
      const [has, expects] = [meta.shape, spec.shape].map((shape) => shape.join(', '));
      return `${side} ${spec.name} has shape [${has}], expected [${expects}]`;
    }
  }
  return null;
}

/**
 * Free dimensions are numbers below 0 on our side and names on theirs. ONNX Runtime infers more of
 * outputs than their file declares, and gives no dimensions where it knows none.
 */
function sameShape(
  side: Side,
  expected: readonly number[],
  found: readonly (number | string)[],
): boolean {
  if (side === 'output' && (expected.length === 0 || found.length === 0)) return true;
  if (expected.length !== found.length) return false;
  return expected.every((size, i) => {
    const other = found[i];
    if (size >= 0 && typeof other === 'number') return size === other;
    return side === 'output' || (size < 0 && typeof other === 'string');
  });
}

function sessionOver(ort: Ort, session: InferenceSession, signature: Signature): Session {
  const { outputs } = signature;
  return {
    signature,
    run: async (inputs, wanted) => {
      const feeds: Record<string, OrtTensor> = Object.create(null);
      for (const { name, datatype, data, shape } of inputs) {
        feeds[name] = new ort.Tensor(ORT_TYPES[datatype], data, shape);
      }
      const specs = wanted.map((index) => specAt(outputs, index));
      const fetches = specs.map(({ name }) => name);
      const answers = await session.run(feeds, fetches);
      return specs.map((spec) => fromOrt(spec, answers[spec.name]));
    },
  };
}

function specAt(specs: readonly TensorSpec[], index: number): TensorSpec {
  const spec = specs[index];
  if (spec === undefined) throw new RangeError(`there is no output number ${index}`);
  return spec;
}

/** Our view of an output; throws when the model gave something else than it declares. */
function fromOrt(spec: TensorSpec, answer: OrtTensor | undefined): Tensor {
  const { name, datatype } = spec;
  if (answer === undefined) throw new TypeError(`the model gave no output ${name}`);
  if (answer.type !== ORT_TYPES[datatype]) {
    throw new TypeError(`output ${name} is ${answer.type}, the model declares ${datatype}`);
  }
  const data = answer.data as TensorData;
  if (data.length !== elementsOf(answer.dims)) {
    throw new TypeError(`output ${name} has ${data.length} elements for [${answer.dims.join()}]`);
  }
  return { name, datatype, shape: answer.dims, data };
}
