import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PairSink } from '../../ports/pair-sink.ts';
import { createPairFiles } from './ndjson.ts';
import type { NdjsonSinkOptions } from './ndjson.ts';

/** What the sink is made of. */
export type ParquetSinkOptions = Omit<NdjsonSinkOptions, 'onFinished'> & {
  /** Told why a file could not be rolled; it stays as it is and is tried again. */
  readonly onFailure: (path: string, why: string) => void;
};

const ROLL_MS_MAX = 120_000;
/** How long nothing is rolled after it failed, as likely as not for want of DuckDB. */
const RETRY_MS = 600_000;

const entry = fileURLToPath(new URL('./parquet/roll-file.ts', import.meta.url));

/**
 * Pairs of answers as lines of JSON at first, where they survive this process at once; files that
 * are full become Parquet, one after the other, in a process of low priority.
 */
export function createPairParquet({ onFailure, ...files }: ParquetSinkOptions): PairSink {
  const roller = new Roller(files.clock.monotonicMs.bind(files.clock), onFailure);
  const lines = createPairFiles({ ...files, onFinished: (paths) => roller.roll(paths) });
  return {
    append: (pairs, signal) => lines.append(pairs, signal),
    close: async () => {
      await lines.close();
      roller.stop();
    },
  };
}

/** Rolls files, one process at a time. */
class Roller {
  readonly #nowMs: () => number;
  readonly #onFailure: ParquetSinkOptions['onFailure'];
  #under: AbortController | null = null;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: () => number, onFailure: ParquetSinkOptions['onFailure']) {
    this.#nowMs = nowMs;
    this.#onFailure = onFailure;
  }

  /** Begins with these, unless it is at others: they will be told again. */
  roll(paths: readonly string[]): void {
    if (this.#under !== null || paths.length === 0 || this.#nowMs() < this.#restsUntilMs) return;
    const under = new AbortController();
    this.#under = under;
    void this.#rollAll(paths, under.signal).finally(() => {
      this.#under = null;
    });
  }

  /** Ends what it is at: the lines are there still. */
  stop(): void {
    this.#under?.abort();
  }

  async #rollAll(paths: readonly string[], signal: AbortSignal): Promise<void> {
    for (const path of paths) {
      const why = await rollInProcess(path, signal);
      if (signal.aborted) return;
      if (why === null) continue;
      this.#restsUntilMs = this.#nowMs() + RETRY_MS;
      this.#onFailure(path, why);
      return;
    }
  }
}

/** Null, or why it could not be done. */
const rollInProcess = (path: string, signal: AbortSignal): Promise<string | null> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '' };
    const options = { signal, timeout: ROLL_MS_MAX, killSignal: 'SIGKILL', env } as const;
    execFile(process.execPath, [entry, path], options, (error, _out, told) => {
      resolve(error === null ? null : told.trim() || error.message);
    });
  });
