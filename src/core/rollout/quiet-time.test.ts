import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instant } from '../lib/units.ts';
import { quietUntil } from './quiet-time.ts';
import type { Quiet, QuietTime } from './quiet-time.ts';

const weekends: QuietTime = { days: [0, 6], fromMinute: 0, toMinute: 1_440 };
const nights: QuietTime = { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 0, toMinute: 360 };
const fridayLate: QuietTime = { days: [5], fromMinute: 960, toMinute: 1_440 };
const at = (iso: string) => instant(Date.parse(iso));

test.for<{
  readonly now: string;
  readonly times: readonly QuietTime[];
  readonly offset?: number;
  readonly until: string | null;
}>([
  // 2026-11-21 is a Saturday.
  { now: '2026-11-20T12:00:00Z', times: [weekends], until: null },
  { now: '2026-11-21T12:00:30Z', times: [weekends], until: '2026-11-23T00:00:00Z' },
  { now: '2026-11-22T23:59:59Z', times: [weekends], until: '2026-11-23T00:00:00Z' },
  { now: '2026-11-20T16:00:00Z', times: [fridayLate], until: '2026-11-21T00:00:00Z' },
  { now: '2026-11-20T16:00:00Z', times: [fridayLate, weekends], until: '2026-11-23T00:00:00Z' },
  {
    now: '2026-11-20T16:00:00Z',
    times: [fridayLate, weekends, nights],
    until: '2026-11-23T06:00:00Z',
  },
  { now: '2026-11-20T23:30:00Z', times: [weekends], offset: 60, until: '2026-11-22T23:00:00Z' },
  { now: '2026-11-22T23:30:00Z', times: [weekends], offset: 60, until: null },
  { now: '2026-11-21T00:30:00Z', times: [weekends], offset: -60, until: null },
  { now: '2026-11-21T12:00:00Z', times: [], until: null },
])('at $now', ({ now, times, offset = 0, until }) => {
  const found = quietUntil({ times, utcOffsetMinutes: offset }, at(now));
  expect(found === null ? null : new Date(found).toISOString()).toBe(
    until === null ? null : new Date(until).toISOString(),
  );
});

test('it ends later than now, and is not quiet then; only a week without a gap goes round', () => {
  const time = fc
    .record({
      days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 }),
      fromMinute: fc.integer({ min: 0, max: 1_439 }),
      length: fc.integer({ min: 1, max: 1_440 }),
    })
    .map(({ days, fromMinute, length }): QuietTime => {
      return { days, fromMinute, toMinute: Math.min(1_440, fromMinute + length) };
    });
  const quiet = fc.record({
    times: fc.array(time, { minLength: 1, maxLength: 1 }),
    utcOffsetMinutes: fc.integer({ min: -720, max: 840 }),
  });
  const moment = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });
  fc.assert(
    fc.property(quiet, moment, (declared: Quiet, nowMs) => {
      const until = quietUntil(declared, instant(nowMs));
      if (until === null) return;
      expect(until).toBeGreaterThan(nowMs);
      expect(quietUntil(declared, until)).toBeNull();
    }),
  );
});
