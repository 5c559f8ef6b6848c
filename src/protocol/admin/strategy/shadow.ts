import { z } from 'zod';
import { WHOLE_BPS, bps } from '../../../core/lib/units.ts';
import { LEAST_BUCKETS_DEFAULT } from '../../../core/strategy/presets.ts';
import { durationSchema } from '../quantities.ts';
import { strict } from '../shapes.ts';
import { audienceSchema, cutOverSchema, mirrorOf, mirrorShape } from './terms.ts';
import { declared } from './declaration.ts';

const shape = strict({
  kind: z.literal('shadow'),
  ...mirrorShape,
  audience: audienceSchema.optional(),
  least: durationSchema
    .optional()
    .describe(`How long it lasts at least; default: ${LEAST_BUCKETS_DEFAULT} buckets.`),
  cutOver: cutOverSchema.default('automatic'),
});

/** Declares a shadow (S3). */
export const shadowDeclaration = declared<'shadow', typeof shape>(shape, (wire, { bucketMs }) => ({
  kind: 'shadow',
  mirror: mirrorOf(wire, bps(WHOLE_BPS)),
  audience: wire.audience ?? null,
  leastMs: wire.least ?? LEAST_BUCKETS_DEFAULT * bucketMs,
  cutOver: wire.cutOver,
}));
