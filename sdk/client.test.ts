import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { answerJson, startAnsweringServer } from '../test/http/answering-server.ts';
import type { AnsweringServer, Received } from '../test/http/answering-server.ts';
import { createClient } from './client.ts';
import type { Client } from './client.ts';
import { UnderstudyError } from './error.ts';
import { routes } from './routes.ts';

const servers: AnsweringServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

type Answer = (request: Received, response: ServerResponse, count: number) => void;

async function clientOf(answer: Answer): Promise<{ client: Client; server: AnsweringServer }> {
  const server = await startAnsweringServer(answer);
  servers.push(server);
  return { server, client: createClient({ server: server.url, token: 'ust_1', backoffMs: 1 }) };
}

const failureOf = async (call: Promise<unknown>): Promise<UnderstudyError> => {
  const error = await call.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof UnderstudyError) return error;
  throw error;
};

const uploaded = { digest: `sha256:${'a'.repeat(64)}`, bytes: 6 };

describe('a call', () => {
  test('goes to its path with parameters, query, token and body', async () => {
    const { client, server } = await clientOf((_request, response) =>
      answerJson(response, 200, []),
    );
    await client.version.list({ params: { model: 'a/b' } });
    await client.rollout.list({ query: { endpoint: 'churn', limit: 5 } });
    await client.rollout.command({
      params: { rollout: 'r-1' },
      body: { command: 'pause', reason: 'lunch' },
    });
    expect(server.received.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'GET /v1/models/a%2Fb/versions',
      'GET /v1/rollouts?endpoint=churn&limit=5',
      'POST /v1/rollouts/r-1/commands',
    ]);
    const [, , command] = server.received;
    expect(command?.headers.authorization).toBe('Bearer ust_1');
    expect(JSON.parse(command?.body ?? '')).toEqual({ command: 'pause', reason: 'lunch' });
  });

  test('may go to a server below a path', async () => {
    const { server } = await clientOf((_request, response) => answerJson(response, 200, []));
    await createClient({ server: `${server.url}/admin/`, token: 't' }).model.list();
    expect(server.received[0]?.target).toBe('/admin/v1/models');
  });

  test('that changes something has a key of its own, and one that reads has none', async () => {
    const { client, server } = await clientOf((_request, response) =>
      answerJson(response, 200, {}),
    );
    const input = { params: { token: 't-1' } };
    await client.token.revoke(input);
    await client.token.revoke(input);
    await client.token.revoke({ ...input, idempotencyKey: 'mine' });
    await client.model.list();
    const [first, second, third, read] = server.received.map(
      ({ headers }) => headers['idempotency-key'],
    );
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).not.toBe(first);
    expect([third, read]).toEqual(['mine', undefined]);
  });

  test('knows every operation', () => {
    const client = createClient({ server: 'http://127.0.0.1:1', token: 't' });
    const called = Object.entries(client).flatMap(([noun, verbs]) =>
      Object.keys(verbs).map((verb) => `${noun}.${verb}`),
    );
    expect(called.sort()).toEqual(Object.keys(routes).sort());
  });
});

describe('a connection that fails before the answer', () => {
  test('is tried again under the same key', async () => {
    const { client, server } = await clientOf((_request, response, count) => {
      if (count <= 2) response.destroy();
      else answerJson(response, 201, { id: 't' });
    });
    await client.token.create({ body: { name: 'ci', role: 'operator' } });
    const keys = new Set(server.received.map(({ headers }) => headers['idempotency-key']));
    expect([server.received.length, keys.size]).toEqual([3, 1]);
  });

  test('in the middle of the answer counts as one without an answer', async () => {
    const { client, server } = await clientOf((_request, response, count) => {
      if (count > 1) {
        answerJson(response, 200, []);
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('[');
      setImmediate(() => response.destroy());
    });
    expect(await client.model.list()).toEqual([]);
    expect(server.received).toHaveLength(2);
  });

  test('is given up after the retries, with the cause', async () => {
    const { client, server } = await clientOf((_request, response) => response.destroy());
    const error = await failureOf(client.model.list());
    expect(error).toMatchObject({ code: 'CONTROL_UNREACHABLE', status: null });
    expect(error.message).toContain(server.url);
    expect(server.received).toHaveLength(4);
  });

  test('is not tried again when the upload can be read only once', async () => {
    const { client, server } = await clientOf((_request, response) => response.destroy());
    const once = ReadableStream.from([new Uint8Array([1])]);
    expect(await failureOf(client.blob.put({ body: once }))).toMatchObject({
      code: 'CONTROL_UNREACHABLE',
    });
    expect(server.received).toHaveLength(1);
  });
});

describe('an answer with a failing status', () => {
  test('is an error with all the server said, and is not tried again', async () => {
    const { client, server } = await clientOf((_request, response) =>
      answerJson(response, 409, {
        error: 'the alias points at 3, not at 2',
        code: 'ALIAS_CONFLICT',
        fix: 'Read it again.',
        path: 'expect',
        request_id: 'req-7',
      }),
    );
    const move = client.alias.move({
      params: { model: 'm', alias: 'production' },
      body: { version: 4, expect: 2 },
    });
    expect(await failureOf(move)).toMatchObject({
      message: 'the alias points at 3, not at 2',
      code: 'ALIAS_CONFLICT',
      fix: 'Read it again.',
      path: 'expect',
      status: 409,
      requestId: 'req-7',
    });
    expect(server.received).toHaveLength(1);
  });

  test.for([
    { what: 'HTML of something before us', status: 502, body: '<html>Bad gateway</html>' },
    { what: 'JSON of somebody else', status: 404, body: '{"message":"no"}' },
  ])('may be $what', async ({ status, body }) => {
    const { client } = await clientOf((_request, response) => {
      response.writeHead(status, { 'x-request-id': 'req-8' });
      response.end(body);
    });
    expect(await failureOf(client.model.list())).toMatchObject({
      code: 'ANSWER_INVALID',
      status,
      requestId: 'req-8',
    });
  });

  test('may claim success and not be JSON', async () => {
    const { client } = await clientOf((_request, response) => response.end('hello'));
    expect(await failureOf(client.model.list())).toMatchObject({ code: 'ANSWER_INVALID' });
  });
});

describe('time', () => {
  test('runs out for a server that says nothing', async () => {
    const { client } = await clientOf(() => undefined);
    const error = await failureOf(client.model.list({ timeoutMs: 20 }));
    expect(error).toMatchObject({ code: 'TIMEOUT', status: null });
  });

  test('is the caller’s: his reason is thrown', async () => {
    const stop = new AbortController();
    const { client } = await clientOf(() => stop.abort(new Error('no longer wanted')));
    await expect(client.model.list({ signal: stop.signal })).rejects.toThrow('no longer wanted');
  });
});

describe('model files', () => {
  test.for([
    { what: 'bytes', body: new TextEncoder().encode('abcdef') },
    { what: 'a source', body: () => ReadableStream.from([Buffer.from('abc'), Buffer.from('def')]) },
  ])('go up from $what, and again when the connection failed', async ({ body }) => {
    const { client, server } = await clientOf((_request, response, count) => {
      if (count === 1) response.destroy();
      else answerJson(response, 201, uploaded);
    });
    expect(await client.blob.put({ body })).toEqual(uploaded);
    expect(server.received.map((request) => request.body)).toEqual(['abcdef', 'abcdef']);
    expect(server.received[1]?.headers['content-type']).toBe('application/octet-stream');
  });

  test('come down piece by piece', async () => {
    const { client } = await clientOf((_request, response) => response.end('model'));
    let text = '';
    for await (const chunk of await client.blob.read({ params: { digest: uploaded.digest } })) {
      text += Buffer.from(chunk).toString();
    }
    expect(text).toBe('model');
  });
});
