import type { Feed } from '../../ports/feed.ts';
import { parseFeedbackBatch } from '../../protocol/feed/feedback.ts';
import { LINES_TYPE, readFeedbackLines } from '../../protocol/feed/feedback-lines.ts';
import { parseReport } from '../../protocol/feed/wire.ts';
import { inPieces } from '../breather.ts';
import { createServer, type Server } from './http.ts';

/** A gateway asks again after this long; shorter than what proxies and clients cut off. */
const PATIENCE_MS = 20_000;

/** Ten thousand pieces of feedback with the longest ids and classes there are. */
const FEEDBACK_BYTES_MAX = 16 * 1_048_576;

/** The feed over HTTP, for a Unix socket that only the owner may open. */
export function createFeedServer(feed: Feed): Server {
  const server = createServer();
  server.get<{ Querystring: { after?: string } }>('/feed/table', async (request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const after = Number(request.query.after ?? '-1');
    const table = await feed.table(Number.isInteger(after) ? after : -1, signal);
    return table === null ? reply.status(204).send() : reply.send(table);
  });
  server.post('/feed/report', async (request, reply) => {
    await feed.report(parseReport(request.body), AbortSignal.timeout(PATIENCE_MS));
    return reply.status(204).send();
  });
  // Lines, so that reading a batch holds up nothing else.
  server.addContentTypeParser(LINES_TYPE, { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  server.post('/feed/feedback', { bodyLimit: FEEDBACK_BYTES_MAX }, async (request, reply) => {
    const { body } = request;
    const batch =
      typeof body === 'string' ? await inPieces(readFeedbackLines(body)) : parseFeedbackBatch(body);
    await feed.feedback(batch, AbortSignal.timeout(PATIENCE_MS));
    return reply.status(204).send();
  });
  return server;
}
