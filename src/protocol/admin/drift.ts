import { z } from 'zod';
import { momentSchema, nameSchema } from './scalars.ts';

/** Of which endpoint, and over which time. */
export const driftQuerySchema = z.strictObject({
  endpoint: nameSchema.optional().describe('Default: all of them.'),
  lastMs: z.coerce.number().int().min(1_000).max(86_400_000).default(3_600_000),
});

const count = z.number().int();
const share = z.number().min(0).max(1);

const driftSchema = z.strictObject({
  kind: z.enum(['feature', 'answers', 'importance']),
  what: z.string().describe('The name of the feature; `answers`; or `importance` of features.'),
  arm: z.string(),
  against: z
    .string()
    .nullable()
    .describe('The arm it is held against over the same time; null: training data.'),
  rows: count.describe('Rows of the arm.'),
  otherRows: count.describe('Rows of what it is held against.'),
  psi: z.number().describe('Population stability index.'),
  critical: z.number().describe('What chance alone stays below.'),
  pValue: z.number(),
  level: z
    .enum(['none', 'slight', 'warn', 'act'])
    .describe('`none`: chance explains it; then by size: above 0.1 is `warn`, above 0.25 `act`.'),
  bin: z.string().describe('Where it moved most.'),
  share,
  otherShare: share,
});

/** What of one endpoint drifted, and who is to blame (M2). */
export const driftRowSchema = z.strictObject({
  endpoint: nameSchema,
  since: momentSchema.describe('Later than asked where there are more windows than are read.'),
  cause: z
    .enum(['none', 'infrastructure', 'model', 'world', 'model-and-world'])
    .nullable()
    .describe('Who is to blame; null: there is nothing to hold anything against.'),
  sentence: z.string(),
  drifts: z.array(driftSchema),
});

/** What of one endpoint drifted. */
export type DriftRow = z.input<typeof driftRowSchema>;

/** What is asked, as parsed. */
export type DriftQuery = z.output<typeof driftQuerySchema>;
