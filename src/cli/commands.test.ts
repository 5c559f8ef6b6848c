import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { run } from '../../test/cli/run.ts';
import { event, status } from '../../test/cli/samples.ts';
import { fileWith, tell } from '../../test/cli/tell.ts';
import { answerJson, startAnsweringServer } from '../../test/http/answering-server.ts';

const at = '2026-11-21T09:54:32.000Z';

describe('predict', () => {
  async function gateway(): Promise<string> {
    const server = await startAnsweringServer((_request, response) => {
      response.setHeader('x-understudy-arm', 'candidate');
      response.setHeader('x-model-version', '2');
      answerJson(response, 200, { prediction: [0.25, 0.75] });
    });
    onTestFinished(server.close);
    return server.url;
  }

  test.for([
    { how: 'as an argument', features: '[1,2]' },
    { how: 'in a file', features: `@${fileWith('f.json', '[1,2]')}` },
    { how: 'on stdin', features: '-' },
  ])('features $how', async ({ features }) => {
    const argv = ['predict', 'scores', '--features', features, '--gateway', await gateway()];
    const { exit, stdout, stderr } = await run(argv, { stdin: Readable.from(['[1,2]']) });
    expect([exit, stdout]).toEqual([0, '[0.25,0.75]\n']);
    expect(stderr).toContain('version 2, candidate arm');
  });

  test('--json has all of it', async () => {
    const argv = ['predict', 'scores', '--features', '[1]', '--unit', 'u', '--version', '2'];
    const { json } = await run([...argv, '--gateway', await gateway(), '--json']);
    expect(json()).toMatchObject({
      endpoint: 'scores',
      prediction: [0.25, 0.75],
      arm: 'candidate',
      version: '2',
    });
  });

  test.for([
    { argv: ['--features', '[1'], exit: 2 },
    { argv: [], exit: 2 },
    { argv: ['--features', '[1]', '--gateway', 'http://127.0.0.1:1'], exit: 6 },
  ])('$argv ends with $exit', async ({ argv, exit }) => {
    expect((await run(['predict', 'scores', ...argv])).exit).toBe(exit);
  });
});

describe('looking around', () => {
  test('status', async () => {
    const { stdout } = await tell(['status'], { 'status.read': () => status(8, 7) });
    expect(stdout).toMatch(/scores +churn@1 +churn@2 +25% +advancing/);
    expect(stdout).toMatch(/g1 +alive .* 7 of 8/);
  });

  test('audit list cleans what others wrote', async () => {
    const entry = {
      seq: 1,
      at,
      actor: 'ada',
      action: 'rollout.start',
      subject: 'rollout/r-1',
      reason: 'a\u{1b}[2Jb\u{202e}c',
      detail: {},
      previous: '0',
      hash: '1',
    };
    const { stdout } = await tell(['audit', 'list', '--subject', 'rollout/r-1'], {
      'audit.list': () => [entry],
    });
    expect(stdout).toContain('ab c');
    expect(stdout).not.toContain('\u{1b}');
  });

  test.for([
    { ok: true, broken: null, exit: 0, says: 'unbroken' },
    { ok: false, broken: { seq: 3, why: 'hash' }, exit: 5, says: 'BROKEN at entry 3' },
  ])('audit verify says $says', async ({ ok, broken, exit, says }) => {
    const ran = await tell(['audit', 'verify'], {
      'audit.verify': () => ({ ok, entries: 9, head: 'abc', broken }),
    });
    expect([ran.exit, ran.stdout]).toEqual([exit, expect.stringContaining(says)]);
  });

  test('events are lines that can be read on', async () => {
    let interrupt: () => void = () => undefined;
    const ran = await tell(
      ['events', '--json', '--endpoint', 'scores', '--after', '0'],
      {
        'events.stream': () => {
          setTimeout(() => interrupt(), 100);
          return [event(1, 'started', 1), event(2, 'promoted', 2)];
        },
      },
      {
        onInterrupt: (listener) => {
          interrupt = listener;
          return () => undefined;
        },
      },
    );
    expect(ran.exit).toBe(130);
    expect(ran.stdout.trim().split('\n')).toHaveLength(2);
    expect(ran.admin.received[0]?.headers['last-event-id']).toBe('0');
  });
});

describe('tokens', () => {
  const token = { id: 'abcdef012345', name: 'ci', role: 'operator', createdAt: at } as const;

  test('create writes the token alone to stdout', async () => {
    const { stdout, stderr, admin } = await tell(
      ['token', 'create', 'ci', '--role', 'operator', '--expires', '30d'],
      { 'token.create': () => ({ ...token, expiresAt: at, token: 'ust_new' }) },
    );
    expect(stdout).toBe('ust_new\n');
    expect(stderr).toContain('not shown again');
    expect(admin.asked[0]?.body).toEqual({
      name: 'ci',
      role: 'operator',
      expiresInMs: 2_592_000_000,
    });
  });

  test('list, revoke, and a role there is not', async () => {
    const found = { ...token, expiresAt: null };
    const list = await tell(['token', 'list'], { 'token.list': () => [found] });
    expect(list.stdout).toMatch(/abcdef012345 +ci +operator .* never/);
    const revoked = await tell(['token', 'revoke', 'ci'], { 'token.revoke': () => found });
    expect(revoked.stdout).toBe('ci (abcdef012345) is revoked\n');
    const wrong = await tell(['token', 'create', 'ci', '--role', 'boss'], {});
    expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining('viewer, operator')]);
  });
});
