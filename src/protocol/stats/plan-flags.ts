import { z } from 'zod';
import type { Behaviour } from '../../core/plan/scenario.ts';
import type { TrafficBody } from '../admin/endpoint.ts';
import { parseWith } from '../admin/parse.ts';
import { durationSchema, rateSchema } from '../admin/quantities.ts';
import { strict } from '../admin/shapes.ts';
import { Fault } from '../errors.ts';
import { trafficSchema } from './quantities.ts';

/** More simulated rollouts than anybody waits for. */
export const PLAN_ROLLOUTS_MAX = 100_000;
/** What is simulated unless told: seconds of work, and rates known to a few per cent. */
export const PLAN_ROLLOUTS_DEFAULT = 100;

/** What nobody has said or seen: one error in two hundred, a latency as many services have. */
const UNSEEN: Behaviour = { errorRate: 0.005, nullRate: 0, medianMs: 20, sigma: 0.5 };

const shape = strict({
  traffic: trafficSchema.optional(),
  'baseline-error': rateSchema.optional(),
  'baseline-null': rateSchema.optional(),
  latency: durationSchema.optional(),
  spread: z.coerce.number({ error: 'write a number like 0.5' }).gt(0).max(3).optional(),
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

/**
 * Reads the flags; what they leave out is what was seen of the endpoint, if anything was. Fault
 * `INPUT_INVALID` with the flag as its path.
 */
export function planFlags(
  words: Readonly<Record<string, unknown>>,
  seen: TrafficBody | null = null,
): PlanFlags {
  const { traffic, latency, spread, rollouts, seed, ...rates } = parseWith(shape, words, null);
  const known = seen === null ? UNSEEN : behaviourOf(seen);
  const usual = {
    errorRate: rates['baseline-error'] ?? known.errorRate,
    nullRate: rates['baseline-null'] ?? known.nullRate,
    medianMs: Math.max(latency ?? known.medianMs, Number.MIN_VALUE),
    sigma: spread ?? known.sigma,
  };
  // Somebody who says how much comes in says it of every hour.
  const dayShape = traffic === undefined ? (seen?.dayShape ?? null) : null;
  const unitsPerSecond = traffic ?? seen?.unitsPerSecond ?? 0;
  if (unitsPerSecond > 0) return { unitsPerSecond, dayShape, usual, rollouts, seed };
  const why =
    seen === null
      ? 'say how much comes in, or an endpoint to take it from with --from-endpoint'
      : `no traffic of ${seen.endpoint} is stored for that time; say how much comes in`;
  throw new Fault('INPUT_INVALID', why, 'traffic');
}

/** Standard normal quantiles. */
const Z90 = 1.2815515655446004;
const Z99 = 2.3263478740408408;
const SIGMA_MIN = 0.01;
const HALF = 0.5;

/** The log-normal latency with the median that was seen, and the heavier of the two tails. */
function behaviourOf({ errorRate, nullRate, latencyMs, units }: TrafficBody): Behaviour {
  const rates = {
    // Where no error was seen, twenty times none would be none: half of one is as good a guess.
    errorRate: errorRate === null ? UNSEEN.errorRate : Math.max(errorRate, HALF / units),
    nullRate: nullRate ?? UNSEEN.nullRate,
  };
  const { medianMs, sigma } = UNSEEN;
  if (latencyMs === null || !(latencyMs.p50 > 0)) return { ...rates, medianMs, sigma };
  const { p50, p90, p99 } = latencyMs;
  const wide = Math.max(Math.log(p90 / p50) / Z90, Math.log(p99 / p50) / Z99, SIGMA_MIN);
  return { ...rates, medianMs: p50, sigma: wide };
}
