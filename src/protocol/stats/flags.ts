import { z } from 'zod';
import { flagdBucket, growthbookHash, growthbookRanges } from '../../core/stats/flag-bucket.ts';
import { planoutShare, unleashNumber, variationIn } from '../../core/stats/flag-bucket.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { least1, real, whole } from './shapes.ts';

const text = z.string().max(1_000);
const version = z.union([z.literal(1), z.literal(2)]).default(2);
const VARIATIONS_MAX = 1_000;
const variations = least1.max(VARIATIONS_MAX);

/** Where other systems put a unit: see `core/stats/flag-bucket.ts`. */
export const flagProcedures = {
  'growthbook-bucket': procedure({
    summary: 'Where GrowthBook puts a unit: its hash, the ranges, the variation.',
    source: 'flag-bucket',
    input: strict({
      seed: text,
      value: text,
      version,
      variations: variations.default(2),
      coverage: real.default(1),
      weights: z.array(real).max(VARIATIONS_MAX).exactOptional(),
    }),
    run: ({ seed, value, version: by, variations: count, coverage, weights }) => {
      const hash = growthbookHash(seed, value, by);
      const ranges = growthbookRanges(count, coverage, weights ?? null);
      return { hash, ranges, variation: variationIn(hash, ranges) };
    },
  }),
  'flagd-bucket': procedure({
    summary: 'Where the `fractional` operator of flagd (OpenFeature) puts a unit.',
    source: 'flag-bucket',
    input: strict({
      key: text.describe('What is hashed: usually the key of the flag and that of the unit.'),
      weights: z.array(whole).min(1).max(VARIATIONS_MAX),
      version,
    }),
    run: ({ key, weights, version: by }) => ({ bucket: flagdBucket(key, weights, by) }),
  }),
  'unleash-number': procedure({
    summary: "Unleash's number of a unit in a group: it is on up to that per cent.",
    source: 'flag-bucket',
    input: strict({
      group: text,
      id: text,
      parts: least1.default(100),
      seed: whole
        .max(2 ** 32 - 1)
        .default(0)
        .describe('86028157 for variants.'),
    }),
    run: ({ group, id, ...options }) => ({ number: unleashNumber(group, id, options) }),
  }),
  'planout-share': procedure({
    summary: "PlanOut's share of [0, 1] for a unit under a salt.",
    source: 'flag-bucket',
    input: strict({ salt: text, unit: text }),
    run: ({ salt, unit }) => ({ share: planoutShare(salt, unit) }),
  }),
};
