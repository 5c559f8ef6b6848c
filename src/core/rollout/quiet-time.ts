import { after } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';

/**
 * A time of the week in which nothing is moved upward: nobody is there to look. Going back is
 * possible at any time, and a person's command is followed.
 */
export type QuietTime = {
  /** 0: Sunday … 6: Saturday, in local time. */
  readonly days: readonly number[];
  /** Minutes since local midnight, 0 to 1 440; `to` is after `from`. */
  readonly fromMinute: number;
  readonly toMinute: number;
};

/** When a rollout keeps still, on clocks that are this many minutes ahead of UTC. */
export type Quiet = {
  readonly times: readonly QuietTime[];
  readonly utcOffsetMinutes: number;
};

/** Never. */
export const neverQuiet: Quiet = { times: [], utcOffsetMinutes: 0 };

/** Minutes in a day. */
export const DAY_MINUTES = 1_440;
const MINUTE_MS = 60_000;
const WEEK_DAYS = 7;
const WEEK_MINUTES = WEEK_DAYS * DAY_MINUTES;
/** 1970-01-01 was a Thursday. */
const EPOCH_DAY = 4;

/** Until when nothing moves upward; null: it may be now. A week that is quiet throughout ends. */
export function quietUntil({ times, utcOffsetMinutes }: Quiet, now: Instant): Instant | null {
  const minute = Math.floor(now / MINUTE_MS) + utcOffsetMinutes + EPOCH_DAY * DAY_MINUTES;
  const isQuiet = (at: number): boolean => {
    const day = Math.floor(at / DAY_MINUTES) % WEEK_DAYS;
    const inDay = at % DAY_MINUTES;
    return times.some(
      ({ days, fromMinute, toMinute }) =>
        days.includes(day) && inDay >= fromMinute && inDay < toMinute,
    );
  };
  if (!isQuiet(minute)) return null;
  const ends = times.flatMap(({ days, toMinute }) =>
    days.map((day) => {
      const end = day * DAY_MINUTES + toMinute;
      return (((end - minute) % WEEK_MINUTES) + WEEK_MINUTES) % WEEK_MINUTES || WEEK_MINUTES;
    }),
  );
  const free = ends.filter((ahead) => !isQuiet(minute + ahead));
  const soonest = Math.min(...(free.length > 0 ? free : [WEEK_MINUTES]));
  return after(now, soonest * MINUTE_MS - (now % MINUTE_MS));
}
