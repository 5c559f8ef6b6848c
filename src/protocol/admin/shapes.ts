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

/** Where an issue is: a key that nobody knows is named itself, not the object it stands in. */
export const issuePath = (issue: z.core.$ZodIssue): readonly PropertyKey[] =>
  issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;

/** A place in a declaration as text, e.g. `strategy.stages[1].share`. */
export const pathText = (steps: readonly PropertyKey[]): string =>
  steps.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');

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
      for (const issue of parsed.error.issues) {
        const { message } = issue;
        context.addIssue({ code: 'custom', path: [...issuePath(issue)], message });
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
