import { z } from 'zod';
import { defaultMirror } from '../../../core/strategy/stage.ts';
import type { Mirror } from '../../../core/strategy/stage.ts';
import { ADVANCES, CUT_OVERS } from '../../../core/strategy/spec.ts';
import type { Baking } from '../../../core/strategy/spec.ts';
import {
  ABSOLUTE_DEFAULT,
  OVERLAP_DEFAULT,
  RELATIVE_DEFAULT,
  TOP_DEFAULT,
} from '../../../core/telemetry/comparison.ts';
import type { Comparison } from '../../../core/telemetry/comparison.ts';
import { canonicalAudienceSchema } from '../../audience.ts';
import { durationSchema, rateSchema, shareSchema } from '../quantities.ts';
import { shortOrLong, strict } from '../shapes.ts';

/** Who may be assigned. Whether the attributes exist is known only where the endpoint is. */
export const audienceSchema = canonicalAudienceSchema.describe(
  'Who may get the candidate, e.g. `group in [dev, qa]`; default: everybody.',
);

/** What ends a stage. */
export const advanceSchema = z
  .enum(ADVANCES, { error: `known: ${ADVANCES.join(', ')}` })
  .describe('What ends a stage: evidence, evidence and a person, or its time without a failure.');

/** How long it is watched at 100 %. */
export const bakeSchema = durationSchema
  .optional()
  .describe('How long guardrails watch it alone, at 100 %, before it is promoted; default: 0s.');

/** A bake of no time is none. */
export const bakingOf = (bakeMs = 0): Baking => (bakeMs > 0 ? { bakeMs } : {});

/** Who starts a cut-over. */
export const cutOverSchema = z
  .enum(CUT_OVERS, { error: `known: ${CUT_OVERS.join(', ')}` })
  .describe('Whether the cut-over that the evidence allows waits for a person.');

/** A factor such as a margin. */
export const factorSchema = z.number({ error: 'write a factor like 1.5' });

const SHORT_COMPARISONS = ['auto', 'equal', 'class'] as const;
const shortComparison = z.enum(SHORT_COMPARISONS, {
  error: `known: ${SHORT_COMPARISONS.join(', ')}, or an object with kind tolerance or rank`,
});
const longComparison = z.discriminatedUnion('kind', [
  strict({ kind: z.enum(SHORT_COMPARISONS) }),
  strict({
    kind: z.literal('tolerance'),
    absolute: z.number().default(ABSOLUTE_DEFAULT).describe('Numbers may differ by this.'),
    relative: rateSchema
      .default(RELATIVE_DEFAULT)
      .describe('And by this part of the user’s; default 0.1%.'),
  }),
  strict({
    kind: z.literal('rank'),
    top: z.number().default(TOP_DEFAULT).describe('Places of a ranking that count.'),
    overlap: rateSchema
      .default(OVERLAP_DEFAULT)
      .describe(`Part of them that must be in both; default ${OVERLAP_DEFAULT * 100}%.`),
  }),
]);

/** When two answers count as the same. */
const comparisonSchema = shortOrLong(shortComparison, longComparison).transform(
  (said): Comparison => (typeof said === 'string' ? { kind: said } : said),
);

/** Copies of requests, as people write them. */
export const mirrorShape = {
  sample: shareSchema
    .optional()
    .describe('Part of the units whose requests are copied; default: 100%.'),
  perSecond: z
    .number()
    .optional()
    .describe(`Copies a second at the most; default ${defaultMirror.perSecondMax}.`),
  inFlight: z
    .number()
    .optional()
    .describe(`Copies under way at the most; default ${defaultMirror.inFlightMax}.`),
  deadline: durationSchema.optional().describe('How long a copy may take; default 2s.'),
  comparison: comparisonSchema
    .optional()
    .describe('When the candidate’s answer counts as the user’s; default: `auto`.'),
} as const;

/** See `mirrorShape`. */
export const mirrorSchema = strict(mirrorShape);

type WireMirror = Pick<z.output<typeof mirrorSchema>, keyof typeof mirrorShape>;

/** A mirror with every default filled in. */
export const mirrorOf = (wire: WireMirror, sample: Mirror['sample']): Mirror => ({
  sample: wire.sample ?? sample,
  perSecondMax: wire.perSecond ?? defaultMirror.perSecondMax,
  inFlightMax: wire.inFlight ?? defaultMirror.inFlightMax,
  deadlineMs: wire.deadline ?? defaultMirror.deadlineMs,
  comparison: wire.comparison ?? defaultMirror.comparison,
});
