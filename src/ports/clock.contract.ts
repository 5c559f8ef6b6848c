import { describe, expect, test } from 'vitest';
import type { Clock } from './clock.ts';

/** A clock under test; `pass` lets time go by until sleeps of that length are over. */
export type ClockSetup = { readonly clock: Clock; readonly pass: (ms: number) => Promise<void> };

/** What every clock must do. */
export function clockContract(name: string, setUp: () => ClockSetup): void {
  describe(`clock: ${name}`, () => {
    test('monotonic time goes forward with the time that passes', async () => {
      const { clock, pass } = setUp();
      const before = clock.monotonicMs();
      const asleep = clock.sleep(5, new AbortController().signal);
      await pass(5);
      await asleep;
      expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(4);
    });

    test('wall time is a moment', () => {
      const { clock } = setUp();
      expect(clock.now()).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(clock.now())).toBe(true);
    });

    test('a sleep with an aborted signal is over at once', async () => {
      const { clock } = setUp();
      await expect(clock.sleep(1e9, AbortSignal.abort())).resolves.toBeUndefined();
    });

    test('aborting ends a sleep, which does not reject', async () => {
      const { clock } = setUp();
      const controller = new AbortController();
      const asleep = clock.sleep(1e9, controller.signal);
      controller.abort();
      await expect(asleep).resolves.toBeUndefined();
    });

    test('one signal ends many sleeps', async () => {
      const { clock } = setUp();
      const controller = new AbortController();
      const asleep = [1e8, 1e9].map((ms) => clock.sleep(ms, controller.signal));
      controller.abort();
      await expect(Promise.all(asleep)).resolves.toHaveLength(2);
    });
  });
}
