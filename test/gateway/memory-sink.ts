import type { Pair, PairSink } from '../../src/ports/pair-sink.ts';

/** A sink that keeps pairs in memory. */
export function createMemorySink(): PairSink & { readonly pairs: readonly Pair[] } {
  const pairs: Pair[] = [];
  return {
    pairs,
    append: (some, signal) => {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      pairs.push(...some);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
