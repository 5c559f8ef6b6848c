import { z } from 'zod';
import type { Behaviour } from '../../core/plan/scenario.ts';
import { parseWith } from '../admin/parse.ts';
import { durationSchema, rateSchema } from '../admin/quantities.ts';
import { strict } from '../admin/shapes.ts';
import { trafficSchema } from './quantities.ts';

/** More simulated rollouts than anybody waits for. */
export const PLAN_ROLLOUTS_MAX = 100_000;
/** What is simulated unless told: seconds of work, and rates known to a few per cent. */
export const PLAN_ROLLOUTS_DEFAULT = 100;

const shape = strict({
  traffic: trafficSchema,
  'baseline-error': rateSchema.default(0.005),
  'baseline-null': rateSchema.default(0),
  latency: durationSchema.default(20),
  spread: z.coerce.number({ error: 'write a number like 0.5' }).gt(0).max(3).default(0.5),
  rollouts: z.coerce
    .number({ error: 'write a whole number' })
    .int()
    .min(1)
    .max(PLAN_ROLLOUTS_MAX)
    .default(PLAN_ROLLOUTS_DEFAULT),
  seed: z.string().default('1'),
});

/** What the flags of `plan` say of the endpoint and of the simulation. */
export type PlanFlags = {
  readonly unitsPerSecond: number;
  readonly dayShape: readonly number[] | null;
  readonly usual: Behaviour;
  readonly rollouts: number;
  readonly seed: string;
};

/** Reads the flags. Fault `INPUT_INVALID` with the flag as its path. */
export function planFlags(words: Readonly<Record<string, unknown>>): PlanFlags {
  const { traffic, latency, spread, rollouts, seed, ...rates } = parseWith(shape, words, null);
  const usual = {
    errorRate: rates['baseline-error'],
    nullRate: rates['baseline-null'],
    medianMs: Math.max(latency, Number.MIN_VALUE),
    sigma: spread,
  };
  return { unitsPerSecond: traffic, dayShape: null, usual, rollouts, seed };
}
