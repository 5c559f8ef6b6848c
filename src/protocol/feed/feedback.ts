import { z } from 'zod';
import { CLASS_CHARS_MAX } from '../../core/feedback/predicted.ts';
import { bps, instant, WHOLE_BPS } from '../../core/lib/units.ts';
import { Fault } from '../errors.ts';

const TEXT_MAX = 4_096;
/** Pieces of feedback in one batch. */
export const FEEDBACK_PER_BATCH_MAX = 10_000;
/** Newly seen units in one batch. */
export const EXPOSURES_PER_BATCH_MAX = 20_000;
/** Copies in one batch. */
export const COPIES_PER_BATCH_MAX = 5_000;
/** Arms of rollouts they were seen in, by stretches of time, in one batch. */
export const EXPOSURE_GROUPS_MAX = 1_000;

const text = z.string().min(1).max(TEXT_MAX);
const count = z.int().nonnegative();
const moment = z.number().nonnegative().transform(instant);
const share = z.int().min(0).max(WHOLE_BPS).transform(bps);

const origin = z.object({
  endpoint: text,
  arm: text,
  version: count,
  generation: count,
  rollout: text.nullable(),
  revision: count.nullable(),
  assigned: text,
  shareBps: share.nullable(),
  segment: text.exactOptional(),
});

const predicted = z.object({
  label: z.string().max(CLASS_CHARS_MAX).nullable(),
  score: z.object({ kind: z.enum(['value', 'positive', 'top']), value: z.number() }).nullable(),
});

const about = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('prediction'),
    /** Place in `origins`. */
    origin: count,
    nonce: text,
    unit: count.nullable(),
    at: moment,
    predicted,
  }),
  z.object({ type: z.literal('unit'), endpoint: text, unit: text, at: moment }),
]);

const named = z.union([z.string().max(CLASS_CHARS_MAX), z.number()]);

/** The nonce and the moment are of the prediction that the user got. */
const copy = z.object({
  rollout: text,
  arm: text,
  nonce: text,
  at: moment,
  unit: count,
  user: named,
  copy: named,
});

const pieces = z
  .array(
    z.object({
      about,
      metric: text,
      value: z.union([z.string().max(CLASS_CHARS_MAX), z.number()]),
      id: text.nullable(),
      receivedAt: moment,
    }),
  )
  .max(FEEDBACK_PER_BATCH_MAX);

type Pieces = z.output<typeof pieces>;

/** A piece about a prediction names where it was made by its place in `origins`. */
const haveOrigins = (feedback: Pieces, { length }: readonly unknown[]): boolean =>
  feedback.every(({ about: of }) => of.type === 'unit' || of.origin < length);

const batch = z
  .object({
    schema: z.literal(1),
    gateway: text,
    instance: text,
    sequence: count,
    origins: z.array(origin).max(FEEDBACK_PER_BATCH_MAX),
    feedback: pieces,
    exposures: z
      .array(
        z.object({
          rollout: text,
          arm: text,
          segment: text.exactOptional(),
          at: moment,
          units: z.array(count).max(EXPOSURES_PER_BATCH_MAX),
        }),
      )
      .max(EXPOSURE_GROUPS_MAX),
    exposuresDropped: count,
    copies: z.array(copy).max(COPIES_PER_BATCH_MAX).exactOptional(),
  })
  .refine(
    ({ origins, feedback }) => haveOrigins(feedback, origins),
    'feedback names an origin that is not there',
  );

/**
 * What a gateway tells control of feedback and of units seen for the first time. May be sent any
 * number of times: what a piece is about tells it from others, not the batch it comes in.
 */
export type FeedbackBatch = z.output<typeof batch>;

/** One verified piece of feedback. */
export type FedBack = FeedbackBatch['feedback'][number];

/** What a user and a copy of his request were answered with. */
export type ToldCopy = z.output<typeof copy>;

/** Units an arm of a rollout was assigned to, at about that time. */
export type ExposureGroup = FeedbackBatch['exposures'][number];

/** Reads a batch; a fault names the first thing that is wrong with it, and where. */
export function parseFeedbackBatch(value: unknown): FeedbackBatch {
  const parsed = batch.safeParse(value);
  if (parsed.success) return parsed.data;
  throw malformed(parsed.error);
}

/** Reads pieces of a batch that come by themselves; faults as above. */
export function parsePieces(value: unknown, { origins }: Pick<FeedbackBatch, 'origins'>): Pieces {
  const parsed = pieces.safeParse(value);
  if (!parsed.success) throw malformed(parsed.error);
  if (haveOrigins(parsed.data, origins)) return parsed.data;
  throw new Fault('REQUEST_MALFORMED', 'feedback names an origin that is not there');
}

function malformed({ issues: [issue] }: z.ZodError): Fault {
  const path = issue?.path.join('.') ?? '';
  return new Fault('REQUEST_MALFORMED', issue?.message ?? 'the batch has no known shape', path);
}
