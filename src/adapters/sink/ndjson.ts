import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { PairSink } from '../../ports/pair-sink.ts';
import type { PredictionSink } from '../../ports/prediction-sink.ts';
import type { Sink } from '../../ports/sink.ts';
import { fileName, filesIn, hasLines, makeRoom } from './ndjson/files.ts';
import type { FileKind, Retention } from './ndjson/files.ts';
import { lineOf } from './ndjson/line.ts';
import { predictionLine } from './ndjson/prediction-line.ts';

/** Where records go, and how many files' worth of them are kept. */
export type NdjsonSinkOptions = Retention & {
  /** Nobody else may write here. */
  readonly folder: string;
  readonly clock: Clock;
  /** Told now and then of the files of lines that nobody writes to any more, the oldest first. */
  readonly onFinished?: (paths: readonly string[]) => void;
};

/** What is kept, and how one record is written. */
type Form<T> = { readonly kind: FileKind; readonly lineOf: (record: T) => string };

/** A file is full at this part of all that may be kept, */
const FILES = 8;
/** and over after this time. */
const FILE_MS = 3_600_000;
/** How often files are looked after when nothing is written. */
const SWEEP_MS = 60_000;
const OWNER_ONLY = 0o600;

/** Pairs of answers as lines of JSON. */
export const createPairFiles = (options: NdjsonSinkOptions): PairSink =>
  new NdjsonSink(options, { kind: 'pairs', lineOf });

/** Predictions as lines of JSON. */
export const createPredictionFiles = (options: NdjsonSinkOptions): PredictionSink =>
  new NdjsonSink(options, { kind: 'predictions', lineOf: predictionLine });

type OpenFile = {
  readonly path: string;
  readonly handle: FileHandle;
  readonly sinceMs: number;
  bytes: number;
};

/**
 * Records as lines of JSON in files that are never written again once they are full, so that
 * whoever collects them may take all but the newest. One append is one write: a process that is
 * killed leaves half a line at the most, at the end of a file that nobody adds to any more.
 */
class NdjsonSink<T> implements Sink<T> {
  readonly #options: NdjsonSinkOptions;
  readonly #form: Form<T>;
  /** One thing after the other, whoever asks. */
  #last: Promise<unknown> = Promise.resolve();
  #file: OpenFile | null = null;
  #made = 0;
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(options: NdjsonSinkOptions, form: Form<T>) {
    this.#options = options;
    this.#form = form;
  }

  append(records: readonly T[], signal: AbortSignal): Promise<void> {
    return this.#next(async () => {
      signal.throwIfAborted();
      if (records.length === 0) await this.#sweep();
      else await this.#write(records.map(this.#form.lineOf).join(''));
    });
  }

  close(): Promise<void> {
    return this.#next(() => this.#finish());
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const file = await this.#fileFor(bytes.byteLength);
    try {
      await file.handle.writeFile(bytes);
      file.bytes += bytes.byteLength;
    } catch (error) {
      // What follows half a line would be lost with it.
      await this.#finish();
      throw error;
    }
  }

  /** What is over is closed, so that it can be collected; what is too old goes. */
  async #sweep(): Promise<void> {
    const nowMs = this.#options.clock.now();
    if (nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    const known = this.#file;
    if (known !== null && nowMs - known.sinceMs >= FILE_MS) await this.#finish();
    await this.#makeRoom(nowMs, 0);
    await this.#tellFinished();
  }

  async #tellFinished(): Promise<void> {
    const { folder, onFinished } = this.#options;
    if (onFinished === undefined) return;
    const paths = (await filesIn(folder, this.#form.kind))
      .filter(hasLines)
      .map((name) => join(folder, name));
    onFinished(paths.filter((path) => path !== this.#file?.path));
  }

  #makeRoom(nowMs: number, room: number): Promise<void> {
    const { folder } = this.#options;
    return makeRoom({ folder, kind: this.#form.kind }, this.#options, { nowMs, room });
  }

  async #fileFor(bytes: number): Promise<OpenFile> {
    const { folder, clock, bytesMax } = this.#options;
    const nowMs = clock.now();
    const known = this.#file;
    const fileMax = bytesMax / FILES;
    if (known !== null) {
      const isOver = known.bytes + bytes > fileMax || nowMs - known.sinceMs >= FILE_MS;
      if (!isOver) return known;
      await this.#finish();
    }
    await this.#makeRoom(nowMs, Math.max(fileMax, bytes));
    this.#made += 1;
    const path = join(folder, fileName(this.#form.kind, nowMs, this.#made));
    const file = { path, handle: await open(path, 'a', OWNER_ONLY), sinceMs: nowMs, bytes: 0 };
    this.#file = file;
    await this.#tellFinished();
    return file;
  }

  async #finish(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.handle.close();
  }
}
