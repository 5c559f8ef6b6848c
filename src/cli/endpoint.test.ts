import { describe, expect, test } from 'vitest';
import { digestOf, status } from '../../test/cli/samples.ts';
import { tell } from '../../test/cli/tell.ts';
import type { Replies } from '../../test/http/admin-server.ts';
import { bps } from '../core/lib/units.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';

type EndpointBody = CallAnswer<'endpoint.read'>;

const at = '2026-11-21T09:54:32.000Z';

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

  const { digest } = ref;
  const create = ['endpoint', 'create', 'scores', '--model', 'churn@1'];
  const served = status(8);
  const fleet = (member: Partial<(typeof served.gateways)[number]>): typeof served => ({
    ...served,
    gateways: served.gateways.map((gateway) => ({ ...gateway, ...member })),
  });

  test('create says what was asked for and no more', async () => {
    const replies: Replies = { 'endpoint.create': () => endpoint, 'status.read': () => served };
    const plain = await tell(create, replies);
    expect(plain.stdout).toBe('scores answers with churn@1\n');
    expect(plain.admin.asked[0]?.body).toEqual({ name: 'scores', version: 'churn@1' });
    const full = await tell(
      [...create, '--unit-header', 'x-user', '--unit-pointer', '/user', '--deadline', '500ms'],
      replies,
    );
    expect(full.admin.asked[0]?.body).toMatchObject({
      unitKey: { header: 'x-user', pointer: '/user' },
      deadlineMs: 500,
    });
  });

  test.for([
    { what: 'a model that is being loaded', ready: [[], [], [digest]], reads: 3 },
    { what: 'the table that names it', ready: [[digest]], behind: 2, reads: 3 },
  ])('create waits for $what', async ({ ready, behind = 0, reads }) => {
    let read = 0;
    const { exit, stdout } = await tell(create, {
      'endpoint.create': () => endpoint,
      'status.read': () => {
        const loaded = ready[Math.min(read, ready.length - 1)] ?? [];
        read += 1;
        return fleet({ ready: loaded, generation: read > behind ? 8 : 7 });
      },
    });
    expect([exit, stdout, read]).toEqual([0, 'scores answers with churn@1\n', reads]);
  });

  test.for([
    { what: 'time runs out', member: { ready: [] }, exit: 124, says: 'g1 does not answer' },
    {
      what: 'the model cannot be loaded',
      member: { ready: [], failed: [{ digest, detail: 'no memory' }] },
      exit: 6,
      says: 'g1 does not answer with it yet: no memory',
    },
  ])('create promises no answer when $what', async ({ member, exit, says }) => {
    const told = await tell([...create, '--timeout', '1ms'], {
      'endpoint.create': () => endpoint,
      'status.read': () => fleet(member),
    });
    expect([told.exit, told.stdout]).toEqual([exit, 'scores will answer with churn@1\n']);
    expect(told.stderr).toContain(says);
  });

  test('create without waiting asks nobody how far he is', async () => {
    const { stdout, admin } = await tell([...create, '--no-wait'], changing);
    expect(stdout).toBe('scores will answer with churn@1\n');
    expect(admin.asked.map(({ id }) => id)).toEqual(['endpoint.create']);
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
    'status.read': () => served,
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
    {
      what: 'segments, by the types of the attributes',
      flags: ['--segment', 'age=18,65', '--segment', 'group=dev,7'],
      body: {
        segments: [
          { by: 'age', values: [18, 65] },
          { by: 'group', values: ['dev', '7'] },
        ],
      },
    },
    { what: 'no segments', flags: ['--no-segments'], body: { segments: null } },
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

  test('create declares attributes and segments of them', async () => {
    const argv = ['endpoint', 'create', 'scores', '--model', 'churn', '--attribute'];
    const { admin } = await tell([...argv, 'vip=header:x-vip:boolean'], changing);
    const vip = { name: 'vip', type: 'boolean', source: { kind: 'header', header: 'x-vip' } };
    expect(admin.asked[0]?.body).toMatchObject({ attributes: [vip] });
    const told = await tell(
      [...argv, 'vip=header:x-vip:boolean', '--segment', 'vip=true'],
      changing,
    );
    expect(told.admin.asked[0]?.body).toMatchObject({ segments: [{ by: 'vip', values: [true] }] });
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

  test.for([
    { flags: ['--attribute', 'a=header:a:text', '--no-attributes'] },
    { flags: ['--segment', 'a=b', '--no-segments'] },
  ])('all of them and none at once are refused: $flags', async ({ flags }) => {
    const { exit, stderr } = await tell([...set, ...flags], changing);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('not both')]);
  });
});
