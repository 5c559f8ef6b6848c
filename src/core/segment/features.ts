import { segmentNames, segmentPlaces } from './segments.ts';
import type { Segments } from './segments.ts';

/**
 * How much less is believed of a combination of attributes than of each: a deviation of a tenth of
 * the noise is as likely as one of the noise itself is for an attribute (`λ` = 100 instead of 1).
 */
const COMBINED = 0.1;

/**
 * The segments as linear models see them: one number that is always 1, one for each value of each
 * attribute (1 where the segment has it), and, where several are combined, one for each segment, so
 * that any truth can be told in the end; until then segments learn from those they share a value
 * with. In the order of the segments' indices.
 */
export function segmentFeatures(segments: Segments): readonly (readonly number[])[] {
  const names = segmentNames(segments);
  return names.map((_, index) => {
    const places = segmentPlaces(segments, index);
    const values = segments.flatMap(({ values: own }, dimension) =>
      oneOf(own.length + 1, places[dimension] ?? own.length),
    );
    const combined = oneOf(names.length, index).map((one) => one * COMBINED);
    return [1, ...values, ...(segments.length > 1 ? combined : [])];
  });
}

const oneOf = (length: number, place: number): readonly number[] =>
  Array.from({ length }, (_, at) => (at === place ? 1 : 0));
