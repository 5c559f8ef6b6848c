import { describe, expect, onTestFinished, test } from 'vitest';
import { answerJson, startAnsweringServer } from '../../test/http/answering-server.ts';
import { run } from '../../test/cli/run.ts';
import { fileWith, tell } from '../../test/cli/tell.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';

const at = '2026-11-21T09:54:32.000Z';
const body: CallAnswer<'feedback.read'> = {
  endpoint: 'scores',
  from: at,
  asOf: at,
  metrics: [
    {
      metric: 'label',
      declared: true,
      maturityMs: 3_600_000,
      positive: '1',
      versions: [
        {
          version: 2,
          events: 12_345,
          provisionalEvents: 67,
          predictions: 24_690,
          arrivalRate: 0.5,
          state: 'mature',
          measures: [
            { name: 'accuracy', value: 0.93211, lower: 0.9274, upper: 0.9366, n: 12_345 },
            { name: 'brier', value: 0.0512, lower: null, upper: null, n: 12_345 },
          ],
          course: [],
        },
        {
          version: 0,
          events: 0,
          provisionalEvents: 3,
          predictions: null,
          arrivalRate: null,
          state: 'provisional',
          measures: [],
          course: [],
        },
      ],
    },
  ],
  rollout: {
    id: 'r-1',
    metrics: [
      {
        metric: 'sales',
        arms: [
          {
            arm: 'baseline',
            version: 1,
            units: 1_000,
            answered: 200,
            provisionalUnits: 10,
            mean: 2.5,
            arrival: null,
          },
          {
            arm: 'candidate',
            version: 2,
            units: 100,
            answered: 10,
            provisionalUnits: 1,
            mean: null,
            arrival: { ratio: 0.5, lower: 0.2, upper: 0.9, different: true },
          },
        ],
      },
    ],
  },
  beside: [
    {
      id: 'r-2',
      metrics: [
        {
          metric: 'sales',
          arms: [
            {
              arm: 'baseline',
              version: 1,
              units: 50,
              answered: 5,
              provisionalUnits: 0,
              mean: 1,
              arrival: null,
            },
          ],
        },
      ],
    },
  ],
};

describe('feedback show', () => {
  test('says each figure with its interval, and what is not complete yet', async () => {
    const argv = ['feedback', 'show', 'scores', '--last', '30d', '--version', '2'];
    const { exit, stdout, admin } = await tell(argv, { 'feedback.read': () => body });
    expect(exit).toBe(0);
    expect(admin.asked[0]?.query).toEqual({ lastMs: 2_592_000_000, version: 2 });
    expect(stdout).toContain('label, complete after 1 h');
    const figures = /2 +12,345 +50\.00% +67 +mature +accuracy +0\.9321 +0\.9274 to 0\.9366 +12,345/;
    expect(stdout).toMatch(figures);
    expect(stdout).toMatch(/brier +0\.0512 +– +12,345/);
    expect(stdout).toMatch(/\? +0 +– +3 +provisional +–/);
    expect(stdout).toMatch(/candidate +2 +100 +10 +1 +– +0\.5 × the baseline’s \(0\.2 to 0\.9\)/);
    expect(stdout.match(/sales by units of r-\d/g)).toEqual([
      'sales by units of r-1',
      'sales by units of r-2',
    ]);
  });

  test('says how good each version was step by step', async () => {
    const step = (start: string, value: number, state: 'mature' | 'provisional') => ({
      start,
      events: 40,
      state,
      measures: [{ name: 'accuracy' as const, value, lower: 0.5, upper: 0.75, n: 40 }],
    });
    const course = [
      step('2026-11-20T00:00:00.000Z', 0.7, 'mature'),
      step('2026-11-21T00:00:00.000Z', 0.6, 'provisional'),
    ];
    const metrics = body.metrics.map((metric) => ({
      ...metric,
      versions: metric.versions.slice(0, 1).map((version) => ({ ...version, course })),
    }));
    const argv = ['feedback', 'show', 'scores', '--each', '1d'];
    const { stdout, admin } = await tell(argv, { 'feedback.read': () => ({ ...body, metrics }) });
    expect(admin.asked[0]?.query).toEqual({ lastMs: 604_800_000, stepMs: 86_400_000 });
    expect(stdout).toMatch(/2026-11-20 00:00:00 +2 +40 +mature +accuracy +0\.7 +0\.5 to 0\.75/);
    expect(stdout).toMatch(/2026-11-21 00:00:00 +2 +40 +provisional +accuracy +0\.6/);
  });

  test('is as JSON what the API said', async () => {
    const { stdout } = await tell(['feedback', 'show', 'scores', '--json'], {
      'feedback.read': () => body,
    });
    expect(JSON.parse(stdout)).toEqual(body);
  });

  test('says when nothing has come', async () => {
    const { stdout } = await tell(['feedback', 'show', 'scores'], {
      'feedback.read': () => ({ ...body, metrics: [] }),
    });
    expect(stdout).toBe('nothing has come back about scores\n');
  });
});

describe('feedback send', () => {
  type Asked = { readonly target: string; readonly lines: number };

  async function gateway(answers: readonly object[]): Promise<{ url: string; asked: Asked[] }> {
    const asked: Asked[] = [];
    const server = await startAnsweringServer((request, response) => {
      asked.push({ target: request.target, lines: request.body.split('\n').length });
      answerJson(response, 200, answers[asked.length - 1] ?? {});
    });
    onTestFinished(server.close);
    return { url: server.url, asked };
  }
  const fileOf = (lines: number): string =>
    fileWith('labels.ndjson', '{"prediction_id":"p2.x","label":1}\n'.repeat(lines));
  const stored = { state: 'stored', taken: 10_000, refused: 0, errors: [] };

  test('goes in parts, and names bad lines by their place in the file', async () => {
    const error = { line: 7, code: 'PREDICTION_ID_FORGED', error: 'not signed here', path: null };
    const rest = { state: 'accepted', taken: 2_499, refused: 1, errors: [error] };
    const { url, asked } = await gateway([stored, rest]);
    const { exit, stdout } = await run(['feedback', 'send', fileOf(12_500), '--gateway', url]);
    expect(asked.map(({ target }) => target)).toEqual(['/v1/feedback', '/v1/feedback']);
    expect(asked.map(({ lines }) => lines)).toEqual([10_000, 2_501]);
    expect(exit).toBe(5);
    expect(stdout).toContain('12,499 taken; 2,499 wait for control, 1 refused');
    expect(stdout).toMatch(/10007 +PREDICTION_ID_FORGED +not signed here/);
  });

  test('of good lines is short', async () => {
    const { url } = await gateway([{ ...stored, taken: 3 }]);
    const { exit, stdout } = await run(['feedback', 'send', fileOf(3), '--gateway', url]);
    expect([exit, stdout]).toEqual([0, '3 stored\n']);
  });

  test.for([
    { what: 'no file', argv: ['feedback', 'send'], exit: 2 },
    { what: 'a file that is not there', argv: ['feedback', 'send', '/nonexistent'], exit: 2 },
  ])('$what ends with $exit', async ({ argv, exit }) => {
    expect((await run(argv)).exit).toBe(exit);
  });
});

describe('feedback declare', () => {
  const declared = {
    endpoint: 'scores',
    metric: 'label',
    maturityMs: 2_592_000_000,
    positive: 'fraud',
    declaredAt: at,
    declaredBy: 'ada',
  };

  test.for([
    {
      argv: ['--maturity', '30d', '--positive', 'fraud'],
      body: { maturityMs: 2_592_000_000, positive: 'fraud' },
    },
    { argv: ['--maturity', '0s'], body: { maturityMs: 0, positive: null } },
  ])('$argv', async ({ argv, body: wanted }) => {
    const { exit, stdout, admin } = await tell(
      ['feedback', 'declare', 'scores', 'label', ...argv],
      { 'feedback.declare': () => declared },
    );
    expect([exit, stdout]).toEqual([0, 'label of scores is complete after 30 d\n']);
    expect(admin.asked[0]?.body).toEqual(wanted);
  });

  test.for([
    { what: 'no maturity', argv: ['feedback', 'declare', 'scores', 'label'] },
    { what: 'no metric', argv: ['feedback', 'declare', 'scores', '--maturity', '1d'] },
    {
      what: 'a maturity that is none',
      argv: ['feedback', 'declare', 'scores', 'label', '--maturity', 'soon'],
    },
    { what: 'no endpoint', argv: ['feedback', 'show'] },
    { what: 'a version that is none', argv: ['feedback', 'show', 'scores', '--version', 'x'] },
    { what: 'a time that is none', argv: ['feedback', 'show', 'scores', '--last', 'week'] },
  ])('$what is a mistake of usage', async ({ argv }) => {
    const { exit, admin } = await tell(argv, {});
    expect(exit).toBe(2);
    expect(admin.asked).toEqual([]);
  });
});
