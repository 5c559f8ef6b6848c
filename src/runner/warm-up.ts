import { prng } from '../core/lib/prng.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { isText } from '../protocol/runner/tensor-block.ts';
import { constantFill, randomFill, syntheticInputs } from '../protocol/runner/synthetic.ts';
import type { FillFunction } from '../protocol/runner/synthetic.ts';
import { hasFreeRows, sliceRows } from './batch.ts';
import { sentenceOf } from './session.ts';
import type { Session } from './session.ts';

/** What warming found out. */
export type WarmUp = {
  readonly oneMs: number;
  readonly batchRowsMax: number;
  readonly batchMs: number;
  readonly detail: string;
};

const SIZES = [1, 2, 8, 32] as const;
const RUNS_PER_SIZE = 20;
const BUDGET_MS = 150;
const FREE_DIMENSION = 4;
/** A joined run should not make its first request wait longer than this. */
const BATCH_MS_MAX = 5;
const TRIAL_ROWS = 7;
/** Larger differences between rows computed together and alone are not rounding. */
const RELATIVE_MAX = 1e-5;
/** Sums that cancel are compared against the largest value beside them. */
const SCALED_MAX = 1e-7;
const DETAIL_CHARS_MAX = 500;

/**
 * Runs the model on made-up inputs until it is warm, measures it, and finds out by experiment
 * whether rows of several requests may be computed together. A model that refuses made-up inputs is
 * not to blame for that; its requests run alone.
 */
export async function warmUp(session: Session, batchRowsMax: number): Promise<WarmUp> {
  const wanted = session.signature.outputs.map((_, index) => index);
  const mayBatch = batchRowsMax > 1 && hasFreeRows(session.signature);
  const times = new Map<number, number>();
  const until = performance.now() + BUDGET_MS;
  let detail = '';
  for (const rows of mayBatch ? SIZES : SIZES.slice(0, 1)) {
    // A model this slow gains nothing from joining, and more runs would only hold it up.
    if ((times.get(1) ?? 0) >= BATCH_MS_MAX) break;
    const timed = await time(session, { wanted, rows, until });
    if (typeof timed === 'number') times.set(rows, timed);
    else detail = timed;
  }
  const oneMs = times.get(1) ?? 0;
  const alone: WarmUp = { oneMs, batchRowsMax: 1, batchMs: oneMs, detail };
  if (!mayBatch || oneMs >= BATCH_MS_MAX || detail !== '') return alone;
  const dependence = await findDependence(session, wanted);
  if (dependence !== null) return { ...alone, detail: dependence };
  const most = rowsWithin(times, batchRowsMax);
  const batchMs = most > 1 ? await time(session, { wanted, rows: most, until: 0 }) : oneMs;
  if (most === 1 || typeof batchMs !== 'number') return alone;
  return { oneMs, batchRowsMax: most, batchMs, detail };
}

type Timing = {
  readonly wanted: readonly number[];
  readonly rows: number;
  readonly until: number;
};

/** Milliseconds of the fastest run, or why there was none. */
async function time(session: Session, { wanted, rows, until }: Timing): Promise<number | string> {
  const inputs = made(session, rows, constantFill('ones'));
  if (inputs === null) return 'inputs of this signature are too large to make up';
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS_PER_SIZE; run += 1) {
    const start = performance.now();
    if (run > 0 && start > until) break;
    try {
      await session.run(inputs, wanted);
    } catch (thrown) {
      return `refused made-up inputs of ${rows} rows: ${sentenceOf(thrown)}`.slice(
        0,
        DETAIL_CHARS_MAX,
      );
    }
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const made = (session: Session, rows: number, fill: FillFunction): readonly Tensor[] | null =>
  syntheticInputs(session.signature, { rows, free: FREE_DIMENSION }, fill);

/** The largest batch expected to take at most `BATCH_MS_MAX`, by what 1 and 32 rows took. */
function rowsWithin(times: ReadonlyMap<number, number>, most: number): number {
  const oneMs = times.get(1) ?? 0;
  const manyMs = times.get(32) ?? 0;
  const rowMs = Math.max(0, manyMs - oneMs) / 31;
  if (oneMs + rowMs * (most - 1) <= BATCH_MS_MAX) return most;
  return Math.max(1, Math.min(most, Math.floor((BATCH_MS_MAX - oneMs) / rowMs)));
}

/**
 * Compares rows computed together with the same rows computed alone: ordinary rows, rows of which
 * one is a thousand times larger (a scale taken over the batch would show), and rows of which one
 * is not a number. Answers why rows depend on one another, or null.
 */
async function findDependence(session: Session, wanted: readonly number[]): Promise<string | null> {
  const rng = prng('rows are independent');
  const trials: readonly (readonly Tensor[] | null)[] = [
    made(session, TRIAL_ROWS, randomFill(rng)),
    withRow(made(session, TRIAL_ROWS, randomFill(rng)), made(session, 1, randomFill(rng, 1_000))),
    withRow(made(session, TRIAL_ROWS, randomFill(rng)), made(session, 1, constantFill('nan'))),
  ];
  let isFirst = true;
  for (const inputs of trials) {
    if (inputs === null) return 'inputs of this signature are too large to make up';
    const seen = await tryRows(session, inputs, wanted);
    if (seen === 'differs') return 'rows depend on one another: each request runs alone';
    if (seen === 'refused' && isFirst) return 'refused random inputs: each request runs alone';
    isFirst = false;
  }
  return null;
}

/** `inputs` with one of its rows replaced. */
function withRow(
  inputs: readonly Tensor[] | null,
  row: readonly Tensor[] | null,
): readonly Tensor[] | null {
  if (inputs === null || row === null) return null;
  return inputs.map((tensor, i) => {
    const { data } = row[i] ?? tensor;
    const width = tensor.data.length / TRIAL_ROWS;
    const at = Math.floor(TRIAL_ROWS / 2) * width;
    if (isText(tensor.data)) {
      const texts = isText(data) ? data : [];
      return { ...tensor, data: tensor.data.with(at, texts[0] ?? '') };
    }
    const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset);
    if (!isText(data)) {
      bytes.set(new Uint8Array(data.buffer), at * tensor.data.BYTES_PER_ELEMENT);
    }
    return tensor;
  });
}

async function tryRows(
  session: Session,
  inputs: readonly Tensor[],
  wanted: readonly number[],
): Promise<'same' | 'differs' | 'refused'> {
  let together: readonly Tensor[];
  try {
    together = await session.run(inputs, wanted);
  } catch {
    return 'refused';
  }
  if (together.some(({ shape }) => shape[0] !== TRIAL_ROWS)) return 'differs';
  for (let row = 0; row < TRIAL_ROWS; row += 1) {
    let alone: readonly Tensor[];
    try {
      alone = await session.run(
        inputs.map((tensor) => sliceRows(tensor, row, row + 1)),
        wanted,
      );
    } catch {
      return 'refused';
    }
    const isSame = together.every((tensor, i) =>
      sameTensor(sliceRows(tensor, row, row + 1), alone[i], largest(tensor)),
    );
    if (!isSame) return 'differs';
  }
  return 'same';
}

function largest({ data }: Tensor): number {
  let most = 0;
  for (const value of data) {
    const size = typeof value === 'number' ? Math.abs(value) : 0;
    if (size > most && Number.isFinite(size)) most = size;
  }
  return most;
}

/** Whole numbers and texts must be equal, reals nearly so; halves are compared by their value. */
function sameTensor(a: Tensor, b: Tensor | undefined, scale: number): boolean {
  if (b === undefined || a.shape.length !== b.shape.length) return false;
  if (a.shape.some((size, i) => size !== b.shape[i]) || a.data.length !== b.data.length)
    return false;
  const isReal = a.datatype === 'FP32' || a.datatype === 'FP64';
  for (let i = 0; i < a.data.length; i += 1) {
    const x = a.data[i];
    const y = b.data[i];
    if (Object.is(x, y) || x === y) continue;
    if (a.datatype === 'FP16' && nearHalves(Number(x), Number(y))) continue;
    if (!isReal || !nearReals(Number(x), Number(y), scale)) return false;
  }
  return true;
}

function nearReals(x: number, y: number, scale: number): boolean {
  const most = Math.max(Math.abs(x), Math.abs(y));
  return Math.abs(x - y) <= Math.max(RELATIVE_MAX * most, SCALED_MAX * scale);
}

/** Neighbouring halves of one sign have neighbouring bits; their rounding is 1000 times coarser. */
const nearHalves = (x: number, y: number): boolean => x >>> 15 === y >>> 15 && Math.abs(x - y) <= 1;
