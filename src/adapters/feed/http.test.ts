import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RoutingTable } from '../../core/routing/table.ts';
import { feedContract, tableOf } from '../../ports/feed.contract.ts';
import type { FeedSetup } from '../../ports/feed.contract.ts';
import { finished } from '../../core/replay/window-table.ts';
import { readFeedbackLines } from '../../protocol/feed/feedback-lines.ts';
import type { FeedbackBatch } from '../../protocol/feed/feedback.ts';
import type { GatewayReport } from '../../protocol/feed/report.ts';
import { parseReport } from '../../protocol/feed/wire.ts';
import { createHttpFeed } from './http.ts';
import type { FeedAt } from './http.ts';

/** Control's side: as small as it can be, over real HTTP. */
function controlSide() {
  let table: RoutingTable = tableOf(1);
  const waiting = new Set<() => void>();
  const reports: GatewayReport[] = [];
  const fedBack: FeedbackBatch[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://control');
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      if (url.pathname === '/feed/report') reports.push(parseReport(JSON.parse(text)));
      else fedBack.push(finished(readFeedbackLines(text)));
      response.writeHead(204).end();
      return;
    }
    const after = Number(url.searchParams.get('after'));
    const send = (): void => {
      if (table.generation <= after) return;
      waiting.delete(send);
      response.end(JSON.stringify(table));
    };
    waiting.add(send);
    send();
  };
  return {
    server,
    reports,
    fedBack,
    publish: (next: RoutingTable): void => {
      table = next;
      for (const send of waiting) send();
    },
  };
}

async function setUp(kind: 'socket' | 'address'): Promise<FeedSetup> {
  const control = controlSide();
  const directory = await mkdtemp(join(tmpdir(), 'feed-'));
  const socketPath = join(directory, 'control.sock');
  await new Promise<void>((resolve) => {
    if (kind === 'socket') control.server.listen(socketPath, resolve);
    else control.server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = control.server.address() as AddressInfo;
  const at: FeedAt = kind === 'socket' ? { socketPath } : { url: `http://127.0.0.1:${port}` };
  const feed = createHttpFeed({ at, gateway: 'g1' });
  return {
    feed,
    publish: control.publish,
    received: () => control.reports,
    fedBack: () => control.fedBack,
    close: async () => {
      await feed.close();
      control.server.closeAllConnections();
      await new Promise((resolve) => {
        control.server.close(resolve);
      });
      await rm(directory, { recursive: true });
    },
  };
}

feedContract('HTTP over a Unix socket', () => setUp('socket'));
feedContract('HTTP over TCP', () => setUp('address'));

test('control that is away makes both calls reject', async () => {
  const feed = createHttpFeed({ at: { socketPath: '/nonexistent/control.sock' }, gateway: 'g1' });
  const { signal } = new AbortController();
  await expect(feed.table(-1, signal)).rejects.toThrow(/ENOENT/);
  await feed.close();
});

test('an answer that is no table makes the call reject', async () => {
  const server = createServer((_request, response) => response.writeHead(500).end('broken'));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const feed = createHttpFeed({ at: { url: `http://127.0.0.1:${port}` }, gateway: 'g1' });
  await expect(feed.table(-1, new AbortController().signal)).rejects.toThrow(/500: broken/);
  await feed.close();
  server.close();
});
