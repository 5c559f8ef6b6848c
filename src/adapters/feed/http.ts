import { Readable } from 'node:stream';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { RoutingTable } from '../../core/routing/table.ts';
import type { Feed } from '../../ports/feed.ts';
import { LINES_TYPE, feedbackLines } from '../../protocol/feed/feedback-lines.ts';

/** Where control's feed is: a Unix socket on this machine, or an address. */
export type FeedAt = { readonly socketPath: string } | { readonly url: string };

/** Longer than control waits before it says that there is nothing new. */
const HEADERS_MS = 40_000;
const BODY_MS = 10_000;
const CONNECT_MS = 2_000;
/** Largest table that is read. */
const TABLE_BYTES_MAX = 64 * 1_048_576;
/** One waits for tables, one carries reports, one feedback; a fourth while one is replaced. */
const CONNECTIONS = 4;
const ERROR_CHARS_MAX = 300;

/** A feed over HTTP. Tables are parsed but not checked: the gateway checks every table it takes. */
export type HttpFeed = Feed & { close(): Promise<void> };

/** Talks with control over HTTP. */
export function createHttpFeed(options: {
  readonly at: FeedAt;
  readonly gateway: string;
}): HttpFeed {
  const { at, gateway } = options;
  const pool = new Pool('url' in at ? at.url : 'http://control', {
    connections: CONNECTIONS,
    headersTimeout: HEADERS_MS,
    bodyTimeout: BODY_MS,
    connect: { timeout: CONNECT_MS, ...('socketPath' in at ? { socketPath: at.socketPath } : {}) },
  });
  const query = `gateway=${encodeURIComponent(gateway)}`;
  return {
    table: async (after, signal) => {
      const path = `/feed/table?after=${after}&${query}`;
      const answer = await pool.request({ method: 'GET', path, signal });
      if (answer.statusCode === 204) {
        await answer.body.dump();
        return null;
      }
      return JSON.parse(await textOf(answer)) as RoutingTable;
    },
    report: (report, signal) => post(pool, { path: '/feed/report', value: report, signal }),
    feedback: async (batch, signal) => {
      const headers = { 'content-type': LINES_TYPE };
      const body = Readable.from(feedbackLines(batch));
      const path = '/feed/feedback';
      await textOf(await pool.request({ method: 'POST', path, headers, body, signal }));
    },
    close: () => pool.destroy(),
  };
}

type Posted = { readonly path: string; readonly value: unknown; readonly signal: AbortSignal };

async function post(pool: Pool, { path, value, signal }: Posted): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(value);
  await textOf(await pool.request({ method: 'POST', path, headers, body, signal }));
}

async function textOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<string> {
  if (Number(headers['content-length'] ?? 0) > TABLE_BYTES_MAX) {
    body.destroy();
    throw new Error(`control sent more than ${TABLE_BYTES_MAX} bytes`);
  }
  const text = await body.text();
  if (statusCode < 300) return text;
  throw new Error(`control answered ${statusCode}: ${text.slice(0, ERROR_CHARS_MAX)}`);
}
