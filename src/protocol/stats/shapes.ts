import { z } from 'zod';
import { prng } from '../../core/lib/prng.ts';
import type { Prng } from '../../core/lib/prng.ts';
import { momentsOf, sampleOf } from '../../core/stats/mean-test.ts';
import type { Sample } from '../../core/stats/mean-test.ts';
import { bucketProblem } from '../../core/stats/rate-ratio.ts';
import type { Bucket } from '../../core/stats/rate-ratio.ts';
import { strict } from '../admin/shapes.ts';

/** More values than any one call needs; beyond it a call is refused rather than slow. */
export const STATS_VALUES_MAX = 1_000_000;

/** Any finite number. */
export const real = z.number();
/** A number above 0. */
export const positive = z.number().gt(0);
/** A number of at least 0. */
export const nonNegative = z.number().min(0);
/** A whole number of at least 0. */
export const whole = z.number().int().min(0);
/** A whole number of at least 1. */
export const least1 = z.number().int().min(1);
/** A probability strictly between 0 and 1. */
export const chance = z.number().gt(0).lt(1);
/** A probability from 0 to 1. */
export const unit = z.number().min(0).max(1);

/** Level of an interval or test, unless told. */
export const alpha = chance.default(0.05).describe('Error probability; default 0.05.');

/** Numbers, at least one. */
export const reals = z.array(real).min(1).max(STATS_VALUES_MAX);
/** Counts or weights of at least 0, at least one. */
export const counts = z.array(nonNegative).min(1).max(STATS_VALUES_MAX);
/** Numbers above 0, at least one. */
export const positives = z.array(positive).min(1).max(STATS_VALUES_MAX);
/** Probabilities from 0 to 1, at least one. */
export const units = z.array(unit).min(1).max(STATS_VALUES_MAX);
/** Rows of numbers. */
export const matrix = z.array(reals).min(1).max(STATS_VALUES_MAX);

/** One time bucket `[S, Nc, B, Nb]`. */
export const bucket = z
  .tuple([nonNegative, nonNegative, nonNegative, nonNegative])
  .describe('[S, Nc, B, Nb]: losses and units of the candidate, then of the baseline.')
  .transform((row, context): Bucket => {
    const [candidateLoss, candidateUnits, baselineLoss, baselineUnits] = row;
    const made = { candidateLoss, candidateUnits, baselineLoss, baselineUnits };
    const message = bucketProblem(made);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
    return made;
  });

/** Time buckets, oldest first. */
export const buckets = z.array(bucket).max(STATS_VALUES_MAX).describe('Oldest first.');

/** Hits among trials. */
export const proportion = strict({ hits: nonNegative, trials: positive }).refine(
  ({ hits, trials }) => hits <= trials,
  { error: 'there are more hits than trials', path: ['hits'] },
);

/** A sample: its values, or its size, mean and variance. */
export const sample = z
  .union([reals, strict({ n: positive, mean: real, variance: nonNegative })], {
    error: 'write a list of numbers, or an object with n, mean, variance',
  })
  .describe('The values, or {n, mean, variance} with variance over n - 1.')
  .transform((given): Sample => (Array.isArray(given) ? sampleOf(momentsOf(given)) : given));

/** A seeded generator. */
export const seed = z
  .union([real, z.string()])
  .default(1)
  .describe('Same seed, same result; default 1.')
  .transform((given): Prng => prng(given));

/** Two lists of values of one length become pairs. */
export const pairsOf = strict({ x: reals, y: reals })
  .refine(({ x, y }) => x.length === y.length, { error: 'is not as long as x', path: ['y'] })
  .transform(({ x, y }) => x.map((value, at): readonly [number, number] => [value, y[at] ?? 0]));
