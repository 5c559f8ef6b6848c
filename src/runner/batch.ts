import type { TensorSpec } from '../core/catalog/signature.ts';
import type { Tensor, TensorData } from '../protocol/inference/tensor.ts';
import { elementsOf, isText, zeros } from '../protocol/runner/tensor-block.ts';

/** One request as the runner holds it. */
export type Job = {
  readonly id: number;
  /** In the order of the signature. */
  readonly inputs: readonly Tensor[];
  /** Places of the wanted outputs in the signature, in the order they were asked for. */
  readonly wanted: readonly number[];
  /** First dimension all inputs share; 0 when they do not, or it is empty. */
  readonly rows: number;
  /** Nobody waits for it: it is run alone, when nothing else is there, and timed. */
  readonly isCopy: boolean;
};

/** Whether every input and output has a free first dimension: else requests cannot be joined. */
export function hasFreeRows(signature: {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}): boolean {
  const specs = [...signature.inputs, ...signature.outputs];
  return signature.inputs.length > 0 && specs.every(({ shape }) => (shape[0] ?? 0) < 0);
}

/** First dimension that all inputs share; 0 when they do not, or it is empty. */
export function rowsOf(inputs: readonly Tensor[]): number {
  const rows = inputs[0]?.shape[0] ?? 0;
  return inputs.every(({ shape }) => shape[0] === rows) ? rows : 0;
}

/** Whether two requests differ at most in their first dimension. */
export function canJoin(a: Job, b: Job): boolean {
  return a.inputs.every((tensor, i) => sameTail(tensor.shape, b.inputs[i]?.shape ?? []));
}

function sameTail(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 1; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** Takes the first job, and behind it those that may run with it, out of `jobs`. */
export function takeGroup(jobs: Job[], rowsMax: number): readonly Job[] {
  const [head, ...others] = jobs;
  if (head === undefined) return [];
  if (rowsMax === 1 || head.rows === 0 || head.isCopy) {
    jobs.shift();
    return [head];
  }
  const group = [head];
  const left: Job[] = [];
  let { rows } = head;
  for (const job of others) {
    const fits = job.rows > 0 && !job.isCopy && rows + job.rows <= rowsMax;
    if (!fits || !canJoin(head, job)) {
      left.push(job);
      continue;
    }
    rows += job.rows;
    group.push(job);
  }
  jobs.length = 0;
  for (const job of left) jobs.push(job);
  return group;
}

/** The inputs of several jobs, one behind the other along the first dimension. */
export function joinInputs(group: readonly Job[]): readonly Tensor[] {
  const rows = group.reduce((sum, job) => sum + job.rows, 0);
  const first = group[0]?.inputs ?? [];
  return first.map((tensor, i) => {
    const shape = [rows, ...tensor.shape.slice(1)];
    const parts = group.map(({ inputs }) => inputs[i]?.data ?? []);
    return { name: tensor.name, datatype: tensor.datatype, shape, data: joinData(tensor, parts) };
  });
}

function joinData({ datatype }: Tensor, parts: readonly TensorData[]): TensorData {
  if (datatype === 'BYTES') return parts.flatMap((part) => (isText(part) ? part : []));
  const joined = zeros(
    datatype,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  const bytes = new Uint8Array(joined.buffer);
  let at = 0;
  for (const part of parts) {
    if (isText(part)) continue;
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return joined;
}

/** Rows `from` to `to` of a tensor, without copying where that is possible. */
export function sliceRows(tensor: Tensor, from: number, to: number): Tensor {
  const { name, datatype, data } = tensor;
  const tail = tensor.shape.slice(1);
  const width = elementsOf(tail);
  const shape = [to - from, ...tail];
  const part = isText(data)
    ? data.slice(from * width, to * width)
    : data.subarray(from * width, to * width);
  return { name, datatype, shape, data: part };
}
