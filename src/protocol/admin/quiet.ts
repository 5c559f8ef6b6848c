import { z } from 'zod';
import { DAY_MINUTES } from '../../core/rollout/quiet-time.ts';
import type { Quiet, QuietTime } from '../../core/rollout/quiet-time.ts';
import { shortOrLong, strict } from './shapes.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const OFFSET_MINUTES_MAX = 840;

const timeOfDay = z
  .string({ error: 'write a time of day like "16:00"' })
  .describe('A time of day: `16:00`; `24:00` is the end of the day.')
  .transform((given, context) => {
    const [, hours, minutes] = /^(\d\d):(\d\d)$/.exec(given) ?? [];
    const minute = Number(hours) * 60 + Number(minutes);
    if (minute <= DAY_MINUTES && Number(minutes) < 60) return minute;
    context.addIssue({ code: 'custom', message: `write a time of day like 16:00, not ${given}` });
    return z.NEVER;
  });

const long = strict({
  days: z
    .array(z.enum(DAYS, { error: `a day is one of ${DAYS.join(', ')}` }))
    .min(1, { error: 'name a day at least' })
    .describe('Days of the week.'),
  from: timeOfDay.optional().describe('A time of day such as `16:00`; default: the day’s begin.'),
  to: timeOfDay.optional().describe('A time of day; default `24:00`, the end of the day.'),
}).refine(({ from = 0, to = DAY_MINUTES }) => from < to, {
  error: 'it ends before it begins; a night is two entries, one before and one after midnight',
  path: ['to'],
});

const short = z.literal('weekends', { error: 'write `weekends` or an object with days' });

/** Times of the week in which nothing is moved upward. */
export const quietSchema = strict({
  times: z
    .array(shortOrLong(short, long), { error: 'write a list like [weekends]' })
    .max(50)
    .describe('`weekends`, or `{days: [fri], from: "16:00"}`.'),
  utcOffset: z
    .string()
    .regex(/^[+-]\d\d:\d\d$/, 'write an offset like "+01:00"')
    .optional()
    .describe('How far local clocks are ahead of UTC, e.g. `+01:00`; default: UTC.'),
}).transform((wire, context): Quiet => {
  const utcOffsetMinutes = offsetIn(wire.utcOffset ?? '+00:00');
  if (Math.abs(utcOffsetMinutes) > OFFSET_MINUTES_MAX) {
    context.addIssue({ code: 'custom', path: ['utcOffset'], message: 'no clock is that far off' });
  }
  return { times: wire.times.map(timeOf), utcOffsetMinutes };
});

type Said = z.output<typeof short> | z.output<typeof long>;

function timeOf(said: Said): QuietTime {
  if (said === 'weekends') return { days: [0, 6], fromMinute: 0, toMinute: DAY_MINUTES };
  const { days, from = 0, to = DAY_MINUTES } = said;
  return { days: days.map((day) => DAYS.indexOf(day)), fromMinute: from, toMinute: to };
}

function offsetIn(text: string): number {
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4));
  return text.startsWith('-') ? -minutes : minutes;
}
