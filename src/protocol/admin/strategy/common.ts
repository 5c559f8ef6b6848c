import { z } from 'zod';
import { defaultMirror } from '../../../core/strategy/stage.ts';
import type { Mirror } from '../../../core/strategy/stage.ts';
import { ADVANCES, CUT_OVERS } from '../../../core/strategy/spec.ts';
import { canonicalAudienceSchema } from '../../audience.ts';
import { durationSchema, shareSchema } from '../quantities.ts';
import { strict } from '../shapes.ts';

/** Who may be assigned. Whether the attributes exist is known only where the endpoint is. */
export const audienceSchema = canonicalAudienceSchema.describe(
  'Who may get the candidate, e.g. `group in [dev, qa]`; default: everybody.',
);

/** What ends a stage. */
export const advanceSchema = z
  .enum(ADVANCES, { error: `known: ${ADVANCES.join(', ')}` })
  .describe('What ends a stage: evidence, evidence and a person, or its time without a failure.');

/** Who starts a cut-over. */
export const cutOverSchema = z
  .enum(CUT_OVERS, { error: `known: ${CUT_OVERS.join(', ')}` })
  .describe('Whether the cut-over that the evidence allows waits for a person.');

/** A factor such as a margin. */
export const factorSchema = z.number({ error: 'write a factor like 1.5' });

/** Copies of requests, as people write them. */
export const mirrorShape = {
  sample: shareSchema.optional().describe('Part of the units whose requests are copied.'),
  perSecond: z
    .number()
    .optional()
    .describe(`Copies a second at the most; default ${defaultMirror.perSecondMax}.`),
  inFlight: z
    .number()
    .optional()
    .describe(`Copies under way at the most; default ${defaultMirror.inFlightMax}.`),
  deadline: durationSchema.optional().describe('How long a copy may take; default 2s.'),
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
});
