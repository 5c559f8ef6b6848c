import { z } from 'zod';
import type { AttributeDeclaration } from '../core/audience/attribute.ts';
import { DIMENSIONS_MAX, SEGMENTS_MAX, segmentProblem } from '../core/segment/segments.ts';
import type { Segments } from '../core/segment/segments.ts';
import { jsonSchemaOf, strict } from './admin/shapes.ts';
import { Fault } from './errors.ts';

const dimensionSchema = strict({
  by: z.string().min(1).describe('A declared attribute.'),
  values: z
    .array(z.union([z.string(), z.number(), z.boolean()]), {
      error: 'write a list of values like [eu, us]',
    })
    .max(SEGMENTS_MAX)
    .describe('Those with a part of their own; all others are `other`.'),
});

/** By which attributes requests are told apart. What they are worth, only their endpoint knows. */
export const segmentsSchema = z
  .array(dimensionSchema, { error: 'write a list of attributes with their values' })
  .min(1)
  .max(DIMENSIONS_MAX, { error: `at most ${DIMENSIONS_MAX} attributes are combined` })
  .describe('Attributes by whose values requests are told apart; several are combined.');

/** Segments as people write them: one attribute needs no list. */
export const segmentsFormSchema = z
  .unknown()
  .transform((given) => (Array.isArray(given) ? given : [given]))
  .pipe(segmentsSchema)
  .meta({ anyOf: [jsonSchemaOf(dimensionSchema), jsonSchemaOf(segmentsSchema)] })
  .describe('How its figures are told apart; default: as the endpoint says.');

/** Segments must fit the attributes beside them. Fault `SEGMENTS_INVALID`. */
export function requireSegments(
  segments: Segments | undefined,
  attributes: readonly AttributeDeclaration[],
): void {
  const problem = segments === undefined ? null : segmentProblem(segments, attributes);
  if (problem === null) return;
  throw new Fault('SEGMENTS_INVALID', problem.sentence, `segments${problem.path}`);
}

/** Segments as they travel, where there are any. */
export const segmentsBody = ({
  segments,
}: {
  readonly segments?: Segments;
}): {
  segments?: z.input<typeof segmentsSchema>;
} =>
  segments === undefined
    ? {}
    : { segments: segments.map(({ by, values }) => ({ by, values: [...values] })) };
