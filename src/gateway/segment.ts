import type { AttributeValue } from '../core/audience/attribute.ts';
import { compileSegments } from '../core/segment/segments.ts';
import type { Route } from '../core/routing/table.ts';
import { readerOf } from './audience.ts';
import type { Person } from './audience.ts';

/** The index of the segment that whoever sent a request is in. Never throws. */
export type SegmentReader = (person: Person) => number;

/** Makes the segments of a checked route ready; null where requests are not told apart. */
export function segmentReader({ segments, attributes }: Route): SegmentReader | null {
  if (segments === undefined) return null;
  const indexOf = compileSegments(segments);
  const readers = segments.map(({ by }) => {
    const declared = attributes.find(({ name }) => name === by);
    return declared === undefined ? missing : readerOf(declared);
  });
  const [only, second] = readers;
  if (only !== undefined && second === undefined) return (person) => indexOf([only(person)]);
  return (person) => indexOf(readers.map((read) => read(person)));
}

const missing = (): AttributeValue | undefined => undefined;
