import { instant } from '../../src/core/lib/units.ts';
import type { Clock } from '../../src/ports/clock.ts';

type Sleeper = { readonly untilMs: number; readonly wake: () => void };

/** Time that passes when a test says so. */
export type VirtualClock = Clock & {
  /** Lets time pass, waking each sleeper at its moment and letting it act before the next. */
  pass(ms: number): Promise<void>;
  /** Sets the wall clock off by so much from now on. */
  jump(ms: number): void;
};

/** All promises that can go on without time passing go on. */
export const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A clock that starts at `epochMs`. */
export function createVirtualClock(epochMs = 1_790_000_000_000): VirtualClock {
  let nowMs = 0;
  let wallMs = epochMs;
  const sleepers = new Set<Sleeper>();
  const next = (): Sleeper | undefined =>
    [...sleepers].reduce<Sleeper | undefined>(
      (first, one) => (first === undefined || one.untilMs < first.untilMs ? one : first),
      undefined,
    );
  return {
    now: () => instant(wallMs + nowMs),
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve();
          return;
        }
        const wake = (): void => {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { untilMs: nowMs + ms, wake };
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake, { once: true });
      }),
    pass: async (ms) => {
      const untilMs = nowMs + ms;
      await settled();
      for (let one = next(); one !== undefined && one.untilMs <= untilMs; one = next()) {
        nowMs = Math.max(nowMs, one.untilMs);
        one.wake();
        await settled();
      }
      nowMs = untilMs;
    },
    jump: (ms) => {
      wallMs += ms;
    },
  };
}
