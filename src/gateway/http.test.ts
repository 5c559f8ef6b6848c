import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createRig, inferBody, sums, type Rig } from '../../test/gateway/rig.ts';
import { plainRoute, tableWith } from '../../test/gateway/tables.ts';
import { exchange, hasAnswer, post, statusOf, Wire } from '../../test/gateway/wire.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import { systemClock } from '../runtime/system-clock.ts';
import type { GatewayLimits } from './limits.ts';

type Probe = {
  readonly name: string;
  readonly request: readonly (string | { readonly text: string; readonly times: number })[];
  readonly status: readonly number[];
};

const probes = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../test/vectors/http/probes.json'), 'utf8'),
) as readonly Probe[];

const body = JSON.stringify(inferBody([1, 2]));
const path = '/v2/models/risk/infer';
const valid = post(path, body);

const running: Rig[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ gateway }) => gateway.drain()));
});

type Serving = Rig & { readonly port: number };

async function serving(
  limits: Partial<GatewayLimits> = {},
  model?: FunctionModel,
): Promise<Serving> {
  const rig = createRig({ clock: systemClock, limits: { drainMs: 50, ...limits } });
  if (model !== undefined) rig.models.set(1, model);
  rig.feed.publish(tableWith(1, [plainRoute()]));
  await rig.gateway.start();
  const { port } = await rig.gateway.listen({ host: '127.0.0.1', port: 0 });
  const signal = new AbortController();
  while (!rig.gateway.isReady()) await systemClock.sleep(2, signal.signal);
  running.push(rig);
  return { ...rig, port };
}

describe('what a server must let in or refuse', () => {
  test('each probe is answered as it should be, and the next request as ever', async () => {
    const { port } = await serving();
    for (const { name, request: parts, status } of probes) {
      const text = parts
        .map((part) => (typeof part === 'string' ? part : part.text.repeat(part.times)))
        .join('');
      const heard = await exchange(port, text);
      expect({ name, status: statusOf(heard) }).toEqual({
        name,
        status: status.find((one) => one === statusOf(heard)) ?? status[0],
      });
      expect(heard.text).not.toMatch(/^X-Evil|\bat .*\.ts:|node_modules/m);
      expect(statusOf(await exchange(port, valid))).toBe(200);
    }
  });

  test('a refused request closes its connection, whatever follows on it', async () => {
    const { port } = await serving();
    for (const { request: parts, status } of probes) {
      if (!status.every((one) => [400, 413, 431].includes(one)) || parts.length > 1) continue;
      const [text] = parts;
      if (typeof text !== 'string' || /percent|overlong|head/.test(text)) continue;
      if (/%|Inference/.test(text)) continue;
      const wire = new Wire(port);
      wire.send(text + valid);
      const { text: all, isClosed } = await wire.until(({ isClosed: closed }) => closed);
      expect(isClosed).toBe(true);
      expect({ text, answers: all.match(/HTTP\/1\.1 \d/g) }).toMatchObject({
        answers: { length: 1 },
      });
    }
  });
});

describe('bodies', () => {
  test('one that grows beyond the limit is refused while it comes', async () => {
    const { port } = await serving({ bodyBytesMax: 1_000 });
    const wire = new Wire(port);
    wire.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n`);
    wire.send(`${(600).toString(16)}\r\n${' '.repeat(600)}\r\n`);
    wire.send(`${(600).toString(16)}\r\n${' '.repeat(600)}\r\n`);
    const heard = await wire.until(({ isClosed }) => isClosed);
    expect(statusOf(heard)).toBe(413);
    expect(heard.text).toContain('"code":"BODY_TOO_LARGE"');
  });

  test('one that is announced too long is refused before it comes', async () => {
    const { port } = await serving({ bodyBytesMax: 1_000 });
    const head = `POST ${path} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n`;
    const heard = await exchange(port, `${head}content-length: 1001\r\n\r\n`);
    expect(statusOf(heard)).toBe(413);
  });

  test('requests on one connection are answered in order', async () => {
    const { port } = await serving();
    const wire = new Wire(port);
    const numbered = [1, 2, 3].map((n) =>
      post(path, JSON.stringify({ id: `${n}`, ...inferBody([n, n]) })),
    );
    wire.send(numbered.join(''));
    const { text } = await wire.until((heard) => (heard.text.match(/"id":/g) ?? []).length === 3);
    expect(text.match(/"id":"\d"/g)).toEqual(['"id":"1"', '"id":"2"', '"id":"3"']);
    wire.drop();
  });
});

describe('who dawdles is let go', () => {
  const quick = { headersMs: 50, requestMs: 100, keepAliveMs: 50, idleMs: 500 };
  test.for([
    { name: 'with the headers', sent: 'GET /v2 HTTP/1.1\r\nhost: a\r\nx' },
    { name: 'with the body', sent: post(path, body).slice(0, -5) },
    { name: 'without a word', sent: '' },
    { name: 'after an answer', sent: valid },
  ])('$name', async ({ sent }) => {
    const { port } = await serving(quick);
    const wire = new Wire(port);
    wire.send(sent);
    const { isClosed } = await wire.until((heard) => heard.isClosed);
    expect(isClosed).toBe(true);
    expect(statusOf(await exchange(port, valid))).toBe(200);
  });
});

test('connections beyond the limit are closed at once, the others live on', async () => {
  const { port } = await serving({ connectionsMax: 2 });
  const first = new Wire(port);
  const second = new Wire(port);
  first.send(valid);
  second.send(valid);
  await Promise.all([first.until(hasAnswer), second.until(hasAnswer)]);
  const third = new Wire(port);
  expect((await third.until(({ isClosed }) => isClosed)).text).toBe('');
  first.drop();
  second.drop();
});

test('a caller who leaves ends the work for him', async () => {
  let aborted = 0;
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const { port } = await serving(
    {},
    {
      predict: (_call, signal) =>
        new Promise((resolve) => {
          begun.resolve();
          signal.addEventListener('abort', () => {
            aborted += 1;
            ended.resolve();
            resolve({ type: 'cancelled' });
          });
        }),
    },
  );
  const wire = new Wire(port);
  wire.send(valid);
  await begun.promise;
  wire.drop();
  await ended.promise;
  expect(aborted).toBe(1);
});

describe('stopping', () => {
  test('lets what is under way finish, and says that it closes', async () => {
    const release = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { port, gateway } = await serving(
      { drainMs: 5_000 },
      {
        predict: async ({ inputs }) => {
          begun.resolve();
          await release.promise;
          return sums(inputs);
        },
      },
    );
    const quiet = new Wire(port);
    const wire = new Wire(port);
    wire.send(valid);
    await begun.promise;
    const stopped = gateway.drain();
    expect(gateway.isReady()).toBe(false);
    const late = connect(port, '127.0.0.1');
    await new Promise((resolve) => {
      late.once('error', resolve);
    });
    release.resolve();
    const heard = await wire.until(({ isClosed }) => isClosed);
    expect(statusOf(heard)).toBe(200);
    expect(heard.text).toMatch(/connection: close/i);
    await stopped;
    expect((await quiet.until(({ isClosed }) => isClosed)).isClosed).toBe(true);
  });

  test('a request that comes on an open connection meanwhile is answered', async () => {
    const { port, gateway } = await serving({ drainMs: 5_000 });
    const wire = new Wire(port);
    wire.send(valid);
    await wire.until(hasAnswer);
    const stopped = gateway.drain();
    wire.send(valid);
    const heard = await wire.until(({ isClosed }) => isClosed);
    expect(heard.text.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
    await stopped;
  });

  test('does not wait longer than it should', async () => {
    const { port, gateway } = await serving(
      { drainMs: 30 },
      { predict: () => new Promise(() => undefined) },
    );
    const wire = new Wire(port);
    wire.send(valid);
    await gateway.drain();
    expect((await wire.until(({ isClosed }) => isClosed)).isClosed).toBe(true);
  });
});

test('a socket bound by the parent process is served', async () => {
  const owner = createServer();
  await new Promise<void>((resolve) => {
    owner.listen(0, '127.0.0.1', resolve);
  });
  const address = owner.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const { fd } = (owner as unknown as { readonly _handle: { readonly fd: number } })._handle;
  const script = join(import.meta.dirname, '../../test/gateway/inherited.ts');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit', fd] });
  // The parent accepts nothing any more; who connects waits for the child.
  owner.close();
  const heard = await exchange(port, 'GET /v2/health/live HTTP/1.1\r\nhost: a\r\n\r\n');
  expect(heard.text).toContain('{"live":true}');
  child.kill();
  await new Promise((resolve) => {
    child.once('exit', resolve);
  });
});

test('the local socket is for its owner, and knows three things', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gateway-'));
  const socketPath = join(directory, 'local.sock');
  const { gateway } = await serving();
  await gateway.listenLocal({ path: socketPath });
  expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  const get = (target: string): Promise<number> =>
    new Promise((resolve, reject) => {
      request({ socketPath, path: target }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  expect(await get('/status')).toBe(200);
  expect(await get('/metrics')).toBe(200);
  expect(await get('/v2/models')).toBe(404);
  await rm(directory, { recursive: true });
});
