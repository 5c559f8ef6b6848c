import { expect, test } from 'vitest';
import { reportSample } from '../../test/samples.ts';
import { instant } from '../core/lib/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { GatewayReport, RunnerUse } from '../protocol/feed/report.ts';
import { UseBook } from './use-book.ts';

const MINUTE_MS = 60_000;
const START_MS = 1_000 * MINUTE_MS;

/** A book, and reports to it at moments of a day that begins at 0 minutes. */
function bookAt() {
  let nowMs = START_MS;
  const clock: Clock = {
    now: () => instant(nowMs),
    monotonicMs: () => nowMs,
    sleep: async () => undefined,
  };
  const book = new UseBook(clock);
  return {
    hear: (minute: number, uses: readonly Use[], instance = 'i-1'): void => {
      nowMs = START_MS + minute * MINUTE_MS;
      book.hear(reportOf(uses, instance));
    },
    pass: (ms: number): void => void (nowMs += ms),
    of: (digest: string, minute: number) => book.of(digest, instant(START_MS + minute * MINUTE_MS)),
  };
}

type Use = Partial<RunnerUse> & { readonly digest: string };

const reportOf = (uses: readonly Use[], instance: string): GatewayReport =>
  reportSample({
    instance,
    runners: uses.map((use) => ({ residentBytes: 0, cpuMs: 0, predictions: 0, ...use })),
  });

test('what was used before a process was first heard of does not count', () => {
  const book = bookAt();
  book.hear(0, [{ digest: 'a', cpuMs: 5_000, predictions: 100 }]);
  expect(book.of('a', 0)).toMatchObject({ cpuMs: 0, predictions: 0, since: START_MS });
  book.hear(1, [{ digest: 'a', cpuMs: 5_600, predictions: 130 }]);
  expect(book.of('a', 0)).toMatchObject({ cpuMs: 600, predictions: 30 });
});

test('processes of a version add up, others stay apart', () => {
  const book = bookAt();
  for (const instance of ['i-1', 'i-2']) {
    book.hear(0, [{ digest: 'a' }, { digest: 'b' }], instance);
    book.hear(
      1,
      [
        { digest: 'a', cpuMs: 10, predictions: 1 },
        { digest: 'b', cpuMs: 3 },
      ],
      instance,
    );
  }
  expect(book.of('a', 0)).toMatchObject({ cpuMs: 20, predictions: 2 });
  expect(book.of('b', 0)).toMatchObject({ cpuMs: 6, predictions: 0 });
  expect(book.of('c', 0)).toBeNull();
});

test('only what is asked for is given, by the minute', () => {
  const book = bookAt();
  book.hear(0, [{ digest: 'a' }]);
  for (const minute of [1, 2, 3]) book.hear(minute, [{ digest: 'a', cpuMs: minute * 100 }]);
  expect(book.of('a', 2)).toMatchObject({ cpuMs: 200, since: START_MS + 2 * MINUTE_MS });
  expect(book.of('a', 2.9)?.cpuMs).toBe(200);
  expect(book.of('a', 4)?.cpuMs).toBe(0);
});

test('a counter that fell began again at 0', () => {
  const book = bookAt();
  book.hear(0, [{ digest: 'a', cpuMs: 900 }]);
  book.hear(1, [{ digest: 'a', cpuMs: 1_000 }]);
  book.hear(2, [{ digest: 'a', cpuMs: 40 }]);
  expect(book.of('a', 0)?.cpuMs).toBe(140);
});

test('memory is that of the processes heard of lately', () => {
  const book = bookAt();
  book.hear(0, [{ digest: 'a', residentBytes: 100 }], 'i-1');
  book.hear(0, [{ digest: 'a', residentBytes: 20 }], 'i-2');
  expect(book.of('a', 0)?.residentBytes).toBe(120);
  book.pass(11_000);
  expect(book.of('a', 0)?.residentBytes).toBe(0);
});

test('a day is kept, whatever comes', () => {
  const book = bookAt();
  const minutes = 2 * 24 * 60;
  for (let minute = 0; minute <= minutes; minute += 1) {
    book.hear(minute, [{ digest: 'a', cpuMs: minute }]);
  }
  expect(book.of('a', 0)?.cpuMs).toBe(24 * 60 + 1);
});
