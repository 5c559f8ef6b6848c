import { z } from 'zod';
import {
  LEAST_BUCKETS_DEFAULT,
  PRESETS,
  presetStages,
  stagesOf,
} from '../../../core/strategy/presets.ts';
import type { PresetName } from '../../../core/strategy/presets.ts';
import type { CanaryStage } from '../../../core/strategy/spec.ts';
import { durationSchema, shareSchema } from '../quantities.ts';
import { shortOrLong, strict } from '../shapes.ts';
import { advanceSchema, audienceSchema, bakeSchema, bakingOf, factorSchema } from './terms.ts';
import { declared } from './declaration.ts';

/** Names of the ladders. */
export const presetNames = Object.keys(PRESETS) as readonly PresetName[];
const presetSchema = z.enum(presetNames, { error: `known presets: ${presetNames.join(', ')}` });

const longStage = strict({
  share: shareSchema,
  margin: factorSchema.optional().describe('Default: 4, 3, 2 or 1.5, closer the larger the share.'),
  least: durationSchema.optional().describe('Default: that of the strategy.'),
});

const shape = strict({
  kind: z.literal('canary').default('canary'),
  preset: presetSchema.optional().describe('A named ladder; default: `default`.'),
  stages: z
    .array(shortOrLong(shareSchema, longStage), { error: 'write a list like [5%, 25%, 50%, 100%]' })
    .optional()
    .describe('Rising shares, each a share or `{share, margin, least}`. Excludes `preset`.'),
  least: durationSchema
    .optional()
    .describe(`What a stage lasts at least; default: ${LEAST_BUCKETS_DEFAULT} buckets.`),
  advance: advanceSchema.default('evidence'),
  audience: audienceSchema.optional(),
  bake: bakeSchema,
}).refine(({ preset, stages }) => preset === undefined || stages === undefined, {
  error: 'give a preset or stages, not both',
  path: ['stages'],
});

type Wire = z.output<typeof shape>;

/** Declares a canary (S2). */
export const canaryDeclaration = declared<'canary', typeof shape>(shape, (wire, { bucketMs }) => ({
  kind: 'canary',
  stages: ladderOf(wire, bucketMs),
  advance: wire.advance,
  audience: wire.audience ?? null,
  ...bakingOf(wire.bake),
}));

function ladderOf({ least, stages, preset }: Wire, bucketMs: number): readonly CanaryStage[] {
  const leastMs = least ?? LEAST_BUCKETS_DEFAULT * bucketMs;
  if (stages === undefined) return presetStages(preset ?? 'default', leastMs);
  const wishes = stages.map((stage) => {
    const said = typeof stage === 'number' ? { share: stage } : stage;
    return { share: said.share, margin: said.margin ?? null, leastMs: said.least ?? leastMs };
  });
  return stagesOf(wishes);
}
