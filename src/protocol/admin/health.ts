import { z } from 'zod';
import { HEALTHS } from '../../core/telemetry/health.ts';
import { OUTCOMES } from '../../core/telemetry/observation.ts';
import { momentSchema, nameSchema } from './scalars.ts';

const rate = z.number().min(0).max(1);
const meanMsMax = z.number().positive().max(600_000);

/** What a version must keep to be called healthy. */
export const healthThresholdsSchema = z.strictObject({
  meanMsMax: meanMsMax.describe('Mean latency above which a version is unhealthy; default 100.'),
  successRateMin: rate.describe('Success rate below which it is; default 0.95.'),
});

/** What is changed of the thresholds; what is not named stays. */
export const healthChangeSchema = healthThresholdsSchema.partial();

/** Of which endpoint, over which time, and against which thresholds. */
export const healthQuerySchema = z.strictObject({
  endpoint: nameSchema.optional().describe('Default: all of them.'),
  lastMs: z.coerce.number().int().min(1_000).max(86_400_000).default(300_000),
  meanMsMax: z.coerce
    .number()
    .pipe(meanMsMax)
    .optional()
    .describe('Instead of what the endpoint says.'),
  successRateMin: z.coerce
    .number()
    .pipe(rate)
    .optional()
    .describe('Instead of what the endpoint says.'),
});

/** Whom an arm serves now. */
export const SERVES = ['users', 'copies', 'nobody'] as const;

const figure = z.number().nullable();
const count = z.number().int();

const figures = {
  requests: count,
  outcomes: z.strictObject(
    Object.fromEntries(OUTCOMES.map((outcome) => [outcome, count])) as {
      [O in (typeof OUTCOMES)[number]]: typeof count;
    },
  ),
  successRate: figure,
  nullRate: figure,
  meanMs: figure,
  p50Ms: figure,
  p95Ms: figure,
  p99Ms: figure,
  fallbacks: count.describe('Answered by the baseline because this arm failed.'),
};

const healthSchema = {
  health: z.enum(HEALTHS),
  why: z.array(z.string()).describe('What it does not keep.'),
};

/** Traffic of one segment of an arm. */
const segmentRowSchema = z.strictObject({ segment: z.string(), ...figures, ...healthSchema });

/** Traffic of one arm of one endpoint over the asked time, and what its version uses (M1). */
export const healthRowSchema = z.strictObject({
  endpoint: nameSchema,
  arm: z.string(),
  model: nameSchema,
  version: z.number().int(),
  serves: z.enum(SERVES).describe('Whom it serves now; `nobody`: it did within the asked time.'),
  since: momentSchema.describe('Later than asked where there are more windows than are read.'),
  ...figures,
  cpuCores: figure.describe('Processor cores its version used on average, wherever it serves.'),
  residentBytes: figure.describe('Memory of the processes of its version now.'),
  costPerThousand: figure.describe('Of a thousand of its predictions; needs `cost.corePerHour`.'),
  useSince: momentSchema.nullable().describe('Since when cores and cost are known.'),
  thresholds: healthThresholdsSchema,
  ...healthSchema,
  segments: z
    .array(segmentRowSchema)
    .exactOptional()
    .describe('The same requests by segment, where the endpoint declares any.'),
});

/** Traffic of one arm. */
export type HealthRow = z.input<typeof healthRowSchema>;

/** What is asked, as parsed. */
export type HealthQuery = z.output<typeof healthQuerySchema>;
