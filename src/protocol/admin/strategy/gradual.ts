import { z } from 'zod';
import { durationSchema } from '../quantities.ts';
import { strict } from '../shapes.ts';
import { declared } from './declaration.ts';

const WATCH_MS = 3_600_000;

const shape = strict({
  kind: z.literal('gradual'),
  watch: durationSchema.optional().describe('How long it is watched closely; default: 1h.'),
});

/** Declares a switch at once with a window of close watching (S7). */
export const gradualDeclaration = declared<'gradual', typeof shape>(shape, ({ watch }) => ({
  kind: 'gradual',
  watchMs: watch ?? WATCH_MS,
}));
