import type { Pair } from '../../src/ports/pair-sink.ts';
import type { LoggedPrediction } from '../../src/ports/prediction-sink.ts';
import type { Sink } from '../../src/ports/sink.ts';

/** A sink that keeps records in memory. */
function createSink<T>(): Sink<T> & { readonly records: readonly T[] } {
  const records: T[] = [];
  return {
    records,
    append: (some, signal) => {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      records.push(...some);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** A sink that keeps pairs in memory. */
export function createMemorySink(): Sink<Pair> & { readonly pairs: readonly Pair[] } {
  const { records, append, close } = createSink<Pair>();
  return { pairs: records, append, close };
}

/** A sink that keeps predictions in memory. */
export const createPredictionMemory = () => createSink<LoggedPrediction>();
