import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { causeBy, event, rollout } from '../../test/cli/samples.ts';
import { fileWith, tell } from '../../test/cli/tell.ts';
import type { Told } from '../../test/cli/tell.ts';
import type { Replies } from '../../test/http/admin-server.ts';
import { Fault } from '../protocol/errors.ts';
import type { CliParts } from './parts.ts';

type Given = { readonly argv: readonly string[]; readonly parts?: Partial<CliParts> };

const runWith = (replies: Replies, { argv, parts }: Given): Promise<Told> =>
  tell(argv, replies, parts);

const declaration = (text: string): string => fileWith('rollout.yaml', text);

const outcomes = [
  { how: 'promoted', given: { phase: 'promoted' }, exit: 0 },
  { how: 'reverted by a check', given: { phase: 'reverted', cause: causeBy('check') }, exit: 10 },
  { how: 'reverted by a fuse', given: { phase: 'reverted', cause: causeBy('fuse') }, exit: 10 },
  { how: 'reverted by a person', given: { phase: 'reverted', cause: causeBy('person') }, exit: 13 },
  { how: 'cancelled', given: { phase: 'cancelled', cause: causeBy('person') }, exit: 13 },
] as const;

describe('rollout start', () => {
  const file = declaration('endpoint: scores\ncandidate: churn@2\ntriggers: default\n');
  const later = ['-f', file, '--candidate', 'churn@3', '--reason', 'retrained'];

  test.for([
    {
      how: 'flags',
      argv: ['scores', '--candidate', 'churn@2', '--strategy', 'canary', '--preset', 'cautious'],
      sends: {
        endpoint: 'scores',
        candidate: 'churn@2',
        strategy: { kind: 'canary', preset: 'cautious' },
        triggers: 'default',
      },
    },
    {
      how: 'a file',
      argv: ['-f', file],
      sends: { endpoint: 'scores', candidate: 'churn@2', triggers: 'default' },
    },
    {
      how: 'a file for another version, after what goes on',
      argv: [...later, '--on-busy', 'queue', '--baseline', 'churn@2'],
      sends: {
        endpoint: 'scores',
        candidate: 'churn@3',
        onBusy: 'queue',
        baseline: 'churn@2',
        triggers: 'default',
        reason: 'retrained',
      },
    },
  ])('sends what $how say', async ({ argv, sends }) => {
    const { exit, stdout, stderr, admin } = await runWith(
      { 'rollout.start': () => rollout() },
      { argv: ['rollout', 'start', ...argv] },
    );
    expect(exit).toBe(0);
    expect(admin.asked.map(({ body }) => body)).toEqual([sends]);
    expect(stdout).toBe('r-1: scores from churn@1 to churn@2\n');
    expect(stderr).toContain('understudy rollout watch r-1');
  });

  test('takes a file from stdin', async () => {
    const stdin = Readable.from(['endpoint: scores\ncandidate: churn@2\ntriggers: default\n']);
    const { exit } = await runWith(
      { 'rollout.start': () => rollout() },
      { argv: ['rollout', 'start', '-f', '-'], parts: { stdin } },
    );
    expect(exit).toBe(0);
  });

  test.for([
    { what: 'nothing', argv: [], says: /give a file/ },
    {
      what: 'an unknown preset',
      argv: ['s', '--candidate', 'c@2', '--preset', 'x'],
      says: /known presets/,
    },
    {
      what: 'a flag that belongs in the file',
      argv: ['-f', file, '--least', '5s'],
      says: /--least/,
    },
    { what: 'a file that is not there', argv: ['-f', 'nowhere.yaml'], says: /nowhere\.yaml/ },
    {
      what: 'a share that is none, with its line and path',
      argv: [
        '-f',
        declaration(
          'endpoint: s\ncandidate: c@2\ntriggers: default\n' +
            'strategy:\n  stages:\n    - 5%\n    - much\n',
        ),
      ],
      says: /rollout\.yaml:7.*\n.*strategy\.stages\[1\]/,
    },
    {
      what: 'a misspelt key',
      argv: ['-f', declaration('endpoint: s\ncandidate: c@2\ntrigger: default\n')],
      says: /unknown: trigger/,
    },
    { what: 'no YAML', argv: ['-f', declaration('a: [\n')], says: /not YAML/ },
    {
      what: 'an audience that cannot be read',
      argv: ['s', '--candidate', 'c@2', '--audience', 'group = dev'],
      says: /column 7: "=" cannot stand here; write `==`\n[^]*code AUDIENCE_UNREADABLE/,
    },
    {
      what: 'one in a file, with its line',
      argv: [
        '-f',
        declaration(
          'endpoint: s\ncandidate: c@2\nstrategy:\n  kind: canary\n  audience: a in []\n',
        ),
      ],
      says: /rollout\.yaml:5: column 7: nothing[^]*code AUDIENCE_LIST_EMPTY/,
    },
  ])('refuses $what before anything is sent', async ({ argv, says }) => {
    const { exit, stderr, admin } = await runWith({}, { argv: ['rollout', 'start', ...argv] });
    expect(exit).toBe(2);
    expect(stderr).toMatch(says);
    expect(admin.asked).toEqual([]);
  });

  test('shows the line of what the server refuses', async () => {
    const text = 'endpoint: s\ncandidate: c@2\ntriggers: default\nstrategy:\n  kind: ab-test\n';
    const given = `${text}  primary: { name: clics, expected: 10%, mde: 1% }\n`;
    const { exit, stderr } = await runWith(
      {
        'rollout.start': () => {
          throw new Fault('ROLLOUT_METRIC_UNKNOWN', 'No metric clics.', 'strategy.primary.name');
        },
      },
      { argv: ['rollout', 'start', '-f', declaration(given)] },
    );
    expect(exit).toBe(2);
    expect(stderr).toMatch(/rollout\.yaml:6: No metric clics\.[^]*at +strategy\.primary\.name/);
  });

  test('shows with --dry-run what it would be, and sends nothing', async () => {
    const { json, admin } = await runWith(
      {},
      { argv: ['rollout', 'start', '-f', file, '--dry-run', '--json'] },
    );
    expect(json()).toMatchObject({ spec: { alphaRevert: 0.01, fallback: 'baseline' } });
    expect(admin.asked).toEqual([]);
  });

  test.for([
    ...outcomes,
    { how: 'held by a check', given: { phase: 'holding', hold: causeBy('check') }, exit: 12 },
  ] as const)('--wait ends with $exit when it is $how', async ({ given, exit }) => {
    const ran = await runWith(
      {
        'rollout.start': () => rollout({ phase: 'preparing' }),
        'rollout.read': () => rollout(given),
        'events.stream': () => [event(1, 'ended', 3)],
      },
      { argv: ['rollout', 'start', '-f', file, '--wait', '--json'] },
    );
    expect(ran.exit).toBe(exit);
    expect(ran.json()).toMatchObject({ ...given, exit });
  });

  test.for([
    { how: 'evidence is missing', given: rollout(), exit: 11 },
    { how: 'gateways confirm', given: rollout({ phase: 'promoting' }), exit: 124 },
  ])('--timeout ends with $exit while $how', async ({ given, exit }) => {
    const ran = await runWith(
      {
        'rollout.start': () => given,
        'rollout.read': () => given,
        'events.stream': () => [event(1, 'advanced', 3)],
      },
      { argv: ['rollout', 'start', '-f', file, '--wait', '--timeout', '1ms'] },
    );
    expect(ran.exit).toBe(exit);
  });
});

describe('rollout watch', () => {
  const story = () => {
    let reads = 0;
    return {
      'rollout.read': () => {
        reads += 1;
        return reads < 3
          ? rollout({ revision: reads })
          : rollout({ phase: 'promoted', revision: 4 });
      },
      'events.stream': () => [event(1, 'advanced', 3), event(2, 'promoted', 4)],
    } satisfies Replies;
  };

  test('writes a line an event, and how it ended', async () => {
    const { exit, stdout } = await runWith(story(), { argv: ['rollout', 'watch', 'r-1'] });
    expect(exit).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^09:54:32 {2}scores {2}advanced/);
    expect(lines[2]).toMatch(/^r-1: scores promoted/);
  });

  test('writes one JSON object a line with --json', async () => {
    const { stdout } = await runWith(story(), { argv: ['rollout', 'watch', 'r-1', '--json'] });
    const types = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types.filter((type) => type === 'event')).toHaveLength(2);
    expect(types).toContain('rollout');
    expect(types.at(-1)).toBe('end');
  });

  test('redraws on a terminal', async () => {
    const { stdout } = await runWith(story(), {
      argv: ['rollout', 'watch', 'r-1'],
      parts: { isTty: true },
    });
    expect(stdout).toContain('\u{1b}[J');
    expect(stdout).toContain('PROMOTED');
    expect(stdout).toContain('null_rate');
  });

  test('goes on while the control plane is away', async () => {
    let reads = 0;
    const { exit } = await runWith(
      {
        ...story(),
        'rollout.read': () => {
          reads += 1;
          if (reads === 2) throw new Fault('INTERNAL', 'restarting');
          return rollout({ phase: reads < 3 ? 'advancing' : 'promoted', revision: 4 });
        },
      },
      { argv: ['rollout', 'watch', 'r-1'] },
    );
    expect([exit, reads]).toEqual([0, 3]);
  });

  test('detaches at ^C and says how to come back', async () => {
    let interrupt: () => void = () => undefined;
    let reads = 0;
    const { exit, stderr } = await runWith(
      {
        'rollout.read': () => {
          reads += 1;
          if (reads === 2) setImmediate(() => interrupt());
          return rollout();
        },
        'events.stream': () => [],
      },
      {
        argv: ['rollout', 'watch', 'r-1'],
        parts: {
          onInterrupt: (listener) => {
            interrupt = listener;
            return () => undefined;
          },
        },
      },
    );
    expect(exit).toBe(130);
    expect(stderr).toContain('understudy rollout watch r-1');
  });

  test('finds the rollout of an endpoint', async () => {
    const { exit, admin } = await runWith(
      {
        'rollout.read': ({ params }) => {
          if (params['rollout'] === 'scores') throw new Fault('ROLLOUT_UNKNOWN', 'no scores');
          return rollout({ phase: 'promoted' });
        },
        'rollout.list': () => [rollout({ phase: 'promoted' })],
        'events.stream': () => [event(1, 'promoted', 3)],
      },
      { argv: ['rollout', 'watch', 'scores'] },
    );
    expect(exit).toBe(0);
    expect(admin.asked.find(({ id }) => id === 'rollout.list')?.query).toEqual({
      endpoint: 'scores',
      active: 'true',
      limit: 100,
    });
  });

  test('of an endpoint means what goes on there, not what waits for it', async () => {
    const waits = rollout({ id: 'r-later', phase: 'queued' });
    const { stdout } = await runWith(
      {
        'rollout.read': () => {
          throw new Fault('ROLLOUT_UNKNOWN', 'no scores');
        },
        'rollout.list': () => [waits, rollout({ id: 'r-now', phase: 'advancing' })],
      },
      { argv: ['rollout', 'show', 'scores'] },
    );
    expect(stdout).toContain('r-now');
    expect(stdout).not.toContain('r-later');
  });
});

describe('rollout commands', () => {
  const replies: Replies = {
    'rollout.read': () => rollout(),
    'rollout.command': () => rollout({ phase: 'holding', hold: causeBy('person') }),
  };

  test.for(['pause', 'resume', 'cancel'])('%s needs no reason', async (kind) => {
    const { exit, admin } = await runWith(replies, { argv: ['rollout', kind, 'r-1'] });
    expect(exit).toBe(0);
    expect(admin.asked.at(-1)?.body).toEqual({
      command: kind,
      reason: 'asked on the command line',
    });
  });

  test.for(['advance', 'promote', 'rollback'])('%s needs one', async (kind) => {
    const without = await runWith(replies, { argv: ['rollout', kind, 'r-1'] });
    expect([without.exit, without.stderr]).toEqual([2, expect.stringContaining('--reason')]);
    const argv = ['rollout', kind, 'r-1', '--reason', 'seen enough', '--revision', '3'];
    const { exit, admin } = await runWith(replies, { argv });
    expect(exit).toBe(0);
    expect(admin.asked.at(-1)?.body).toEqual({
      command: kind,
      reason: 'seen enough',
      revision: 3,
    });
  });

  test.for([
    { types: 'scores', exit: 0, sends: true },
    { types: 'yes', exit: 5, sends: false },
    { types: '', exit: 5, sends: false },
  ])('promote on a terminal wants the endpoint typed: $types', async ({ types, exit, sends }) => {
    const ran = await runWith(replies, {
      argv: ['rollout', 'promote', 'r-1', '--reason', 'now'],
      parts: { isTty: true, stdin: Readable.from(types === '' ? [] : [`${types}\n`]) },
    });
    expect(ran.exit).toBe(exit);
    expect(ran.stderr).toContain('sends all traffic to churn@2');
    expect(ran.admin.asked.some(({ id }) => id === 'rollout.command')).toBe(sends);
  });

  test('promote with --yes asks nobody', async () => {
    const ran = await runWith(replies, {
      argv: ['rollout', 'promote', 'r-1', '--reason', 'now', '--yes'],
      parts: { isTty: true },
    });
    expect(ran.exit).toBe(0);
  });

  test('rollback --wait succeeds when it is reverted', async () => {
    const { exit } = await runWith(
      {
        'rollout.read': () => rollout({ phase: 'reverted', cause: causeBy('person') }),
        'rollout.command': () => rollout({ phase: 'reverting' }),
        'events.stream': () => [event(1, 'reverted', 3)],
      },
      { argv: ['rollout', 'rollback', 'r-1', '--reason', 'odd', '--wait'] },
    );
    expect(exit).toBe(0);
  });
});

test('rollout show does not say again what stands in the table of verdicts', async () => {
  const [verdict] = rollout().verdicts;
  if (verdict === undefined) throw new Error('the sample has no verdict');
  const doing = `${verdict.check}: ${verdict.sentence}`;
  const { stdout } = await runWith(
    { 'rollout.read': () => rollout({ doing }) },
    { argv: ['rollout', 'show', 'r-1'] },
  );
  expect(stdout.split(verdict.sentence)).toHaveLength(2);
  expect(stdout).toMatch(/^next step in about 1 min 30 s if it is healthy$/m);
});

test('rollout show has the verdicts with their evidence', async () => {
  const { stdout } = await runWith(
    { 'rollout.read': () => rollout() },
    { argv: ['rollout', 'show', 'r-1'] },
  );
  expect(stdout).toContain('step 2/4');
  expect(stdout).toContain('25% of the traffic');
  expect(stdout).toContain('1.00 [0.40, ∞]');
  expect(stdout).toContain('████░░░░ 50%');
});

test('rollout list is a table', async () => {
  const { stdout, admin } = await runWith(
    { 'rollout.list': () => [rollout()] },
    { argv: ['rollout', 'list', '--active', '--endpoint', 'scores'] },
  );
  expect(stdout).toMatch(/r-1 +scores +churn@1 +churn@2 +advancing +2\/4 +25%/);
  expect(admin.asked[0]?.query).toEqual({ active: 'true', endpoint: 'scores', limit: 20 });
});
