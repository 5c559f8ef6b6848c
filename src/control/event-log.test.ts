import { expect, test } from 'vitest';
import { instant } from '../core/lib/units.ts';
import { notifierContract } from '../ports/notifier.contract.ts';
import type { Clock } from '../ports/clock.ts';
import { EventLog } from './event-log.ts';

const clock: Clock = {
  now: () => instant(1_000),
  monotonicMs: () => 0,
  sleep: async () => undefined,
};

notifierContract('event log', () => {
  const notifier = new EventLog(clock);
  return { notifier, received: () => notifier.after(0).map(({ id }) => id) };
});

test('whoever comes late gets what he missed, and then what happens', async () => {
  const log = new EventLog(clock);
  const event = {
    kind: 'rollout.started',
    rollout: 'r-1',
    endpoint: 'risk',
    revision: 1,
    shareBps: 0,
    sentence: 'it began',
  } as const;
  await log.send({ id: 'r-1/1/0', type: 'notify', event });
  const heard: number[] = [];
  const stop = log.listen(({ seq }) => heard.push(seq));
  await log.send({ id: 'r-1/2/0', type: 'notify', event });
  stop();
  await log.send({ id: 'r-1/3/0', type: 'notify', event });
  expect(log.after(1).map(({ seq }) => seq)).toEqual([2, 3]);
  expect(heard).toEqual([2]);
});
