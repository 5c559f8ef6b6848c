import { z } from 'zod';

/** An object whose unknown keys are errors that name the known ones. */
export function strict<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys.join(', ')}; known here: ${known}`
        : issue.code === 'invalid_type'
          ? `write an object with ${known}`
          : undefined,
  });
}

/**
 * A short form (a word or a number) or a long one (an object or a list). A union would say only
 * that neither fits; this says what is wrong with the one that was meant.
 */
export function shortOrLong<Short extends z.ZodType, Long extends z.ZodType>(
  short: Short,
  long: Long,
): z.ZodType<z.output<Short> | z.output<Long>> {
  return z
    .unknown()
    .transform((given, context): z.output<Short> | z.output<Long> => {
      const meant = typeof given === 'object' && given !== null ? long : short;
      const parsed = meant.safeParse(given);
      if (parsed.success) return parsed.data;
      for (const { path, message } of parsed.error.issues) {
        context.addIssue({ code: 'custom', path: [...path], message });
      }
      return z.NEVER;
    })
    .meta({ anyOf: [short, long].map(jsonSchemaOf) });
}

/** A part of a JSON Schema: the dialect is said once, at the top of the document. */
export function jsonSchemaOf(shape: z.ZodType): object {
  const { $schema: _dialect, ...part } = z.toJSONSchema(shape, { io: 'input' });
  return part;
}
