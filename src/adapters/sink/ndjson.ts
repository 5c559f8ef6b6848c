import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { Pair, PairSink } from '../../ports/pair-sink.ts';
import { fileName, makeRoom } from './ndjson/files.ts';
import type { Retention } from './ndjson/files.ts';
import { lineOf } from './ndjson/line.ts';

/** Where pairs go, and how many files' worth of them are kept. */
export type NdjsonSinkOptions = Retention & {
  /** Nobody else may write here. */
  readonly folder: string;
  readonly clock: Clock;
};

/** A file is full at this part of all that may be kept, */
const FILES = 8;
/** and over after this time. */
const FILE_MS = 3_600_000;
const OWNER_ONLY = 0o600;

/**
 * Pairs as lines of JSON in files that are never written again once they are full, so that whoever
 * collects them may take all but the newest. One append is one write: a process that is killed
 * leaves half a line at the most, at the end of a file that nobody adds to any more.
 */
export function createNdjsonSink(options: NdjsonSinkOptions): PairSink {
  return new NdjsonSink(options);
}

type OpenFile = { readonly handle: FileHandle; readonly sinceMs: number; bytes: number };

class NdjsonSink implements PairSink {
  readonly #options: NdjsonSinkOptions;
  /** One thing after the other, whoever asks. */
  #last: Promise<unknown> = Promise.resolve();
  #file: OpenFile | null = null;
  #made = 0;

  constructor(options: NdjsonSinkOptions) {
    this.#options = options;
  }

  append(pairs: readonly Pair[], signal: AbortSignal): Promise<void> {
    return this.#next(async () => {
      signal.throwIfAborted();
      if (pairs.length > 0) await this.#write(pairs.map(lineOf).join(''));
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
    await makeRoom(folder, this.#options, { nowMs, room: Math.max(fileMax, bytes) });
    this.#made += 1;
    const path = join(folder, fileName(nowMs, this.#made));
    const file = { handle: await open(path, 'a', OWNER_ONLY), sinceMs: nowMs, bytes: 0 };
    this.#file = file;
    return file;
  }

  async #finish(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.handle.close();
  }
}
