import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { digestOf, version } from '../../test/cli/samples.ts';
import { fileWith, folder, tell } from '../../test/cli/tell.ts';
import type { Replies } from '../../test/http/admin-server.ts';
import { Fault } from '../protocol/errors.ts';

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
