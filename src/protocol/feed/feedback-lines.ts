import { Fault } from '../errors.ts';
import { FEEDBACK_PER_BATCH_MAX, parseFeedbackBatch, parsePieces } from './feedback.ts';
import type { FedBack, FeedbackBatch } from './feedback.ts';

/** What a batch that travels in lines is called. */
export const LINES_TYPE = 'application/x-ndjson';

/** Pieces in a line: written and read in a millisecond or two. */
const PIECES_PER_LINE = 250;

/** A batch as lines: first all but its pieces, then these, some hundred a line. */
export function* feedbackLines({ feedback, ...rest }: FeedbackBatch): Generator<string> {
  yield `${JSON.stringify({ ...rest, feedback: [] })}\n`;
  for (let at = 0; at < feedback.length; at += PIECES_PER_LINE) {
    yield `${JSON.stringify(feedback.slice(at, at + PIECES_PER_LINE))}\n`;
  }
}

/**
 * Reads a batch line by line, for whoever has other things to do in between. Fault
 * `REQUEST_MALFORMED`.
 */
export function* readFeedbackLines(text: string): Generator<undefined, FeedbackBatch> {
  let head: FeedbackBatch | null = null;
  const feedback: FedBack[] = [];
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found;
    const value = jsonIn(text.slice(at, end));
    at = end + 1;
    if (head === null) head = parseFeedbackBatch(value);
    else feedback.push(...parsePieces(value, head));
    if (feedback.length > FEEDBACK_PER_BATCH_MAX) {
      throw new Fault('REQUEST_MALFORMED', `more than ${FEEDBACK_PER_BATCH_MAX} pieces`);
    }
    yield undefined;
  }
  if (head === null) throw new Fault('REQUEST_MALFORMED', 'a batch has a first line');
  return { ...head, feedback: [...head.feedback, ...feedback] };
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Fault('REQUEST_MALFORMED', 'a line of the batch is not JSON');
  }
}
