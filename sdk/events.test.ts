import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { answerJson, startAnsweringServer } from '../test/http/answering-server.ts';
import type { AnsweringServer, Received } from '../test/http/answering-server.ts';
import { createClient } from './client.ts';
import { readEventStream } from './event-stream.ts';

const servers: AnsweringServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(
  answer: (request: Received, response: ServerResponse, count: number) => void,
): Promise<AnsweringServer> {
  const server = await startAnsweringServer(answer);
  servers.push(server);
  return server;
}

const frame = (seq: number, id = `e-${seq}`): string =>
  `id: ${seq}\nevent: rollout.advanced\ndata: ${JSON.stringify({ seq, id })}\n\n`;

const open = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
};

/** The first `count` events, as numbers. */
async function take(
  server: AnsweringServer,
  count: number,
  options: { readonly after?: number; readonly idleMs?: number } = {},
): Promise<readonly number[]> {
  const client = createClient({ server: server.url, token: 't', backoffMs: 1 });
  const seen: number[] = [];
  for await (const { seq } of client.events.stream(options)) {
    seen.push(seq);
    if (seen.length === count) break;
  }
  return seen;
}

test('events go on after a broken connection where they stopped, none twice', async () => {
  const server = await serve((_request, response, count) => {
    open(response);
    if (count === 1) response.end(frame(1) + frame(2));
    if (count === 2) response.destroy();
    if (count === 3) response.write(frame(2) + frame(3));
  });
  expect(await take(server, 3)).toEqual([1, 2, 3]);
  expect(server.received.map(({ headers }) => headers['last-event-id'])).toEqual([
    undefined,
    '2',
    '2',
  ]);
});

test('a stream that fell silent is taken up again', async () => {
  const server = await serve((_request, response, count) => {
    open(response);
    response.write(count === 1 ? ': hello\n\n' : frame(8));
  });
  expect(await take(server, 1, { after: 7, idleMs: 20 })).toEqual([8]);
  expect(server.received.map(({ headers }) => headers['last-event-id'])).toEqual(['7', '7']);
});

test('a refusal ends the stream, also later on', async () => {
  const refusal = { error: 'revoked', code: 'UNAUTHENTICATED', fix: 'Get another.' };
  const server = await serve((_request, response, count) => {
    if (count > 1) {
      answerJson(response, 401, refusal);
      return;
    }
    open(response);
    response.end(frame(1));
  });
  await expect(take(server, 2)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a server that never answered is given up', async () => {
  const server = await serve((_request, response) => response.destroy());
  await expect(take(server, 1)).rejects.toMatchObject({ code: 'CONTROL_UNREACHABLE' });
});

test('the caller ends it with his signal, without an error', async () => {
  const stop = new AbortController();
  const server = await serve((_request, response) => {
    open(response);
    response.write(frame(1));
  });
  const client = createClient({ server: server.url, token: 't', backoffMs: 1 });
  for await (const event of client.events.stream({ signal: stop.signal })) {
    expect(event.seq).toBe(1);
    stop.abort();
  }
  expect(stop.signal.aborted).toBe(true);
});

describe('the stream format', () => {
  const read = async (chunks: readonly string[]): Promise<readonly unknown[]> => {
    const bytes = ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)));
    const events: unknown[] = [];
    for await (const item of readEventStream(bytes)) {
      if (item !== 'alive') events.push(item);
    }
    return events;
  };
  const one = { id: '1', type: 'x', data: 'a\nb' };

  test.for([
    { what: 'LF', chunks: ['id: 1\nevent: x\ndata: a\ndata: b\n\n'] },
    { what: 'CR LF', chunks: ['id: 1\r\nevent: x\r\ndata: a\r\ndata: b\r\n\r\n'] },
    {
      what: 'CR LF cut in two',
      chunks: ['id: 1\r', '\nevent: x\r\ndata: a\r\ndata: b\r', '\n\r\n'],
    },
    { what: 'letter by letter', chunks: Array.from('id: 1\nevent: x\ndata: a\ndata: b\n\n') },
    { what: 'without blanks', chunks: ['id:1\nevent:x\ndata:a\ndata:b\n\n'] },
    {
      what: 'comments between',
      chunks: [': hi\n\n: ho\nid: 1\nevent: x\n:\ndata: a\ndata: b\n\n'],
    },
  ])('$what', async ({ chunks }) => {
    expect(await read(chunks)).toEqual([one]);
  });

  test('an event without its end is not an event', async () => {
    expect(await read(['data: a\n'])).toEqual([]);
  });

  test('an event without end is refused', async () => {
    await expect(read(['data: ', 'x'.repeat(1_100_000)])).rejects.toThrow('too long');
  });
});
