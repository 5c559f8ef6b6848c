import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { startAdminServer } from '../../test/http/admin-server.ts';
import type { AdminServer, Replies } from '../../test/http/admin-server.ts';
import { answerJson, startAnsweringServer } from '../../test/http/answering-server.ts';
import { run } from '../../test/cli/run.ts';
import type { Ran } from '../../test/cli/run.ts';
import { digestOf, event, status, version } from '../../test/cli/samples.ts';
import { bps } from '../core/lib/units.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';
import { Fault } from '../protocol/errors.ts';
import type { CliParts } from './parts.ts';

type EndpointBody = CallAnswer<'endpoint.read'>;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

type Told = Ran & { readonly admin: AdminServer };

async function tell(
  argv: readonly string[],
  replies: Replies,
  parts: Partial<CliParts> = {},
): Promise<Told> {
  const admin = await startAdminServer(replies);
  closing.push(admin.close);
  const environment = { UNDERSTUDY_TOKEN: 'ust_1', UNDERSTUDY_SERVER: admin.url };
  return { ...(await run(argv, { environment, ...parts })), admin };
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'understudy-cli-'));

function fileWith(name: string, content: string): string {
  const path = join(folder(), name);
  writeFileSync(path, content);
  return path;
}

const at = '2026-11-21T09:54:32.000Z';

describe('model push', () => {
  const pushed = { version: version(4), created: true, ignored: [] };
  const replies: Replies = {
    'blob.put': () => ({ digest: digestOf('4'), bytes: 5 }),
    'version.push': () => pushed,
  };

  test('uploads the file and makes it a version with all that was said', async () => {
    const file = fileWith('m.onnx', 'bytes');
    const lineage = { data: [{ name: 'd.csv', digest: digestOf('d') }], code: [] };
    const { exit, stdout, admin } = await tell(
      [
        'model',
        'push',
        file,
        '--name',
        'churn',
        '--version',
        'v4',
        '--metric',
        'auc=0.91',
        '--metric',
        'f1=0.8',
        '--tag',
        'team=growth',
        '--lineage',
        fileWith('l.json', JSON.stringify(lineage)),
        '--golden',
        fileWith('g.json', '{"inputs":{"x":[[1]]}}'),
      ],
      replies,
    );
    expect(exit).toBe(0);
    expect(stdout).toBe('churn@4 (v4): admitted, 1 checks, probe 3 ms\n');
    const [upload, push] = admin.asked;
    expect(upload?.body).toBe('bytes');
    expect(push).toMatchObject({
      params: { model: 'churn' },
      body: {
        digest: digestOf('4'),
        label: 'v4',
        metrics: { auc: 0.91, f1: 0.8 },
        tags: { team: 'growth' },
        lineage: { data: lineage.data },
        golden: { inputs: { x: [[1]] } },
      },
    });
  });

  test('says that the same bytes were there before', async () => {
    const { stdout } = await tell(['model', 'push', fileWith('m.onnx', 'b'), '--name', 'churn'], {
      ...replies,
      'version.push': () => ({ ...pushed, created: false, ignored: ['label'] }),
    });
    expect(stdout).toContain('nothing was changed; kept as it was: label');
  });

  test('ends with 13 when the file is not let in', async () => {
    const { exit, stderr } = await tell(
      ['model', 'push', fileWith('m.pkl', 'b'), '--name', 'churn'],
      {
        ...replies,
        'version.push': () => {
          throw new Fault('FORMAT_PICKLE', 'm.pkl is a pickle');
        },
      },
    );
    expect(exit).toBe(13);
    expect(stderr).toContain('error: m.pkl is a pickle');
    expect(stderr).toContain('skl2onnx');
  });

  test.for([
    { what: 'no file', argv: ['nowhere.onnx', '--name', 'm'], says: /nowhere\.onnx.*ENOENT/ },
    { what: 'a folder', argv: ['.', '--name', 'm'], says: /not a file/ },
    { what: 'no name', argv: ['package.json'], says: /--name/ },
    {
      what: 'no number',
      argv: ['package.json', '--name', 'm', '--metric', 'a=b'],
      says: /a metric/,
    },
    { what: 'no pair', argv: ['package.json', '--name', 'm', '--tag', 'a'], says: /key=value/ },
    {
      what: 'a lineage of another shape',
      argv: ['package.json', '--name', 'm', '--lineage', fileWith('l.json', '{"data":3}')],
      says: /l\.json/,
    },
    {
      what: 'a golden file that is not JSON',
      argv: ['package.json', '--name', 'm', '--golden', fileWith('g.json', '{')],
      says: /not JSON/,
    },
  ])('refuses $what before anything is sent', async ({ argv, says }) => {
    const { exit, stderr, admin } = await tell(['model', 'push', ...argv], replies);
    expect([exit, admin.asked]).toEqual([2, []]);
    expect(stderr).toMatch(says);
  });
});

describe('models', () => {
  test('list and show', async () => {
    const replies: Replies = {
      'model.list': () => [{ name: 'churn', createdAt: at, versions: 2, latest: 2 }],
      'version.list': () => [version(2, { aliases: [] }), version(1)],
      'version.read': ({ params }) => version(Number(params['version'])),
      'alias.list': () => [
        {
          model: 'churn',
          name: 'production',
          version: 1,
          movedAt: at,
          movedBy: 'ada',
          history: [],
        },
      ],
    };
    expect((await tell(['model', 'list'], replies)).stdout).toMatch(/churn +2 +2/);
    expect((await tell(['model', 'list', 'churn'], replies)).stdout).toMatch(/churn@1 +v1 +prod/);
    const whole = await tell(['model', 'show', 'churn'], replies);
    expect(whole.stdout).toMatch(/production +churn@1/);
    const one = await tell(['model', 'show', 'churn@2'], replies);
    expect(one.stdout).toContain('features FP32 [any, 4]');
    const json = await tell(['model', 'show', 'churn@2', '--json'], replies);
    expect(json.json()).toEqual(version(2));
  });

  test('alias moves what it found', async () => {
    const alias = { model: 'churn', name: 'production', movedAt: at, movedBy: 'ada', history: [] };
    const { stdout, admin } = await tell(['model', 'alias', 'churn', 'production', 'v2'], {
      'version.read': () => version(2),
      'alias.list': () => [{ ...alias, version: 1 }],
      'alias.move': () => ({ ...alias, version: 2 }),
    });
    expect(stdout).toBe('churn@production is churn@2 (was churn@1)\n');
    expect(admin.asked.at(-1)?.body).toEqual({ version: 2, expect: 1 });
  });

  test.for([
    { given: 'none', expects: null },
    { given: '7', expects: 7 },
  ])('alias --expect $given', async ({ given, expects }) => {
    const { admin } = await tell(['model', 'alias', 'churn', 'a', '2', '--expect', given], {
      'version.read': () => version(2),
      'alias.move': () => {
        throw new Fault('ALIAS_CONFLICT', 'no');
      },
    });
    expect(admin.asked.at(-1)?.body).toEqual({ version: 2, expect: expects });
  });

  test.for([
    { types: 'churn@2', exit: 0 },
    { types: 'churn', exit: 5 },
  ])('delete on a terminal wants the version typed: $types', async ({ types, exit }) => {
    const ran = await tell(
      ['model', 'delete', 'churn@2'],
      { 'version.read': () => version(2), 'version.delete': () => version(2) },
      { isTty: true, stdin: Readable.from([`${types}\n`]) },
    );
    expect(ran.exit).toBe(exit);
    expect(ran.admin.asked.some(({ id }) => id === 'version.delete')).toBe(exit === 0);
  });
});

describe('model pull', () => {
  const digest = `sha256:${createHash('sha256').update('model').digest('hex')}`;
  const replies: Replies = {
    'version.read': () => version(2, { digest }),
    'blob.read': () => 'model',
  };

  test('writes the file once it is verified, and replaces none unasked', async () => {
    const path = join(folder(), 'm.onnx');
    const argv = ['model', 'pull', 'churn@2', '-o', path];
    expect((await tell(argv, replies)).exit).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe('model');
    expect((await tell(argv, replies)).exit).toBe(2);
    expect((await tell([...argv, '--force'], replies)).exit).toBe(0);
  });

  test('leaves nothing when the bytes are not the version’s', async () => {
    const path = join(folder(), 'm.onnx');
    const { exit, stderr } = await tell(['model', 'pull', 'churn@2', '-o', path], {
      ...replies,
      'blob.read': () => 'other',
    });
    expect([exit, existsSync(path), existsSync(`${path}.part`)]).toEqual([1, false, false]);
    expect(stderr).toContain('BLOB_CORRUPT');
  });
});

describe('endpoints', () => {
  const ref = { model: 'churn', version: 1, digest: digestOf('1') };
  const endpoint: EndpointBody = {
    name: 'scores',
    model: 'churn',
    version: ref,
    previous: null,
    settings: {
      unitKey: { header: 'x-unit-id', pointer: null },
      deadlineMs: 2_000,
      attributes: [
        { name: 'age', type: 'number', source: { kind: 'pointer', pointer: '/user/age' } },
      ],
      health: { meanMsMax: 100, successRateMin: 0.95 },
      log: {
        sample: bps(1_000),
        fields: ['outputs'],
        redact: [{ pointer: '/unit', as: 'digest' }],
      },
    },
    revision: 1,
    createdAt: at,
    changedAt: at,
    rollout: null,
  };

  test('create says what was asked for and no more', async () => {
    const replies: Replies = { 'endpoint.create': () => endpoint };
    const argv = ['endpoint', 'create', 'scores', '--model', 'churn@1'];
    const plain = await tell(argv, replies);
    expect(plain.stdout).toBe('scores answers with churn@1\n');
    expect(plain.admin.asked[0]?.body).toEqual({ name: 'scores', version: 'churn@1' });
    const full = await tell(
      [...argv, '--unit-header', 'x-user', '--unit-pointer', '/user', '--deadline', '500ms'],
      replies,
    );
    expect(full.admin.asked[0]?.body).toMatchObject({
      unitKey: { header: 'x-user', pointer: '/user' },
      deadlineMs: 500,
    });
  });

  test('list and show', async () => {
    const replies: Replies = {
      'endpoint.list': () => [endpoint],
      'endpoint.read': () => endpoint,
    };
    expect((await tell(['endpoint', 'list'], replies)).stdout).toMatch(/scores +churn@1 +–/);
    const shown = (await tell(['endpoint', 'show', 'scores'], replies)).stdout;
    expect(shown).toContain('x-unit-id');
    expect(shown).toContain('age=pointer:/user/age:number');
    expect(shown).toContain('mean up to 100 ms, success from 95.00%');
    expect(shown).toContain('10% of units kept, with outputs; redacted /unit:digest');
  });

  const changing: Replies = {
    'endpoint.read': () => endpoint,
    'endpoint.change': () => endpoint,
    'endpoint.create': () => endpoint,
  };
  const set = ['endpoint', 'set', 'scores'];

  test.for([
    {
      what: 'what healthy is',
      flags: ['--mean-max', '0.05s', '--success-min', '99.5%'],
      body: { health: { meanMsMax: 50, successRateMin: 0.995 } },
    },
    { what: 'a part of it', flags: ['--mean-max', '1s'], body: { health: { meanMsMax: 1_000 } } },
    {
      what: 'attributes, all of them',
      flags: ['--attribute', 'group=header:X-Group:text', '--attribute', 'a=pointer:/a:b:number'],
      body: {
        attributes: [
          { name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } },
          { name: 'a', type: 'number', source: { kind: 'pointer', pointer: '/a:b' } },
        ],
      },
    },
    { what: 'no attributes', flags: ['--no-attributes'], body: { attributes: [] } },
    {
      what: 'a part of the unit',
      flags: ['--unit-pointer', '/user/id', '--reason', 'moved'],
      body: { unitKey: { header: 'x-unit-id', pointer: '/user/id' }, reason: 'moved' },
    },
    { what: 'the deadline', flags: ['--deadline', '1s'], body: { deadlineMs: 1_000 } },
    {
      what: 'what is kept of predictions',
      flags: ['--log-sample', '2.5%', '--log-fields', 'outputs'],
      body: { log: { sample: 250, fields: ['outputs'] } },
    },
    {
      what: 'what nobody may read',
      flags: ['--redact', '/unit:digest, /features/3', '--redact', 'a/b:digest'],
      body: {
        log: {
          redact: [
            { pointer: '/unit', as: 'digest' },
            { pointer: '/features/3', as: 'constant' },
            { pointer: '/features/a~1b', as: 'digest' },
          ],
        },
      },
    },
    {
      what: 'that everybody may read everything',
      flags: ['--no-redact', '--log-fields', 'none'],
      body: { log: { fields: [], redact: [] } },
    },
  ])('set changes $what', async ({ flags, body }) => {
    const { exit, admin } = await tell([...set, ...flags], changing);
    expect([exit, admin.asked.at(-1)?.body]).toEqual([0, body]);
  });

  test('create declares attributes', async () => {
    const argv = ['endpoint', 'create', 'scores', '--model', 'churn', '--attribute'];
    const { admin } = await tell([...argv, 'vip=header:x-vip:boolean'], changing);
    const vip = { name: 'vip', type: 'boolean', source: { kind: 'header', header: 'x-vip' } };
    expect(admin.asked[0]?.body).toMatchObject({ attributes: [vip] });
  });

  test.for([
    { flags: ['--log-sample', '0.1'], says: /share like 5%/ },
    { flags: ['--log-sample', '101%'], says: /0% to 100%/ },
    { flags: ['--log-fields', 'input'], says: /one of inputs, outputs, or `none`/ },
    { flags: ['--log-fields', 'inputs,inputs'], says: /twice/ },
    { flags: ['--redact', '/user/id'], says: /point with `\/unit`/ },
    { flags: ['--redact', '/features/0/1/2'], says: /point with/ },
    { flags: ['--redact', '/features/a~2'], says: /point with/ },
    { flags: ['--redact', 'age:sha256'], says: null },
    { flags: ['--redact', ''], says: /POINTER:digest/ },
  ])('what is said of the log by $flags is checked', async ({ flags, says }) => {
    const { exit, stderr, admin } = await tell([...set, ...flags], changing);
    expect(exit).toBe(says === null ? 0 : 2);
    expect(stderr).toMatch(says ?? /^$/);
    expect(admin.asked.some(({ id }) => id === 'endpoint.change')).toBe(says === null);
  });

  test.for([
    { what: 'no name', word: 'header:x-group:text', says: /key=value/ },
    { what: 'no type', word: 'group=header:x-group', says: /NAME=header:X-NAME:TYPE/ },
    { what: 'another source', word: 'group=cookie:g:text', says: /NAME=header:X-NAME:TYPE/ },
    { what: 'another type', word: 'group=header:x-g:regexp', says: /one of text, number, boolean/ },
    { what: 'a word of the language', word: 'not=header:x-g:text', says: /has a meaning/ },
    { what: 'a name with blanks', word: 'a b=header:x-g:text', says: /a name is letters/ },
    { what: 'no pointer', word: 'a=pointer:user:text', says: /JSON pointer/ },
    { what: 'a pointer with a lone tilde', word: 'a=pointer:/a~2:text', says: /JSON pointer/ },
    { what: 'no header name', word: 'a=header:x g:text', says: /header name/ },
  ])('an attribute with $what is refused', async ({ word, says }) => {
    const { exit, stderr, admin } = await tell([...set, '--attribute', word], changing);
    const sent = admin.asked.filter(({ body }) => body !== undefined);
    expect(exit).toBe(2);
    expect(stderr).toMatch(says);
    expect(sent.map(({ id }) => id)).not.toContain('endpoint.change');
  });

  test('all of them and none at once are refused', async () => {
    const flags = ['--attribute', 'a=header:a:text', '--no-attributes'];
    const { exit, stderr } = await tell([...set, ...flags], changing);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('not both')]);
  });
});

describe('predict', () => {
  async function gateway(): Promise<string> {
    const server = await startAnsweringServer((_request, response) => {
      response.setHeader('x-understudy-arm', 'candidate');
      response.setHeader('x-model-version', '2');
      answerJson(response, 200, { prediction: [0.25, 0.75] });
    });
    closing.push(server.close);
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
