import { setImmediate } from 'node:timers/promises';

/**
 * Lets everything else this process has to do go on: long work is cut into pieces with one of these
 * between them. It waits for no time, so that it means the same on every clock.
 */
export const breathe = (): Promise<void> => setImmediate();
