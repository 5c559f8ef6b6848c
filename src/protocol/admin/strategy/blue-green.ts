import { z } from 'zod';
import { WHOLE_BPS, bps } from '../../../core/lib/units.ts';
import { LEAST_BUCKETS_DEFAULT } from '../../../core/strategy/presets.ts';
import { durationSchema } from '../quantities.ts';
import { strict } from '../shapes.ts';
import { cutOverSchema, mirrorOf, mirrorSchema } from './terms.ts';
import { declared } from './declaration.ts';

const KEEP_WARM_MS = 1_800_000;

const shape = strict({
  kind: z.literal('blue-green'),
  prove: mirrorSchema
    .optional()
    .describe('Copies of requests that prove green before the switch; default: none.'),
  proveFor: durationSchema
    .optional()
    .describe('How long green is proved at least; default: 0s, with `prove` six buckets.'),
  keepWarm: durationSchema
    .optional()
    .describe('How long blue stays the instant way back; default: 30m.'),
  cutOver: cutOverSchema.default('automatic'),
});

/** Declares a blue-green switch (S1). */
export const blueGreenDeclaration = declared<'blue-green', typeof shape>(
  shape,
  ({ prove, proveFor, keepWarm, cutOver }, { bucketMs }) => ({
    kind: 'blue-green',
    prove: prove === undefined ? null : mirrorOf(prove, bps(WHOLE_BPS)),
    proveMs: proveFor ?? (prove === undefined ? 0 : LEAST_BUCKETS_DEFAULT * bucketMs),
    keepWarmMs: keepWarm ?? KEEP_WARM_MS,
    cutOver,
  }),
);
