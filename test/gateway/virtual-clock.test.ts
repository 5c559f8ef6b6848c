import { clockContract } from '../../src/ports/clock.contract.ts';
import { createVirtualClock } from './virtual-clock.ts';

clockContract('of tests', () => {
  const clock = createVirtualClock();
  return { clock, pass: (ms) => clock.pass(ms) };
});
