import { createServer, type ServerResponse } from 'node:http';
import { Pool, type Dispatcher } from 'undici';
import { tellPort } from './tell-port.ts';

/**
 * The least a proxy in Node can do: each request goes to the upstream as it came, and the answer
 * back as it came. Nothing is read, decided, counted or limited. Bodies are small and gathered
 * whole: of the ways to write such a proxy this is the cheapest, a third below the usual one with
 * streams, so it is the strictest to be compared with.
 */
const CONNECTIONS = 32;
const upstream = new Pool(process.argv[2] ?? '', { connections: CONNECTIONS, pipelining: 1 });

const whole = (chunks: readonly Buffer[]): Buffer => {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
};

/** Hands an upstream's answer on once it is complete. */
function answerTo(response: ServerResponse): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  return {
    // It is demanded, and there is nothing to do.
    onRequestStart: () => undefined,
    onResponseStart: (_controller, status, headers) => {
      response.writeHead(status, headers);
    },
    onResponseData: (_controller, chunk) => {
      chunks.push(chunk);
    },
    onResponseEnd: () => {
      response.end(whole(chunks));
    },
    onResponseError: () => {
      response.destroy();
    },
  };
}

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const { method = 'GET', url = '/', rawHeaders: headers } = request;
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    upstream.dispatch({ path: url, method, headers, body: whole(chunks) }, answerTo(response));
  });
});
server.listen(0, '127.0.0.1', () => tellPort(server));
