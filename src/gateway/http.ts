import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as SocketServer } from 'node:net';
import type { ListenOptions, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../protocol/errors.ts';
import type { FaultCode } from '../protocol/errors.ts';
import { admitHead } from './admit.ts';
import type { AdmittedHead } from './admit.ts';
import { faultAnswer } from './exchange.ts';
import type { Answer } from './exchange.ts';
import type { GatewayLimits } from './limits.ts';
import type { Router } from './router.ts';

/** Where to listen: a socket bound by the parent process, an address, or a path (mode 0600). */
export type ListenAt =
  | { readonly fd: number }
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/** A listening server. */
export type Listener = {
  listen(at: ListenAt): Promise<{ readonly port: number }>;
  /** Stops taking connections, lets requests in flight finish, then closes what is left. */
  drain(): Promise<void>;
};

/** What a listener is made of. */
export type ListenerParts = {
  readonly router: Router;
  readonly limits: GatewayLimits;
  readonly clock: Clock;
  readonly refused: (code: string) => void;
};

const CHECK_MS = 1_000;
const POLL_MS = 20;
/** A draining server keeps quiet connections this long: a request may be on its way. */
const IDLE_GRACE_MS = 1_000;
const OWNER_ONLY = 0o600;

/** The state of one connection. */
type Line = {
  readonly gone: AbortController;
  /** Requests that were read and wait for their answers. */
  answering: number;
  /** What follows a refused request is not looked at. */
  isRefused: boolean;
};

/** An HTTP/1.1 server before a router. Nothing else in the gateway knows of sockets. */
export function createListener(parts: ListenerParts): Listener {
  const { limits } = parts;
  const lines = new Map<Duplex, Line>();
  const server = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: CHECK_MS,
    requireHostHeader: true,
  });
  server.timeout = limits.idleMs;
  server.maxConnections = limits.connectionsMax;
  server.maxRequestsPerSocket = limits.requestsPerSocketMax;
  // Counted by ourselves: the server would drop the rest without a word.
  server.maxHeadersCount = 0;
  const state = { isDraining: false };
  const serve = (message: IncomingMessage, response: ServerResponse): void => {
    const line = lines.get(message.socket);
    if (line !== undefined && !line.isRefused) take({ parts, line, state, message, response });
  };
  server.on('connection', (socket: Socket) => {
    const line: Line = { gone: new AbortController(), answering: 0, isRefused: false };
    lines.set(socket, line);
    socket.once('close', () => {
      lines.delete(socket);
      line.gone.abort();
    });
  });
  server.on('request', serve);
  server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) => {
    serve(message, response);
  });
  server.on('checkExpectation', (_message: IncomingMessage, response: ServerResponse) => {
    parts.refused('EXPECTATION_UNSUPPORTED');
    const fault = new Fault('EXPECTATION_UNSUPPORTED', 'this expectation cannot be met');
    send(response, faultAnswer(fault, null), true);
  });
  server.on('connect', (_message: IncomingMessage, socket: Duplex) => {
    parts.refused('METHOD_UNSUPPORTED');
    hangUp(socket, new Fault('METHOD_UNSUPPORTED', 'CONNECT is not offered'));
  });
  server.on('clientError', (error: Error & { readonly code?: string }, socket: Duplex) => {
    const fault = parseFault(error.code ?? '');
    parts.refused(fault.code);
    const line = lines.get(socket);
    // A refusal is on its way already, and closes the connection.
    if (line?.isRefused === true && socket.writable) return;
    if ((line?.answering ?? 0) > 0 || !socket.writable) socket.destroy();
    else hangUp(socket, fault);
  });
  return {
    listen: (at) => listen(server, at),
    drain: () => {
      state.isDraining = true;
      return drain(server, { parts, lines });
    },
  };
}

type Exchange = {
  readonly parts: ListenerParts;
  readonly line: Line;
  readonly state: { readonly isDraining: boolean };
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
};

/** Takes a request: head, body, answer. */
function take(exchange: Exchange): void {
  const { parts, message, response } = exchange;
  let admitted: AdmittedHead;
  try {
    admitted = admitHead(
      {
        method: message.method ?? '',
        target: message.url ?? '',
        httpVersion: message.httpVersion,
        rawHeaders: message.rawHeaders,
      },
      parts.limits,
    );
  } catch (error) {
    refuse(exchange, error instanceof Fault ? error : new Fault('HTTP_REFUSED', 'unreadable'));
    return;
  }
  if (message.headers.expect !== undefined) response.writeContinue();
  collect(exchange, (body) => {
    void respond(exchange, admitted, body);
  });
}

/** Refuses a request whose framing or size was wrong; the connection is not used again. */
function refuse({ parts, line, message, response }: Exchange, fault: Fault): void {
  line.isRefused = true;
  parts.refused(fault.code);
  send(response, faultAnswer(fault, null), true);
  message.unpipe();
  message.resume();
  response.once('finish', () => message.socket.destroySoon());
}

function collect(exchange: Exchange, done: (body: Uint8Array) => void): void {
  const { message, parts } = exchange;
  const { bodyBytesMax } = parts.limits;
  const chunks: Buffer[] = [];
  let bytes = 0;
  message.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
    else if (chunks.length > 0) {
      chunks.length = 0;
      message.removeAllListeners('end');
      refuse(exchange, new Fault('BODY_TOO_LARGE', `at most ${bodyBytesMax} bytes are taken`));
    }
  });
  message.on('end', () => {
    const [first] = chunks;
    done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
  });
}

async function respond(exchange: Exchange, head: AdmittedHead, body: Uint8Array): Promise<void> {
  const { parts, line, state, message, response } = exchange;
  line.answering += 1;
  response.once('close', () => {
    line.answering -= 1;
  });
  const answer = await parts.router({
    method: message.method ?? '',
    target: head.target,
    headers: head.headers,
    body,
    signal: line.gone.signal,
  });
  if (!response.destroyed) send(response, answer, state.isDraining);
}

function send(response: ServerResponse, answer: Answer, isLast: boolean): void {
  const { status, headers, body } = answer;
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  const own = ['content-length', String(bytes), ...(isLast ? ['connection', 'close'] : [])];
  response.writeHead(status, [...headers, ...own]);
  response.end(body);
}

const parseFaults: Readonly<Record<string, FaultCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'BODY_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

function parseFault(code: string): Fault {
  const known = Object.hasOwn(parseFaults, code) ? parseFaults[code] : undefined;
  return new Fault(known ?? 'HTTP_REFUSED', 'the request could not be read');
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};

/** Answers on a connection for which there is no response object, and closes it. */
function hangUp(socket: Duplex, fault: Fault): void {
  const { status, body } = faultAnswer(fault, null);
  const reason = REASONS[status] ?? 'Refused';
  const length = Buffer.byteLength(body);
  const head = `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\n`;
  socket.end(`${head}content-length: ${length}\r\nconnection: close\r\n\r\n${String(body)}`);
  // Whoever does not close his side is not waited for.
  socket.once('finish', () => socket.destroy());
}

function listen(server: Server, at: ListenAt): Promise<{ readonly port: number }> {
  const options: ListenOptions & { fd?: number } = { ...at };
  if ('path' in at) rmSync(at.path, { force: true });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.removeListener('error', reject);
      if ('path' in at) chmodSync(at.path, OWNER_ONLY);
      const address = server.address();
      resolve({ port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
    });
  });
}

async function drain(
  server: Server,
  { parts, lines }: { readonly parts: ListenerParts; readonly lines: ReadonlyMap<Duplex, Line> },
): Promise<void> {
  const { clock, limits } = parts;
  const startedMs = clock.monotonicMs();
  const never = new AbortController().signal;
  // The socket server's own `close` leaves quiet connections alone.
  SocketServer.prototype.close.call(server);
  const past = (): number => clock.monotonicMs() - startedMs;
  while (lines.size > 0 && past() < limits.drainMs) {
    const isQuiet = [...lines.values()].every(({ answering }) => answering === 0);
    if (isQuiet && past() >= Math.min(IDLE_GRACE_MS, limits.drainMs)) break;
    await clock.sleep(POLL_MS, never);
  }
  server.closeAllConnections();
}
