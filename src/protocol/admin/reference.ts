import { z } from 'zod';
import { FEATURES_MAX, FEATURE_PARTS_MAX, featureBins } from '../../core/catalog/reference.ts';
import { predictionsSchema } from '../predictions.ts';

const TEXT_MAX = 256;
const count = z.int().nonnegative();
const nameSchema = z.string().min(1).max(TEXT_MAX);

const place = {
  name: nameSchema.describe('For people; once in a reference.'),
  input: nameSchema.describe('The input of the model it is in.'),
  column: z.int().nonnegative().describe('Of an input with several columns, which, from 0 on.'),
};
const counts = z
  .array(count)
  .readonly()
  .describe('Rows in each bin; then those beyond all of them, and those where it is missing.');

const isRising = (cuts: readonly number[]): boolean =>
  cuts.every((cut, i) => i === 0 || cut > (cuts[i - 1] ?? 0));

const number = {
  kind: z.literal('number'),
  cuts: z
    .array(z.number())
    .max(FEATURE_PARTS_MAX)
    .refine(isRising, 'cuts rise')
    .readonly()
    .describe('A bin holds what is at most its cut and above the one before.'),
};

const category = {
  kind: z.literal('category'),
  values: z
    .array(z.string().max(TEXT_MAX))
    .max(FEATURE_PARTS_MAX)
    .refine((values) => new Set(values).size === values.length, 'a value is there twice')
    .readonly(),
};

/** The bins that gateways count features in. */
export const featureBinsSchema = z
  .array(
    z.discriminatedUnion('kind', [
      z.strictObject({ ...place, ...number }),
      z.strictObject({ ...place, ...category }),
    ]),
  )
  .max(FEATURES_MAX)
  .readonly();

const featureSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...place, ...number, counts }),
    z.strictObject({ ...place, ...category, counts }),
  ])
  .refine((feature) => feature.counts.length === featureBins(feature), {
    error: 'there is a count for each bin, one for what is beyond them, one for what is missing',
    path: ['counts'],
  });

/** What training data looked like, as a lineage file has it. */
export const referenceSchema = z.strictObject({
  rows: z.int().positive().describe('Rows of training data it was made of.'),
  features: z
    .array(featureSchema)
    .max(FEATURES_MAX)
    .refine(
      (features) => new Set(features.map(({ name }) => name)).size === features.length,
      'a feature is there twice',
    )
    .readonly(),
  answers: predictionsSchema
    .nullable()
    .default(null)
    .describe('What the model answers to these rows; null: not known.'),
});
