import { z } from 'zod';
import { MEASURES } from '../../core/feedback/measure.ts';
import { CLASS_CHARS_MAX } from '../../core/feedback/predicted.ts';
import { FEEDBACK_TAKEN_MS } from '../../core/feedback/retention.ts';
import { momentSchema, nameSchema } from './scalars.ts';

const count = z.number().int().nonnegative();
const figure = z.number().nullable();

/** Steps in one answer. */
const STEPS_MAX = 400;

/** How far back feedback is read, of which version, and in what steps. */
export const feedbackQuerySchema = z
  .strictObject({
    lastMs: z.coerce
      .number()
      .int()
      .min(1_000)
      .max(FEEDBACK_TAKEN_MS)
      .default(7 * 86_400_000)
      .describe('Predictions made in the last so many milliseconds.'),
    version: z.coerce.number().int().positive().optional(),
    stepMs: z.coerce
      .number()
      .int()
      .min(1_000)
      .max(FEEDBACK_TAKEN_MS)
      .optional()
      .describe('How good each version was step by step, in steps of so many milliseconds.'),
  })
  .refine(({ lastMs, stepMs }) => stepMs === undefined || lastMs / stepMs <= STEPS_MAX, {
    path: ['stepMs'],
    message: `at most ${STEPS_MAX} steps: widen the step, or look less far back`,
  });
export type FeedbackQuery = z.output<typeof feedbackQuerySchema>;

/** What is known beforehand about a metric. */
export const metricDeclareSchema = z.strictObject({
  maturityMs: z
    .number()
    .int()
    .min(0)
    .max(FEEDBACK_TAKEN_MS)
    .describe('How long after a prediction its feedback is expected to be complete.'),
  positive: z
    .string()
    .min(1)
    .max(CLASS_CHARS_MAX)
    .nullable()
    .default(null)
    .describe(
      'Of `label`: the class whose finding counts. Without it, 1 where classes are 0 and 1.',
    ),
});

/** A metric as it was declared. */
export const metricBodySchema = z.strictObject({
  endpoint: nameSchema,
  metric: nameSchema,
  maturityMs: count,
  positive: z.string().nullable(),
  declaredAt: momentSchema,
  declaredBy: z.string(),
});

const measure = z.strictObject({
  name: z.enum(MEASURES),
  value: z.number(),
  lower: figure.describe('Of the 95 % interval; null where none is known.'),
  upper: figure,
  n: count,
});

const version = z.strictObject({
  version: count.describe('0 where nothing tells which version answered.'),
  events: count.describe('Pieces of feedback to predictions whose feedback should be complete.'),
  provisionalEvents: count.describe('Pieces of feedback to later predictions.'),
  predictions: count
    .nullable()
    .describe('Answers in the same time; null when it is longer than they are counted back.'),
  arrivalRate: figure.describe('Pieces of feedback per answer.'),
  state: z.enum(['mature', 'provisional']).describe('What the measures stand on.'),
  measures: z.array(measure),
  course: z
    .array(
      z.strictObject({
        start: momentSchema,
        events: count,
        state: z.enum(['mature', 'provisional']),
        measures: z.array(measure),
      }),
    )
    .describe('The same step by step, oldest first; empty unless `stepMs` is given.'),
});

const metric = z.strictObject({
  metric: nameSchema,
  declared: z.boolean(),
  maturityMs: count,
  positive: z.string().nullable(),
  versions: z.array(version),
});

const arm = z.strictObject({
  arm: z.string(),
  version: count,
  units: count,
  answered: count.describe('Units with at least one piece of feedback.'),
  provisionalUnits: count,
  mean: figure.describe('Per unit; a unit without feedback counts 0.'),
  arrival: z
    .strictObject({ ratio: figure, lower: z.number(), upper: figure, different: z.boolean() })
    .nullable()
    .describe('How often units are fed back about, against the baseline; null for the baseline.'),
});

const rolloutOutcomes = z.strictObject({
  id: z.string(),
  metrics: z.array(z.strictObject({ metric: nameSchema, arms: z.array(arm) })),
});

/** What came back about an endpoint. */
export const feedbackBodySchema = z.strictObject({
  endpoint: nameSchema,
  from: momentSchema,
  asOf: momentSchema,
  metrics: z.array(metric),
  rollout: rolloutOutcomes
    .nullable()
    .describe('The rollout in progress, by units from its beginning.'),
  beside: z.array(rolloutOutcomes).default([]).describe('Tests that go on beside it, the same.'),
});
export type FeedbackBody = z.output<typeof feedbackBodySchema>;
