import { z } from 'zod';
import { WHOLE_BPS, bps } from '../../../core/lib/units.ts';
import { LEAST_BUCKETS_DEFAULT, defaultMargin } from '../../../core/strategy/presets.ts';
import type { AudiencePhase } from '../../../core/strategy/spec.ts';
import { durationSchema, shareSchema } from '../quantities.ts';
import { nameSchema } from '../scalars.ts';
import { strict } from '../shapes.ts';
import { advanceSchema, audienceSchema, bakeSchema, bakingOf, factorSchema } from './terms.ts';
import { declared } from './declaration.ts';

const phase = strict({
  name: nameSchema.describe('Unique: `internal`, `alpha`, `beta`, `general`.'),
  audience: audienceSchema.optional(),
  share: shareSchema.optional().describe('Part of the audience; default: 100%.'),
  margin: factorSchema
    .optional()
    .describe('Default: that of a canary at this share; at 100%, of the phase before.'),
  least: durationSchema.optional().describe('How long it lasts at least; default: six buckets.'),
});

const shape = strict({
  kind: z.literal('phased'),
  phases: z
    .array(phase, { error: 'write a list of phases, each with a name' })
    .describe('In their order; the last is 100 % of everybody.'),
  advance: advanceSchema.default('evidence'),
  bake: bakeSchema,
});

/** Declares phases such as internal → alpha → beta → everybody (S8). */
export const phasedDeclaration = declared<'phased', typeof shape>(shape, (wire, { bucketMs }) => ({
  kind: 'phased',
  phases: wire.phases.reduce<readonly AudiencePhase[]>((before, phase) => {
    const { name, share = bps(WHOLE_BPS), least } = phase;
    // With all traffic there is nobody to compare with, so what was shown before must do.
    const usual = share === WHOLE_BPS ? before.at(-1)?.margin : undefined;
    return [
      ...before,
      {
        name,
        audience: phase.audience ?? null,
        share,
        margin: phase.margin ?? usual ?? defaultMargin(share),
        leastMs: least ?? LEAST_BUCKETS_DEFAULT * bucketMs,
      },
    ];
  }, []),
  advance: wire.advance,
  ...bakingOf(wire.bake),
}));
