import { canonicalJson } from '../lib/canonical.ts';
import { sha256Hex } from '../lib/sha256.ts';
import { mergeWindows } from '../telemetry/merge.ts';
import type { Window, WindowKey } from '../telemetry/window.ts';

/** What the chain of buckets begins with. */
export const NO_BUCKETS = '0'.repeat(64);

/** Two windows with one text summarise requests of the same kind. */
export const windowKeyText = (key: WindowKey): string =>
  JSON.stringify([
    key.start,
    key.endpoint,
    key.rollout,
    key.revision,
    key.arm,
    key.version,
    key.bucketMs,
  ]);

/**
 * The windows of all gateways as one: one window a key, in a fixed order. Adding windows is exact,
 * so this says the same of a rollout's checks as the windows themselves, to the last bit.
 */
export function mergedWindows(windows: readonly Window[]): readonly Window[] {
  const merged = new Map<string, Window>();
  for (const window of windows) {
    const text = windowKeyText(window);
    const found = merged.get(text);
    merged.set(text, found === undefined ? window : mergeWindows(found, window));
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, window]) => window);
}

/**
 * Continues the chain of buckets: SHA-256 over the hash before and the merged windows of each
 * start, in the order of time. Folding bucket by bucket or all at once gives the same, as it does
 * for evidence, so one hash stands for every window that evidence was made of.
 */
export const chainWindows = (previous: string, windows: readonly Window[]): string =>
  finished(chainSteps(previous, windows));

/** The same one bucket at a time, for whoever has other things to do in between. */
export function* chainSteps(
  previous: string,
  windows: readonly Window[],
): Generator<undefined, string> {
  const byStart = Map.groupBy(windows, ({ start }) => start);
  let hash = previous;
  for (const start of [...byStart.keys()].sort((a, b) => a - b)) {
    hash = sha256Hex(canonicalJson([hash, mergedWindows(byStart.get(start) ?? [])]));
    yield undefined;
  }
  return hash;
}

/** What a computation gives that is done without a rest. */
export function finished<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
