import { mkdirSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startAdminServer } from '../../test/http/admin-server.ts';
import type { Replies } from '../../test/http/admin-server.ts';
import { run } from '../../test/cli/run.ts';
import { digestOf, status } from '../../test/cli/samples.ts';
import { Fault } from '../protocol/errors.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const answer = {
  endpoint: 'scores',
  changed: true,
  rollout: 'r-1',
  version: { model: 'churn', version: 1, digest: digestOf('1') },
  generation: 8,
};

async function admin(replies: Replies): Promise<Record<string, string>> {
  const server = await startAdminServer(replies);
  closing.push(server.close);
  return { UNDERSTUDY_TOKEN: 'ust_1', UNDERSTUDY_SERVER: server.url };
}

const argv = ['rollback', 'scores', '--reason', 'odd answers'];

// R4: one command, with control and without.
describe('through the control plane', () => {
  test('says what answers now, and which gateways confirmed', async () => {
    const environment = await admin({
      'endpoint.rollback': ({ body }) => {
        expect(body).toEqual({ reason: 'odd answers', further: false });
        return answer;
      },
      'status.read': () => status(8),
    });
    const { exit, stdout } = await run(argv, { environment });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^scores answers with churn@1\n/);
    expect(stdout).toMatch(/g1 +yes +serves table 8/);
  });

  test('waits for gateways that are behind', async () => {
    let reads = 0;
    const environment = await admin({
      'endpoint.rollback': () => answer,
      'status.read': () => {
        reads += 1;
        return status(8, reads < 3 ? 7 : 8);
      },
    });
    expect([(await run(argv, { environment })).exit, reads]).toEqual([0, 3]);
  });

  test('says which has not confirmed when time runs out', async () => {
    const environment = await admin({
      'endpoint.rollback': () => answer,
      'status.read': () => status(8, 7),
    });
    const { exit, stdout, stderr } = await run([...argv, '--timeout', '1ms'], { environment });
    expect(exit).toBe(124);
    expect(stdout).toMatch(/g1 +NO +serves table 7/);
    expect(stderr).toContain('1 of 1 gateways');
  });

  test('takes its no for an answer', async () => {
    const environment = await admin({
      'endpoint.rollback': () => {
        throw new Fault('ROLLOUT_NOTHING_BEFORE', 'scores never had another version');
      },
    });
    const { exit, stderr } = await run(argv, { environment });
    expect(exit).toBe(5);
    expect(stderr).toMatch(/ROLLOUT_NOTHING_BEFORE \(request req-test\)/);
  });

  test('wants a reason', async () => {
    expect((await run(['rollback', 'scores'])).exit).toBe(2);
  });
});

describe('without the control plane', () => {
  const nowhere = { UNDERSTUDY_TOKEN: 'ust_1', UNDERSTUDY_SERVER: 'http://127.0.0.1:1' };

  type Gateway = { readonly name: string; readonly status: number; readonly body: object };

  async function dataWith(
    gateways: readonly Gateway[],
  ): Promise<{ data: string; heard: unknown[] }> {
    const data = mkdtempSync(join(tmpdir(), 'us-'));
    const heard: unknown[] = [];
    for (const { name, status: code, body } of gateways) {
      mkdirSync(join(data, 'gateways', name), { recursive: true });
      const server = createServer((request, response) => {
        let text = '';
        request.on('data', (chunk) => (text += String(chunk)));
        request.on('end', () => {
          heard.push({ path: request.url, ...(JSON.parse(text) as object) });
          response.writeHead(code).end(JSON.stringify(body));
        });
      });
      await listen(server, join(data, 'gateways', name, 'local.sock'));
    }
    return { data, heard };
  }

  const listen = (server: Server, path: string): Promise<void> => {
    closing.push(() => new Promise((resolve) => server.close(() => resolve())));
    return new Promise((resolve) => server.listen(path, resolve));
  };

  const cut = { status: 200, body: { rollout: 'r-1' } };
  const nothing = { status: 409, body: { error: 'scores has no rollout' } };
  const unknown = { status: 404, body: { error: 'no endpoint scores' } };

  test('the gateways are asked on their own sockets', async () => {
    const { data, heard } = await dataWith([
      { name: 'g1', ...cut },
      { name: 'g2', ...cut },
    ]);
    const { exit, stdout, stderr } = await run([...argv, '--data', data], { environment: nowhere });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/g1 +yes +r-1 is cut off/);
    expect(stdout).toMatch(/g2 +yes/);
    expect(stderr).toContain('the control plane is away');
    expect(heard).toEqual(
      [1, 2].map(() => ({
        path: '/rollback',
        endpoint: 'scores',
        reason: 'odd answers',
        who: expect.stringMatching(/^local:/),
      })),
    );
  });

  test('a control plane that fails inside is as good as none', async () => {
    const environment = await admin({});
    const { data } = await dataWith([{ name: 'g1', ...cut }]);
    expect((await run([...argv, '--data', data], { environment })).exit).toBe(0);
  });

  test.for([
    { what: 'all know no such endpoint', gateways: [unknown, unknown], exit: 3 },
    { what: 'all have nothing to cut off', gateways: [nothing, nothing], exit: 5 },
    { what: 'one of them fails', gateways: [cut, { status: 500, body: {} }], exit: 6 },
    { what: 'there is none', gateways: [], exit: 6 },
  ])('$what: $exit', async ({ gateways, exit }) => {
    const { data } = await dataWith(gateways.map((one, at) => ({ name: `g${at + 1}`, ...one })));
    const ran = await run([...argv, '--data', data, '--json'], { environment: nowhere });
    expect(ran.exit).toBe(exit);
  });

  test('gateways of this machine are not asked for another machine’s control plane', async () => {
    const { data, heard } = await dataWith([{ name: 'g1', ...cut }]);
    const environment = { ...nowhere, UNDERSTUDY_SERVER: 'http://understudy.invalid:1' };
    const { exit } = await run([...argv, '--data', data], { environment });
    expect([exit, heard]).toEqual([6, []]);
  });
});
