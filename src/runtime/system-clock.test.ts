import { setTimeout as wait } from 'node:timers/promises';
import { clockContract } from '../ports/clock.contract.ts';
import { systemClock } from './system-clock.ts';

clockContract('of the system', () => ({ clock: systemClock, pass: (ms) => wait(ms) }));
