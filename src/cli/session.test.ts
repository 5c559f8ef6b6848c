import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startAdminServer } from '../../test/http/admin-server.ts';
import type { AdminServer } from '../../test/http/admin-server.ts';
import { run } from '../../test/cli/run.ts';
import { status } from '../../test/cli/samples.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function admin(): Promise<AdminServer> {
  const server = await startAdminServer({ 'status.read': () => status(1), 'model.list': () => [] });
  closing.push(server.close);
  return server;
}

function dataWith(token: string): string {
  const data = mkdtempSync(join(tmpdir(), 'us-'));
  writeFileSync(join(data, 'admin.token'), `${token}\n`, { mode: 0o600 });
  return data;
}

/** A socket as a running instance has it. */
async function instance(data: string, adminUrl: string): Promise<void> {
  const state = { pid: 1, predict: 'http://127.0.0.1:1', admin: adminUrl, children: [] };
  const server = createServer((client) => client.end(JSON.stringify(state)));
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  await new Promise<void>((resolve) => server.listen(join(data, 'supervisor.sock'), resolve));
}

describe('the token', () => {
  const tokenFile = join(mkdtempSync(join(tmpdir(), 'us-')), 'token');
  writeFileSync(tokenFile, 'from-file\n');

  test.for([
    {
      how: 'a file',
      argv: ['--token-file', tokenFile],
      UNDERSTUDY_TOKEN: 'from-variable',
      token: 'from-file',
    },
    { how: 'the environment', argv: [], UNDERSTUDY_TOKEN: 'from-variable', token: 'from-variable' },
    { how: 'the data directory', argv: [], UNDERSTUDY_TOKEN: undefined, token: 'from-data' },
  ])('comes from $how', async ({ argv, UNDERSTUDY_TOKEN, token }) => {
    const server = await admin();
    const environment = { UNDERSTUDY_SERVER: server.url, UNDERSTUDY_TOKEN };
    const words = ['status', '--data', dataWith('from-data'), ...argv];
    expect((await run(words, { environment })).exit).toBe(0);
    expect(server.last()?.headers.authorization).toBe(`Bearer ${token}`);
  });

  test('of this machine is not shown to another', async () => {
    const argv = ['status', '--data', dataWith('secret'), '--server', 'understudy.invalid'];
    const { exit, stderr } = await run(argv);
    expect([exit, stderr]).toEqual([4, expect.stringContaining('TOKEN_MISSING')]);
  });

  test('that was not made yet means that nothing was started', async () => {
    const data = mkdtempSync(join(tmpdir(), 'us-'));
    const { exit, stderr } = await run(['status', '--data', data]);
    expect([exit, stderr]).toEqual([6, expect.stringContaining('nothing has been started')]);
  });

  test('file that is not there is a mistake', async () => {
    expect((await run(['status', '--token-file', 'nowhere'])).exit).toBe(2);
  });
});

describe('the server', () => {
  test('is where the instance on the data directory says', async () => {
    const server = await admin();
    const data = dataWith('t');
    await instance(data, server.url);
    expect((await run(['status', '--data', data])).exit).toBe(0);
  });

  test('may be named without a scheme', async () => {
    const server = await admin();
    const named = server.url.replace('http://', '');
    const argv = ['status', '--data', dataWith('t'), '--server', named];
    expect((await run(argv)).exit).toBe(0);
  });

  test('must be an address', async () => {
    expect((await run(['status', '--server', 'http://'])).exit).toBe(2);
  });
});

describe('output', () => {
  test('errors are one JSON object on stderr with --json', async () => {
    const data = mkdtempSync(join(tmpdir(), 'us-'));
    const { stdout, stderr } = await run(['status', '--data', data, '--json']);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ code: 'CONTROL_UNREACHABLE', exit: 6 });
  });

  test('usage errors too', async () => {
    const { exit, stderr } = await run(['rollout', 'strat', '--json']);
    expect([exit, JSON.parse(stderr)]).toMatchObject([2, { code: 'USAGE' }]);
    expect(stderr).toContain('start');
  });

  test('what is empty is an empty list', async () => {
    const server = await admin();
    const environment = { UNDERSTUDY_SERVER: server.url, UNDERSTUDY_TOKEN: 't' };
    expect((await run(['model', 'list', '--json'], { environment })).json()).toEqual({
      models: [],
    });
  });

  test.for([
    { environment: {}, argv: [], colors: true },
    { environment: { NO_COLOR: '1' }, argv: [], colors: false },
    { environment: {}, argv: ['--no-color'], colors: false },
    { environment: {}, argv: ['--json'], colors: false },
  ])('on a terminal with $environment $argv: colours $colors', async (row) => {
    const ran = await run(['errors', 'FORMAT_ZIP', ...row.argv], {
      environment: row.environment,
      isTty: true,
    });
    expect(ran.stdout.includes('\u{1b}[')).toBe(row.colors);
  });

  test.for(['--version', '-V', 'version'])('%s', async (word) => {
    expect((await run([word])).stdout).toBe('understudy 1.2.3\n');
  });

  test('help is no error; a group without a command is', async () => {
    const help = await run(['help', 'rollout']);
    expect([help.exit, help.stdout]).toEqual([0, expect.stringContaining('promote')]);
    expect((await run(['rollout'])).exit).toBe(2);
    expect((await run([])).exit).toBe(2);
  });

  test('errors explains codes, and knows no other', async () => {
    const one = await run(['errors', 'rollout_active', '--json']);
    expect(one.json()).toMatchObject({ code: 'ROLLOUT_ACTIVE', exit: 5 });
    expect((await run(['errors', 'NO_SUCH'])).exit).toBe(2);
  });
});

describe('doctor', () => {
  type Findings = {
    readonly ok: boolean;
    readonly findings: readonly { check: string; outcome: string }[];
  };

  const findingsOf = async (data: string, over: Readonly<Record<string, string>> = {}) => {
    const ran = await run(['doctor', '--data', data, '--json'], {
      environment: { UNDERSTUDY_PREDICT_PORT: '0', UNDERSTUDY_ADMIN_PORT: '0', ...over },
    });
    const { findings } = ran.json() as Findings;
    const by = Object.fromEntries(findings.map(({ check, outcome }) => [check, outcome]));
    return { exit: ran.exit, by };
  };

  test('finds nothing wrong before the first start', async () => {
    const { exit, by } = await findingsOf(join(mkdtempSync(join(tmpdir(), 'us-')), 'new'));
    expect(by).toMatchObject({
      node: 'ok',
      onnxruntime: 'ok',
      database: 'ok',
      'admin API': 'note',
    });
    expect(exit).toBe(0);
  });

  test('says how shadows make way, and whether their answers can become Parquet', async () => {
    const data = join(mkdtempSync(join(tmpdir(), 'us-')), 'new');
    const { by } = await findingsOf(data, { UNDERSTUDY_PAIRS_KEEP: 'parquet' });
    expect(by).toMatchObject({ shadows: expect.stringMatching(/ok|note/), pairs: 'ok' });
    expect((await findingsOf(data)).by).not.toHaveProperty('pairs');
  });

  test('finds an open secret, a broken database, and a table without a number', async () => {
    const data = dataWith('t');
    chmodSync(join(data, 'admin.token'), 0o644);
    writeFileSync(join(data, 'understudy.db'), 'this is no database, whatever its name says');
    mkdirSync(join(data, 'gateways', 'g1'), { recursive: true });
    writeFileSync(join(data, 'gateways', 'g1', 'table.json'), '{}');
    const { exit, by } = await findingsOf(data);
    expect(by).toMatchObject({ secrets: 'fail', database: 'fail', 'table of g1': 'note' });
    expect(exit).toBe(5);
  });

  test('sees a running instance with its control plane', async () => {
    const server = await admin();
    const data = dataWith('t');
    await instance(data, server.url);
    const { by } = await findingsOf(data);
    expect(by).toMatchObject({ processes: 'ok', 'admin port': 'ok', 'admin API': 'ok' });
  });
});
