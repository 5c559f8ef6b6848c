import { attributeValue } from '../core/audience/attribute.ts';
import type { AttributeDeclaration } from '../core/audience/attribute.ts';
import type { SegmentDimension, Segments } from '../core/segment/segments.ts';
import { pairs } from './reference.ts';

/** How segments are declared on the command line. */
export const SEGMENT_FORM = 'ATTRIBUTE=VALUE,VALUE';

type Dimension = { by: string; values: SegmentDimension['values'][number][] };

/**
 * Segments from `region=eu,us`; values are of the type the attribute is declared with. What is none
 * stays a text: control says what is wrong with it. Fault `USAGE`.
 */
export const segmentsFrom = (
  words: readonly string[],
  attributes: readonly AttributeDeclaration[],
): Dimension[] =>
  pairs(words, '--segment').map(([by, values]) => {
    const type = attributes.find(({ name }) => name === by)?.type ?? 'text';
    return { by, values: values.split(',').map((word) => attributeValue(type, word) ?? word) };
  });

/** Segments as they are declared. */
export const segmentsText = (segments: Segments | undefined): string =>
  (segments ?? []).map(({ by, values }) => `${by}=${values.join(',')}`).join('  ') || '–';
