import { z } from 'zod';
import { className, CLASS_CHARS_MAX } from '../../core/feedback/predicted.ts';
import { LABEL_METRIC, REWARD_METRIC } from '../../core/feedback/feedback.ts';
import type { FeedbackValue } from '../../core/feedback/feedback.ts';
import { instant } from '../../core/lib/units.ts';
import type { Instant } from '../../core/lib/units.ts';
import { Fault } from '../errors.ts';
import { nameSchema } from '../admin/scalars.ts';

/** Largest number that is taken: its square is still exact enough to sum. */
const VALUE_MAX = 1e15;
const ID_CHARS_MAX = 128;
const UNIT_CHARS_MAX = 256;
/** Longer than any prediction id there is. */
const PREDICTION_ID_CHARS_MAX = 1_024;

const number = z.number().min(-VALUE_MAX).max(VALUE_MAX);

/** The name of a business metric. `label` and `reward` have fields of their own. */
export const metricNameSchema = nameSchema.refine(
  (name) => name !== LABEL_METRIC && name !== REWARD_METRIC,
  '`label` and `reward` are given as fields of these names',
);

const classSchema = z.union([z.string().min(1).max(CLASS_CHARS_MAX), number, z.boolean()]);

/** One piece of feedback, as it is sent. */
export const feedbackItemSchema = z
  .strictObject({
    prediction_id: z
      .string()
      .min(1)
      .max(PREDICTION_ID_CHARS_MAX)
      .optional()
      .describe('The id an answer came with (`x-prediction-id`, `prediction_id`).'),
    endpoint: nameSchema.optional().describe('With `unit` and `at`, where there is no id.'),
    unit: z
      .string()
      .min(1)
      .max(UNIT_CHARS_MAX)
      .optional()
      .describe('The unit as the request named it, e.g. its `x-unit-id`.'),
    at: z
      .union([z.iso.datetime({ offset: true }), z.number().nonnegative().max(8.64e15)])
      .optional()
      .describe('When the prediction was made: RFC 3339, or milliseconds since 1970.'),
    label: classSchema.optional().describe('What was true: a class, or a number.'),
    reward: number.optional().describe('How good the answer turned out to be.'),
    metric: z
      .strictObject({ name: metricNameSchema, value: number })
      .optional()
      .describe('A business metric, and what the prediction brought in it.'),
    id: z
      .string()
      .min(1)
      .max(ID_CHARS_MAX)
      .optional()
      .describe('Your own name for this piece; then a prediction may have several of a metric.'),
  })
  .describe(
    '`prediction_id`, or `endpoint`, `unit` and `at`; and one of `label`, `reward`, `metric`.',
  );

/** One piece of feedback, as callers write it. */
export type FeedbackPiece = z.input<typeof feedbackItemSchema>;

/** One piece of feedback, read. */
export type FeedbackItem = {
  readonly about: PredictionNamed | UnitNamed;
  readonly metric: string;
  readonly value: FeedbackValue;
  readonly id: string | null;
};

/** About a prediction by its id. */
export type PredictionNamed = { readonly type: 'prediction'; readonly id: string };

/** About whatever a unit was answered at some time. */
export type UnitNamed = {
  readonly type: 'unit';
  readonly endpoint: string;
  readonly unit: string;
  readonly at: Instant;
};

type Sent = z.output<typeof feedbackItemSchema>;

/** Reads one piece of feedback. Fault `FEEDBACK_INVALID` with the path of what is wrong. */
export function readFeedbackItem(value: unknown): FeedbackItem {
  const parsed = feedbackItemSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(issue?.message ?? 'this has no known shape', issue?.path.join('.') ?? null);
  }
  const { data } = parsed;
  const id = data.id ?? null;
  return { about: aboutOf(data), ...measured(data), id };
}

const invalid = (what: string, path: string | null): Fault =>
  new Fault('FEEDBACK_INVALID', what, path === '' ? null : path);

function aboutOf({ prediction_id: id, endpoint, unit, at }: Sent): FeedbackItem['about'] {
  if (id !== undefined) {
    const other = Object.entries({ endpoint, unit, at }).find(([, given]) => given !== undefined);
    if (other === undefined) return { type: 'prediction', id };
    throw invalid(`${other[0]} and prediction_id exclude each other`, other[0]);
  }
  if (endpoint === undefined) throw invalid('prediction_id is missing', 'prediction_id');
  if (unit === undefined) throw invalid('without prediction_id, unit must be given', 'unit');
  if (at === undefined) throw invalid('without prediction_id, at must be given', 'at');
  return {
    type: 'unit',
    endpoint,
    unit,
    at: instant(typeof at === 'number' ? at : Date.parse(at)),
  };
}

function measured({ label, reward, metric }: Sent): Pick<FeedbackItem, 'metric' | 'value'> {
  const given = Object.entries({ label, reward, metric }).filter(([, one]) => one !== undefined);
  const [first, second] = given;
  if (first === undefined) throw invalid('one of label, reward and metric must be given', 'label');
  if (second !== undefined) {
    throw invalid(`${first[0]} and ${second[0]} exclude each other: send two pieces`, second[0]);
  }
  if (label !== undefined) return { metric: LABEL_METRIC, value: className(label) };
  if (reward !== undefined) return { metric: REWARD_METRIC, value: reward };
  return { metric: metric?.name ?? '', value: metric?.value ?? 0 };
}
