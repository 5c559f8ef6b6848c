import { expect, test } from 'vitest';
import { originSample, pieceSample } from '../../../test/feedback-samples.ts';
import { finished } from '../../core/replay/window-table.ts';
import { Fault } from '../errors.ts';
import { FEEDBACK_PER_BATCH_MAX, parseFeedbackBatch } from './feedback.ts';
import type { FeedbackBatch } from './feedback.ts';
import { feedbackLines, readFeedbackLines } from './feedback-lines.ts';

/** A batch of so many pieces. */
const batchOf = (pieces: number): FeedbackBatch =>
  parseFeedbackBatch({
    schema: 1,
    gateway: 'g1',
    instance: 'i1',
    sequence: 1,
    origins: [originSample],
    feedback: Array.from({ length: pieces }, (_, number) => ({
      ...pieceSample,
      about: {
        ...pieceSample.about,
        nonce: `0a1b2c3d4e5f${number}`,
        unit: number,
        predicted: { label: 'a\nb', score: null },
      },
    })),
    exposures: [{ rollout: 'r-1', arm: 'candidate', at: 4, units: [1, 2] }],
    exposuresDropped: 0,
  });

const read = (text: string): FeedbackBatch => finished(readFeedbackLines(text));

test.for([0, 1, 250, 251, 2_500])('a batch of %i pieces comes as it was sent', (pieces) => {
  const batch = batchOf(pieces);
  const lines = [...feedbackLines(batch)];
  expect(lines).toHaveLength(1 + Math.ceil(pieces / 250));
  expect(read(lines.join(''))).toEqual(batch);
  expect(read(lines.join('').trimEnd())).toEqual(batch);
});

test('a batch in one line is read, too', () => {
  const batch = batchOf(3);
  expect(read(JSON.stringify(batch))).toEqual(batch);
});

const [head = '', line = ''] = feedbackLines(batchOf(1));

test.for([
  { what: 'nothing', text: '' },
  { what: 'an empty line', text: `${head}\n` },
  { what: 'half a line', text: head + line.slice(0, -5) },
  { what: 'pieces without what comes first', text: line },
  { what: 'no pieces', text: `${head}{}\n` },
  { what: 'an origin that is not there', text: head + line.replace('"origin":0', '"origin":1') },
  { what: 'more than there may be', text: head + line.repeat(FEEDBACK_PER_BATCH_MAX + 1) },
])('$what is refused', ({ text }) => {
  expect(() => read(text)).toThrow(Fault);
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'REQUEST_MALFORMED' }));
});
