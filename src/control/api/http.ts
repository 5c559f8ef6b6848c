import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { permits } from '../../core/governance/permission.ts';
import { Fault, faultBody } from '../../protocol/errors.ts';
import type { Operation } from '../../protocol/admin/operation.ts';
import { operations, type OperationId } from '../../protocol/admin/operations.ts';
import type { ControlContext } from '../context.ts';
import type { Plan } from '../journal.ts';
import { authenticate } from './auth.ts';
import type { Handlers, Input, Principal } from './handler.ts';
import { onceOf, recall, remembering, Turnstile, type Once, type Spoken } from './idempotency.ts';
import { parseWith } from '../../protocol/admin/parse.ts';

const BODY_MAX = 4 * 1_048_576;
const HEADERS_MS = 10_000;
const REQUEST_ID = /^[\w.:-]{1,100}$/;

/** A server that does not listen yet. */
export type Server = FastifyInstance;

/** What the admin listener serves besides the operations. */
export type PlainRoute = {
  readonly path: string;
  readonly contentType: string;
  readonly read: () => Promise<string>;
};

type AnyHandler = (context: ControlContext, input: Input<Operation>) => Promise<unknown>;

/** The admin API over HTTP. Listening is the caller's. */
export function createAdminServer(
  context: ControlContext,
  handlers: Handlers,
  plain: readonly PlainRoute[],
): FastifyInstance {
  const server = createServer();
  const turnstile = new Turnstile();
  for (const { path, contentType, read } of plain) {
    server.get(path, async (_request, reply) => reply.type(contentType).send(await read()));
  }
  for (const id of Object.keys(operations) as OperationId[]) {
    const operation: Operation = operations[id];
    const handler = handlers[id] as unknown as AnyHandler;
    server.route({
      method: operation.method,
      url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: (request, reply) =>
        answer({ context, operation, handler, turnstile }, request, reply),
    });
  }
  return server;
}

/** A server with our error bodies, limits and request ids; the feed uses it too. */
export function createServer(): FastifyInstance {
  const server = fastify({
    bodyLimit: BODY_MAX,
    requestTimeout: 0,
    connectionTimeout: 0,
    forceCloseConnections: true,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    http: { headersTimeout: HEADERS_MS, keepAliveTimeout: 65_000 },
    routerOptions: { maxParamLength: 300 },
    logger: false,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  // An octet stream is handed on unread: model files are larger than what memory should hold.
  server.addContentTypeParser('application/octet-stream', (_request, payload, done) => {
    done(null, payload);
  });
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    done();
  });
  server.setNotFoundHandler((request, reply) =>
    say(
      reply,
      request,
      new Fault('ROUTE_UNKNOWN', `${request.method} ${pathOf(request)} is not known`),
    ),
  );
  server.setErrorHandler((error, request, reply) => say(reply, request, asFault(error)));
  return server;
}

type Call = {
  readonly context: ControlContext;
  readonly operation: Operation;
  readonly handler: AnyHandler;
  readonly turnstile: Turnstile;
};

async function answer(call: Call, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { context, operation, handler, turnstile } = call;
  const principal = admit(context, operation, request);
  const once = operation.method === 'GET' ? null : onceOfRequest(request, principal, operation);
  const ending = new AbortController();
  reply.raw.once('close', () => ending.abort());
  const input = inputOf(call, request, { principal, once, signal: ending.signal });
  if (once === null) return send(operation, reply, await handler(context, input));
  const spoken = await turnstile.pass(once.recordKey, async (): Promise<Spoken> => {
    const before = await recall(context, once);
    if (before !== null) return before;
    const body = JSON.stringify(await handler(context, input));
    return { status: operation.status, body };
  });
  return reply.status(spoken.status).type('application/json').send(spoken.body);
}

function admit(
  { journal, clock }: ControlContext,
  operation: Operation,
  request: FastifyRequest,
): Principal {
  const principal = authenticate(journal.state(), request.headers.authorization, clock.now());
  if (permits(principal.role, operation.action)) return principal;
  throw new Fault('FORBIDDEN', `the role ${principal.role} may not ${operation.action}`);
}

function onceOfRequest(
  request: FastifyRequest,
  principal: Principal,
  { method, body }: Operation,
): Once | null {
  if (body === 'bytes') return null;
  const header = request.headers['idempotency-key'];
  const said = [method, request.url, JSON.stringify(request.body ?? null)];
  return onceOf(typeof header === 'string' ? header : undefined, principal, said);
}

type Given = {
  readonly principal: Principal;
  readonly once: Once | null;
  readonly signal: AbortSignal;
};

function inputOf(
  { context, operation }: Call,
  request: FastifyRequest,
  given: Given,
): Input<Operation> {
  const { params, query, body, status } = operation;
  const event = request.headers['last-event-id'];
  return {
    params: params === null ? null : parseWith(params, request.params, 'path'),
    query: query === null ? null : parseWith(query, request.query, 'query'),
    body: bodyOf(body, request),
    sent: request.body,
    principal: given.principal,
    signal: given.signal,
    lastEventId: typeof event === 'string' ? event : null,
    commit: (decide) => {
      const plan = decide as (...given: Parameters<typeof decide>) => Plan<unknown>;
      return context.journal.run(remembering(given.once, status, plan)) as Promise<never>;
    },
  };
}

function bodyOf(shape: Operation['body'], request: FastifyRequest): unknown {
  if (shape === null) return null;
  if (shape !== 'bytes') return parseWith(shape, request.body ?? null, null);
  if (request.body instanceof Readable) return request.body;
  throw new Fault('BODY_INVALID', 'the body must be sent as application/octet-stream');
}

function send(
  { answer: shape, status }: Operation,
  reply: FastifyReply,
  body: unknown,
): FastifyReply {
  if (shape === 'bytes') return reply.type('application/octet-stream').send(body);
  if (shape === 'events') {
    reply.header('x-accel-buffering', 'no').type('text/event-stream');
    return reply.send(Readable.from(body as AsyncIterable<string>));
  }
  return reply.status(status).type('application/json').send(JSON.stringify(body));
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return null;
  try {
    return JSON.parse(utf8.decode(body));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw new Fault('BODY_INVALID', `the body is not JSON: ${why}`);
  }
}

const statusFaults = { 400: 'BODY_INVALID', 413: 'BODY_TOO_LARGE', 415: 'BODY_INVALID' } as const;

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const status = (error as { readonly statusCode?: number }).statusCode;
  if (status === 400 || status === 413 || status === 415) {
    return new Fault(statusFaults[status], (error as Error).message);
  }
  return Object.assign(new Fault('INTERNAL', 'something went wrong on our side'), { cause: error });
}

function say(reply: FastifyReply, request: FastifyRequest, fault: Fault): FastifyReply {
  if (fault.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer');
  if (fault.code === 'INTERNAL') reportBug(request, fault);
  const body = JSON.stringify(faultBody(fault, request.id));
  return reply.status(fault.status).type('application/json').send(body);
}

/** A bug must leave a trace for us, and none for the client. */
function reportBug(request: FastifyRequest, fault: Fault): void {
  const { cause } = fault;
  const stack = cause instanceof Error ? cause.stack : String(cause);
  process.emitWarning(`request ${request.id} ${request.method} ${pathOf(request)}: ${stack}`);
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';

function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID();
}
