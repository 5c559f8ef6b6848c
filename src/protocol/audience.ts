import { z } from 'zod';
import { ATTRIBUTE_TYPES, ATTRIBUTES_MAX } from '../core/audience/attribute.ts';
import { parseAudience } from '../core/audience/parse.ts';
import { problemText } from '../core/audience/problem.ts';
import { KEYWORDS } from '../core/audience/expression.ts';
import { FAULT_PARAM } from './fault-param.ts';

/** Header names as requests are looked up by. */
export const headerNameSchema = z
  .string()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'write a header name in lower case');

/** A JSON pointer (RFC 6901) to something within the body. */
export const pointerSchema = z
  .string()
  .max(256)
  .regex(/^(\/([^/~]|~[01])*)+$/, 'write a JSON pointer like /user/id');

/** A property of requests that audiences may speak of. */
export const attributeSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/, 'a name is letters, digits, `_`, `.` and `-`')
    .refine((name) => !KEYWORDS.has(name), 'this word has a meaning in audiences')
    .describe('How audiences call it.'),
  type: z
    .enum(ATTRIBUTE_TYPES, { error: `a type is one of ${ATTRIBUTE_TYPES.join(', ')}` })
    .describe('What is not of the type counts as missing.'),
  source: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('header'), header: headerNameSchema }),
      z.strictObject({ kind: z.literal('pointer'), pointer: pointerSchema }),
    ])
    .describe('A header, or a JSON pointer (RFC 6901) into the body.'),
});

/** All attributes of an endpoint. */
export const attributesSchema = z
  .array(attributeSchema)
  .max(ATTRIBUTES_MAX, `an endpoint declares at most ${ATTRIBUTES_MAX} attributes`)
  .superRefine((attributes, context) => {
    attributes.forEach(({ name }, index) => {
      if (attributes.findIndex((one) => one.name === name) === index) return;
      const message = `two attributes are named ${name}`;
      context.addIssue({ code: 'custom', path: [index, 'name'], message });
    });
  });

/** An audience in the one way to write it. Which attributes there are, only its endpoint knows. */
export const canonicalAudienceSchema = z
  .string({ error: 'write an audience like `group in [dev, qa]`' })
  .transform((source, context) => {
    const parsed = parseAudience(source);
    if (parsed.ok) return parsed.value.canonical;
    const { code } = parsed.error;
    const message = problemText(parsed.error);
    context.addIssue({ code: 'custom', message, params: { [FAULT_PARAM]: code } });
    return z.NEVER;
  });
