import { z } from 'zod';
import { CLASS_CHARS_MAX } from '../core/feedback/predicted.ts';
import { CLASSES_COUNTED_MAX } from '../core/telemetry/predictions.ts';

/** Bins of one histogram. */
const BINS_MAX = 4_096;
const count = z.int().nonnegative();

/** A histogram: bins and their counts. */
export const binCountsSchema = z
  .array(z.tuple([z.int(), count]).readonly())
  .max(BINS_MAX)
  .readonly();

/** What answers said, as it travels and is stored. */
export const predictionsSchema = z.strictObject({
  answers: count,
  classes: z
    .array(z.tuple([z.string().max(CLASS_CHARS_MAX), count]).readonly())
    .max(CLASSES_COUNTED_MAX)
    .readonly(),
  otherClasses: count,
  values: binCountsSchema,
  probabilities: binCountsSchema,
});
