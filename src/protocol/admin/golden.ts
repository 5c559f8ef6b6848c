import { z } from 'zod';
import { digestSchema } from './digest.ts';

/** Numbers, booleans or strings in lists, row-major, nested as deep as the tensor's rank. */
export type Nested = number | boolean | string | readonly Nested[];

/** Depth at which nested values are refused; the highest rank of a tensor that is admitted. */
export const NESTING_MAX = 16;

const isNested = (value: unknown): value is Nested => nestedWithin(value, NESTING_MAX);

function nestedWithin(value: unknown, depth: number): boolean {
  if (Array.isArray(value)) {
    return depth > 0 && value.every((element) => nestedWithin(element, depth - 1));
  }
  return ['number', 'boolean', 'string'].includes(typeof value);
}

const tensorsSchema = z.record(
  z.string().min(1),
  z.custom<Nested>(isNested, `nested lists of values, at most ${NESTING_MAX} deep`),
);

/**
 * A golden file: one batch of inputs and what the model answered to it where it was made. Numbers
 * that JSON has not are written `"NaN"`, `"Infinity"`, `"-Infinity"`. Integers beyond 2^53 are
 * written as strings of digits.
 */
export const goldenSchema = z.strictObject({
  /** Input name → values. */
  inputs: tensorsSchema,
  /** Output name → values; outputs that are not named are not compared. */
  outputs: tensorsSchema.default({}),
  /** Largest accepted |got − expected| / max(1, |expected|). */
  tolerance: z.number().nonnegative().max(1).default(1e-4),
  /** The model file these were made with; must be the one that is pushed. */
  digest: digestSchema.optional(),
  /** For readers of the file. */
  model: z.string().optional(),
  version: z.string().optional(),
});

/** A golden file as parsed. */
export type Golden = z.infer<typeof goldenSchema>;
