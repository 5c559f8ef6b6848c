import { expect, test } from 'vitest';
import { createVirtualClock } from '../../test/gateway/virtual-clock.ts';
import { Heard } from './heard.ts';

test('a process is told from another by its gateway and its instance', () => {
  const heard = new Heard<number>(createVirtualClock());
  expect(heard.hear({ gateway: 'g1', instance: 'a' }, 1)).toBeNull();
  expect(heard.hear({ gateway: 'g1', instance: 'b' }, 2)).toBeNull();
  expect(heard.hear({ gateway: 'g1', instance: 'a' }, 3)).toMatchObject({ said: 1 });
  expect([...heard.lately()]).toEqual([2, 3]);
});

test('who was silent for ten seconds is not there, until it is heard again', async () => {
  const clock = createVirtualClock();
  const heard = new Heard<string>(clock);
  heard.hear({ gateway: 'g1', instance: 'a' }, 'here');
  await clock.pass(9_999);
  expect([...heard.lately()]).toEqual(['here']);
  await clock.pass(1);
  expect([...heard.lately()]).toEqual([]);
  const before = heard.hear({ gateway: 'g1', instance: 'a' }, 'again');
  expect(before).toEqual({ said: 'here', passedMs: 10_000, wasSilent: true });
  expect([...heard.lately()]).toEqual(['again']);
});

test('the longest silent are forgotten, so that memory is bounded', () => {
  const heard = new Heard<number>(createVirtualClock());
  for (let i = 0; i < 1_000; i += 1) heard.hear({ gateway: 'g', instance: String(i) }, i);
  expect([...heard.lately()]).toHaveLength(256);
});
