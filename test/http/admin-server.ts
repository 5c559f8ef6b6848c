import type { ServerResponse } from 'node:http';
import { operations } from '../../src/protocol/admin/operations.ts';
import type { OperationId } from '../../src/protocol/admin/operations.ts';
import type { AnswerOf, Operation } from '../../src/protocol/admin/operation.ts';
import { Fault, faultBody } from '../../src/protocol/errors.ts';
import type { EventBody } from '../../src/protocol/admin/call.ts';
import { answerJson, startAnsweringServer } from './answering-server.ts';
import type { AnsweringServer, Received } from './answering-server.ts';

/** A call as the server understood it. */
export type Asked = {
  readonly id: OperationId;
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
};

type Reply<K extends OperationId> = (typeof operations)[K]['answer'] extends 'events'
  ? readonly EventBody[]
  : (typeof operations)[K]['answer'] extends 'bytes'
    ? string
    : AnswerOf<(typeof operations)[K]>;

/** What is answered to which call; a thrown fault is answered as one. */
export type Replies = { readonly [K in OperationId]?: (asked: Asked) => Reply<K> };

/** An admin API with prepared answers that holds both sides to the table of operations. */
export type AdminServer = AnsweringServer & {
  readonly asked: readonly Asked[];
  /** The headers of the last request. */
  readonly last: () => Received | undefined;
};

const REQUEST_ID = 'req-test';

/** Starts one. What a client sends and what the test answers must have the shapes of the table. */
export async function startAdminServer(replies: Replies): Promise<AdminServer> {
  const asked: Asked[] = [];
  const server = await startAnsweringServer((request, response) => {
    try {
      const one = understand(request);
      asked.push(one);
      const reply = replies[one.id];
      if (reply === undefined) throw new Error(`no answer is prepared for ${one.id}`);
      respond(one.id, reply(one), response);
    } catch (error) {
      const fault = error instanceof Fault ? error : new Fault('INTERNAL', String(error));
      answerJson(response, fault.status, faultBody(fault, REQUEST_ID));
    }
  });
  return { ...server, asked, last: () => server.received.at(-1) };
}

function understand({ method, target, body }: Received): Asked {
  const { pathname, searchParams } = new URL(target, 'http://localhost');
  for (const id of Object.keys(operations) as OperationId[]) {
    const operation: Operation = operations[id];
    const pattern = operation.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    const match = new RegExp(`^${pattern}$`).exec(pathname);
    if (operation.method !== method || match === null) continue;
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]),
    );
    operation.params?.parse(params);
    const query = operation.query?.parse(Object.fromEntries(searchParams)) ?? null;
    return { id, params, query, body: bodyOf(operation, body) };
  }
  throw new Fault('ROUTE_UNKNOWN', `${method} ${target}`);
}

function bodyOf({ body: shape }: Operation, text: string): unknown {
  if (shape === null) return null;
  if (shape === 'bytes') return text;
  const sent: unknown = JSON.parse(text);
  shape.parse(sent);
  return sent;
}

function respond(id: OperationId, reply: unknown, response: ServerResponse): void {
  const { answer, status }: Operation = operations[id];
  if (answer === 'bytes') {
    response.writeHead(status, { 'content-type': 'application/octet-stream' });
    response.end(reply);
  } else if (answer === 'events') {
    response.writeHead(status, { 'content-type': 'text/event-stream' });
    response.write(': here\n\n');
    for (const event of reply as readonly EventBody[]) {
      response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
    }
  } else {
    answerJson(response, status, answer.parse(reply));
  }
}
