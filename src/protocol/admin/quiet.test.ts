import { expect, test } from 'vitest';
import { quietSchema } from './quiet.ts';

test.for<{ readonly said: object; readonly means: object }>([
  {
    said: { times: ['weekends'] },
    means: { times: [{ days: [0, 6], fromMinute: 0, toMinute: 1_440 }], utcOffsetMinutes: 0 },
  },
  {
    said: { times: [{ days: ['fri'], from: '16:30' }], utcOffset: '-03:30' },
    means: { times: [{ days: [5], fromMinute: 990, toMinute: 1_440 }], utcOffsetMinutes: -210 },
  },
  {
    said: { times: [{ days: ['mon', 'tue'], from: '00:00', to: '24:00' }], utcOffset: '+14:00' },
    means: { times: [{ days: [1, 2], fromMinute: 0, toMinute: 1_440 }], utcOffsetMinutes: 840 },
  },
])('$said', ({ said, means }) => {
  expect(quietSchema.parse(said)).toEqual(means);
});

test.for<{ readonly said: unknown; readonly says: string }>([
  { said: { times: 'weekends' }, says: 'write a list like [weekends]' },
  { said: { times: ['nights'] }, says: 'write `weekends` or an object with days' },
  { said: { times: [{ days: [] }] }, says: 'name a day at least' },
  { said: { times: [{ days: ['friday'] }] }, says: 'a day is one of sun, mon' },
  { said: { times: [{ days: ['fri'], from: '4pm' }] }, says: 'write a time of day like 16:00' },
  { said: { times: [{ days: ['fri'], from: '24:30' }] }, says: 'write a time of day like 16:00' },
  { said: { times: [{ days: ['fri'], from: '22:00', to: '06:00' }] }, says: 'two entries' },
  { said: { times: [], utcOffset: 'CET' }, says: 'write an offset like "+01:00"' },
  { said: { times: [], utcOffset: '+23:00' }, says: 'no clock is that far off' },
  { said: { tmies: [] }, says: 'write a list' },
])('$said is refused', ({ said, says }) => {
  const found = quietSchema.safeParse(said).error?.issues.map(({ message }) => message) ?? [];
  expect(found.join('; ')).toContain(says);
});
