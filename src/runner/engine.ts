import { FRAME_KIND, FrameError, writeText } from '../protocol/runner/frame.ts';
import type { Frame, FrameWriter } from '../protocol/runner/frame.ts';
import { readTensors, writeTensor } from '../protocol/runner/tensor-block.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { joinInputs, rowsOf, sliceRows, takeGroup } from './batch.ts';
import type { Job } from './batch.ts';
import { sentenceOf } from './session.ts';
import type { Session } from './session.ts';

/** Answers are sent when they would wait longer than this for those behind them. */
const FLUSH_MS = 1;
const FLUSH_BYTES = 256 * 1024;

/** What the engine needs besides the model. */
export type EngineOptions = {
  /** Most rows of several requests computed together; 1: never. */
  readonly batchRowsMax: number;
  readonly frameBytesMax: number;
  readonly writer: FrameWriter;
  /** Sends what the writer holds and empties it. */
  readonly flush: () => void;
};

/** Answers requests: all that are queued, joined where they may be. */
export class Engine {
  readonly #session: Session;
  readonly #options: EngineOptions;
  readonly #all: readonly number[];
  readonly #jobs: Job[] = [];
  #rowsMax: number;

  constructor(session: Session, options: EngineOptions) {
    this.#session = session;
    this.#options = options;
    this.#rowsMax = options.batchRowsMax;
    this.#all = session.signature.outputs.map((_, index) => index);
  }

  /** Queues a request, or takes a queued one back. Throws `FrameError`. */
  accept(frame: Frame): void {
    if (frame.kind === FRAME_KIND.infer) this.#enter(this.#jobOf(frame));
    else if (frame.kind === FRAME_KIND.copy) this.#jobs.push(this.#jobOf(frame));
    else if (frame.kind === FRAME_KIND.cancel) this.#cancel(frame.id);
    else throw new FrameError(`a frame of kind ${frame.kind}`);
  }

  /** Answers everything queued. */
  async drain(): Promise<void> {
    const { writer, flush } = this.#options;
    let flushedAt = performance.now();
    while (this.#jobs.length > 0) {
      await this.#answer(takeGroup(this.#jobs, this.#rowsMax));
      const isDue = performance.now() - flushedAt >= FLUSH_MS || writer.used >= FLUSH_BYTES;
      if (!isDue) continue;
      flush();
      // What came in meanwhile is read: it may join the next run, or take back what is queued.
      await turn();
      flushedAt = performance.now();
    }
    if (writer.used > 0) flush();
  }

  /** Copies wait for whoever is waited for. */
  #enter(job: Job): void {
    const at = this.#jobs.findIndex(({ isCopy }) => isCopy);
    if (at < 0) this.#jobs.push(job);
    else this.#jobs.splice(at, 0, job);
  }

  #jobOf(frame: Frame): Job {
    const { signature } = this.#session;
    const isCopy = frame.kind === FRAME_KIND.copy;
    const { tensors, indexes, end } = readTensors(frame, signature.inputs);
    const inputs = inOrder(tensors, indexes, signature.inputs.length);
    if (frame.extra === 0) {
      return { id: frame.id, inputs, wanted: this.#all, rows: rowsOf(inputs), isCopy };
    }
    if (end + frame.extra * 4 > frame.end) throw new FrameError('outputs leave their frame');
    const wanted: number[] = [];
    for (let i = 0; i < frame.extra; i += 1) {
      const index = frame.memory.words[(end >>> 2) + i] ?? 0;
      if (index >= this.#all.length) throw new FrameError(`there is no output ${index}`);
      wanted.push(index);
    }
    return { id: frame.id, inputs, wanted, rows: rowsOf(inputs), isCopy };
  }

  #cancel(id: number): void {
    const at = this.#jobs.findIndex((job) => job.id === id);
    if (at < 0) return;
    this.#jobs.splice(at, 1);
    this.#options.writer.open(FRAME_KIND.skipped, id);
    this.#options.writer.close();
  }

  async #answer(group: readonly Job[]): Promise<void> {
    if (group.length > 1 && (await this.#answerTogether(group))) return;
    for (const job of group) await this.#answerAlone(job);
  }

  async #answerAlone(job: Job): Promise<void> {
    const before = job.isCopy ? process.cpuUsage() : null;
    try {
      const outputs = await this.#session.run(job.inputs, job.wanted);
      const spent = before === null ? null : process.cpuUsage(before);
      this.#write(job, outputs, spent === null ? 0 : spent.user + spent.system);
    } catch (thrown) {
      writeText(
        this.#options.writer,
        { kind: FRAME_KIND.modelError, id: job.id },
        sentenceOf(thrown),
      );
    }
  }

  /** One run for all; false when that gave nothing that can be told apart again. */
  async #answerTogether(group: readonly Job[]): Promise<boolean> {
    const wanted = union(group, this.#all);
    let outputs: readonly Tensor[];
    try {
      outputs = await this.#session.run(joinInputs(group), wanted);
    } catch {
      // One of them is to blame; alone, each gets the answer it would have got alone.
      return false;
    }
    const rows = group.reduce((sum, job) => sum + job.rows, 0);
    if (outputs.some(({ shape }) => shape[0] !== rows)) {
      // Rows are not independent after all.
      this.#rowsMax = 1;
      return false;
    }
    let from = 0;
    for (const job of group) {
      const to = from + job.rows;
      const start = from;
      this.#write(
        job,
        job.wanted.flatMap((index) => {
          const output = outputs[wanted.indexOf(index)];
          return output === undefined ? [] : [sliceRows(output, start, to)];
        }),
      );
      from = to;
    }
    return true;
  }

  #write({ id, wanted }: Job, outputs: readonly Tensor[], tookUs = 0): void {
    const { writer, frameBytesMax } = this.#options;
    writer.open(FRAME_KIND.answer, id, outputs.length);
    writer.extra(tookUs);
    try {
      for (const [i, output] of outputs.entries()) writeTensor(writer, wanted[i] ?? 0, output);
    } catch (thrown) {
      writer.abandon();
      throw thrown;
    }
    const size = writer.close();
    if (size <= frameBytesMax) return;
    writer.abandon();
    writeText(
      writer,
      { kind: FRAME_KIND.modelError, id },
      `the answer has ${size} bytes, at most ${frameBytesMax} are sent`,
    );
  }
}

/** Resolves after the event loop has looked at the link. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function inOrder(
  tensors: readonly Tensor[],
  indexes: readonly number[],
  count: number,
): readonly Tensor[] {
  if (tensors.length !== count) {
    throw new FrameError(`${tensors.length} inputs, the model takes ${count}`);
  }
  if (indexes.every((index, i) => index === i)) return tensors;
  const ordered = tensors.toSorted((a, b) => indexOf(a) - indexOf(b));
  if (new Set(indexes).size !== count) throw new FrameError('an input is given twice');
  return ordered;

  function indexOf(tensor: Tensor): number {
    return indexes[tensors.indexOf(tensor)] ?? 0;
  }
}

function union(group: readonly Job[], all: readonly number[]): readonly number[] {
  if (group.some(({ wanted }) => wanted === all)) return all;
  return [...new Set(group.flatMap(({ wanted }) => wanted))].toSorted((a, b) => a - b);
}
