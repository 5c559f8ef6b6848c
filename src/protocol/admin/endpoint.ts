import { z } from 'zod';
import { defaultHealthThresholds } from '../../core/telemetry/health.ts';
import { segmentsSchema } from '../segments.ts';
import { attributesSchema, headerNameSchema, pointerSchema } from '../audience.ts';
import { defaultLogSettings, LOG_FIELDS } from '../../core/routing/logging.ts';
import { healthChangeSchema, healthThresholdsSchema } from './health.ts';
import { logChangeSchema, logSettingsSchema } from './prediction-log.ts';
import { momentSchema, nameSchema, reasonSchema, versionRefSchema } from './scalars.ts';

const unitKeySchema = z.strictObject({
  header: headerNameSchema.describe('Header that names the unit (usually the user).'),
  pointer: pointerSchema
    .nullable()
    .default(null)
    .describe('JSON pointer (RFC 6901) into the body, tried when the header is absent.'),
});

const deadlineMs = z.number().int().min(1).max(600_000);

/** What an operator may set on an endpoint. */
export const endpointSettingsSchema = z.strictObject({
  unitKey: unitKeySchema,
  deadlineMs: deadlineMs.describe('A prediction not ready by then is answered as timed out.'),
  attributes: attributesSchema.describe('What audiences may speak of.'),
  segments: segmentsSchema.exactOptional(),
  health: healthThresholdsSchema
    .default(defaultHealthThresholds)
    .describe('What its versions must keep to be called healthy.'),
  log: logSettingsSchema
    .default(() => ({
      ...defaultLogSettings,
      fields: [...LOG_FIELDS],
      redact: [...defaultLogSettings.redact],
    }))
    .describe('What of its predictions is kept for people to look up.'),
});

/** Makes an endpoint. */
export const endpointCreateSchema = z.strictObject({
  name: nameSchema,
  version: z
    .string()
    .min(1)
    .describe('`model@3`, `model@label`, `model@alias` or `model` (newest).'),
  unitKey: unitKeySchema.optional(),
  deadlineMs: deadlineMs.optional(),
  attributes: attributesSchema
    .optional()
    .describe('What audiences may speak of; default: nothing.'),
  segments: segmentsSchema.exactOptional(),
  health: healthChangeSchema.optional(),
  log: logChangeSchema.optional(),
});

/** Changes settings of an endpoint; what is not named stays. */
export const endpointChangeSchema = z
  .strictObject({
    unitKey: unitKeySchema.optional(),
    deadlineMs: deadlineMs.optional(),
    attributes: attributesSchema
      .optional()
      .describe('All of them: others are not declared any more.'),
    segments: segmentsSchema
      .nullable()
      .optional()
      .describe('All of them; null: requests are not told apart any more.'),
    health: healthChangeSchema.optional(),
    log: logChangeSchema.optional(),
    reason: reasonSchema.default('changed by hand'),
  })
  .refine(
    ({ reason: _reason, ...settings }) =>
      Object.values(settings).some((setting) => setting !== undefined),
    'name a setting to change: unitKey, deadlineMs, attributes, segments, health or log',
  );

/** A change of settings that was asked for. */
export type EndpointChange = z.output<typeof endpointChangeSchema>;

/** An endpoint with what goes on at it. */
export const endpointBodySchema = z.strictObject({
  name: nameSchema,
  model: nameSchema,
  version: versionRefSchema,
  previous: versionRefSchema.nullable(),
  settings: endpointSettingsSchema,
  revision: z.number().int(),
  createdAt: momentSchema,
  changedAt: momentSchema,
  rollout: z.string().nullable().describe('The rollout in progress; of several, the first.'),
});

/** Takes the endpoint back, whatever goes on. */
export const endpointRollbackSchema = z.strictObject({
  reason: reasonSchema,
  further: z
    .boolean()
    .default(false)
    .describe('Go to the version before even if the last rollout was taken back already.'),
});

/** What a rollback did. */
export const rollbackAnswerSchema = z.strictObject({
  endpoint: nameSchema,
  changed: z.boolean().describe('False: the last rollout was taken back before; nothing is to do.'),
  rollout: z.string().nullable().describe('The rollout that was reverted; null: there was none.'),
  rollouts: z
    .array(z.string())
    .default([])
    .describe('All that were: tests may have gone on beside each other.'),
  version: versionRefSchema.describe('What answers from now on.'),
  generation: z.number().int().describe('The routing table that says so.'),
});

/** An endpoint as the admin API shows it. */
export type EndpointBody = z.input<typeof endpointBodySchema>;

/** What a rollback did. */
export type RollbackAnswer = z.input<typeof rollbackAnswerSchema>;

/** More than control keeps windows for. */
const TRAFFIC_MS_MAX = 90 * 86_400_000;
const WEEK_MS = 7 * 86_400_000;

/** Over which time traffic is wanted. */
export const trafficQuerySchema = z.strictObject({
  lastMs: z.coerce.number().int().min(60_000).max(TRAFFIC_MS_MAX).default(WEEK_MS),
});

/** What an endpoint is asked outside any rollout, and how its version in production answers. */
export const trafficBodySchema = z.strictObject({
  endpoint: nameSchema,
  version: z.number().int().describe('Whose rates and latencies these are.'),
  coveredMs: z
    .number()
    .describe('Time looked at: from the first stored window on, without rollouts.'),
  units: z.number().describe('Counted anew in every bucket.'),
  unitsPerSecond: z.number(),
  requests: z.number(),
  bucketMs: z.number().nullable().describe('Width of the buckets; null: none is stored.'),
  unitsPerBucket: z.number().nullable(),
  dayShape: z
    .array(z.number())
    .nullable()
    .describe('Factor on the mean for each hour of the day (UTC); null: less than a day seen.'),
  errorRate: z.number().nullable().describe('Part of the units; null: nobody was counted.'),
  nullRate: z.number().nullable(),
  latencyMs: z
    .strictObject({ p50: z.number(), p90: z.number(), p99: z.number() })
    .nullable()
    .describe('Null: no answer was timed.'),
});

/** What an endpoint is asked. */
export type TrafficBody = z.output<typeof trafficBodySchema>;
