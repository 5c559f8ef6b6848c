import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { startAdminServer } from '../../test/http/admin-server.ts';
import { run } from '../../test/cli/run.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { TrafficBody } from '../protocol/admin/endpoint.ts';

type Planned = Plan & { readonly proposed: string | null };

const yaml = 'endpoint: scores\ncandidate: churn@2\ntriggers: default\n';

const ask = (text: string, ...flags: readonly string[]) =>
  run(['plan', '-f', '-', '--rollouts', '2', ...flags], { stdin: Readable.from([text]) });

describe('plan', { timeout: 120_000 }, () => {
  test('writes one JSON object', async () => {
    const { exit, json, stderr } = await ask(yaml, '--traffic', '50rps', '--json');
    expect(stderr).toBe('');
    expect(exit).toBe(0);
    const planned = json() as Plan;
    expect(planned).toMatchObject({ rollouts: 2, unitsPerSecond: 50, seed: '1' });
    expect(planned.scenarios.map(({ name }) => name)).toContain('errors x20');
  });

  test('tells people what is caught, how long it takes and what cannot work', async () => {
    const { stdout } = await ask(yaml, '--traffic', '60/h', '--seed', 'x');
    expect(stdout).toContain('false rollback');
    expect(stdout).toMatch(/SCENARIO +BY THE SPEC/);
    expect(stdout).toMatch(/warning: strategy\.stages\[0\]: Stage 1 would take \d+ d/);
  });

  test('proposes a declaration that parses, and whose own plan is better', async () => {
    const calm = `${yaml}horizon: 1d\n`;
    const first = (await ask(calm, '--traffic', '0.2rps', '--json')).json() as Planned;
    expect(first.advice.length).toBeGreaterThan(0);
    const better = `${yaml}${first.proposed}`;
    const second = (await ask(better, '--traffic', '0.2rps', '--json')).json() as Planned;
    expect(second.advice).toEqual([]);
    expect(second.proposed).toBeNull();
    const { stdout } = await ask(calm, '--traffic', '0.2rps');
    expect(stdout).toContain(first.proposed?.trimEnd());
  });

  test.for([
    { strategy: '{kind: shadow, sample: 1%, cutOver: manual}', rps: '0.5rps' },
    { strategy: '{kind: blue-green, prove: {sample: 1%}, keepWarm: 1h}', rps: '0.5rps' },
    { strategy: '{kind: phased, phases: [{name: few, share: 5%}, {name: all}]}', rps: '0.2rps' },
    {
      strategy:
        '{kind: ab-test, primary: {name: reward, kind: proportion, expected: 10%, mde: 1%}}',
      rps: '0.005rps',
    },
  ])('proposes what would do in place of $strategy', async ({ strategy, rps }) => {
    const flags = ['--traffic', rps, '--json'];
    const text = `${yaml}horizon: 1d\nstrategy: ${strategy}\n`;
    const first = (await ask(text, ...flags)).json() as Planned;
    expect(first.advice).toHaveLength(1);
    const second = (await ask(`${yaml}${first.proposed}`, ...flags)).json() as Planned;
    expect(second.advice).toEqual([]);
    expect(second.proposed).toBeNull();
    // What is not proposed otherwise stays as its author wrote it.
    for (const kept of ['cutOver: manual', 'keepWarm: 1h', 'expected: 10%']) {
      expect(first.proposed?.includes(kept)).toBe(strategy.includes(kept));
    }
  });

  test.for([
    {
      strategy: '{kind: champion-challenger, metric: {name: label, kind: proportion}, split: [1%]}',
      says: /^A window of 28 d has 241 units of a challenger; it takes 1,000 to compare\.$/,
    },
    {
      strategy: '{kind: bandit, reward: {name: reward, kind: proportion}, burnIn: {units: 9000}}',
      says: /^The shares do not move before \d+ d.*: each arm needs 9,000 units first\.$/,
    },
  ])('says what $strategy waits for', async ({ strategy, says }) => {
    const text = `${yaml}strategy: ${strategy}\n`;
    const planned = (await ask(text, '--traffic', '0.01rps', '--json')).json() as Planned;
    expect(planned.advice).toHaveLength(1);
    expect(planned.advice[0]?.sentence).toMatch(says);
  });

  test('plays feedback as it is expected, and as late as it comes', async () => {
    const text = 'endpoint: scores\ncandidate: churn@2\ntriggers: [default, accuracy]\n';
    const flags = ['--traffic', '20rps', '--expect', 'label=80%', '--label-delay', '10m'];
    const { stdout } = await ask(text, ...flags);
    expect(stdout).toMatch(/feedback +label 80\.00%; complete after 10 min/);
    expect(stdout).toMatch(/feedback 20 % worse +bad/);
    expect(stdout).not.toContain('not judged');
  });

  test.for([
    { strategy: '{kind: shadow, sample: 50%}', stages: [0] },
    { strategy: '{kind: gradual, watch: 10m}', stages: [10_000] },
    { strategy: '{kind: blue-green, keepWarm: 10m}', stages: [0, 10_000] },
    { strategy: '{kind: canary, stages: [5%, 100%], advance: manual}', stages: [500, 10_000] },
  ])('plans $strategy', async ({ strategy, stages }) => {
    const text = `${yaml}strategy: ${strategy}\n`;
    const planned = (await ask(text, '--traffic', '50rps', '--json')).json() as Planned;
    expect(planned.stages.map(({ share }) => share)).toEqual(stages);
    expect(planned.healthyMs?.median).toBeGreaterThan(0);
  });

  test.for([
    { text: yaml, flags: ['--traffic', 'much'], code: 'INPUT_INVALID', path: 'traffic' },
    {
      text: yaml,
      flags: ['--traffic', '1rps', '--baseline-error', '0.005'],
      code: 'INPUT_INVALID',
      path: 'baseline-error',
    },
    { text: yaml, flags: [], code: 'INPUT_INVALID', path: 'traffic' },
    {
      text: `${yaml}strategy: shadow\n`,
      flags: ['--traffic', '1rps', '--expect', 'label=92%'],
      code: 'INPUT_INVALID',
      path: 'expect',
    },
    {
      text: `${yaml}strategy: shadow\n`,
      flags: ['--traffic', '1rps', '--expect', 'much'],
      code: 'INPUT_INVALID',
      path: 'expect',
    },
    {
      text: `${yaml}strategy: {stages: [{share: 5%, margin: 0.5}, 100%]}\n`,
      flags: ['--traffic', '1rps'],
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'strategy.stages[0].margin',
    },
    {
      text: `${yaml}horizonn: 2h\n`,
      flags: ['--traffic', '1rps'],
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'horizonn',
    },
  ])('refuses $flags with $text', async ({ text, flags, code, path }) => {
    const { exit, stderr } = await ask(text, ...flags, '--json');
    expect(exit).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ code, path });
  });
});

describe('plan from what an endpoint was asked', { timeout: 120_000 }, () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
  });

  const dayShape = Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 0.5 : 1.5));
  const seen: TrafficBody = {
    endpoint: 'scores',
    version: 1,
    coveredMs: 86_400_000,
    units: 4_320_000,
    unitsPerSecond: 50,
    requests: 5_000_000,
    bucketMs: 10_000,
    unitsPerBucket: 500,
    dayShape,
    errorRate: 0.01,
    nullRate: 0.001,
    latencyMs: { p50: 10, p90: 20, p99: 60 },
  };

  async function askOf(said: TrafficBody, ...flags: readonly string[]) {
    const server = await startAdminServer({
      'endpoint.traffic': ({ params, query }) => {
        expect(params).toEqual({ endpoint: 'scores' });
        expect(query).toEqual({ lastMs: 604_800_000 });
        return said;
      },
    });
    closing.push(server.close);
    const environment = { UNDERSTUDY_TOKEN: 'ust_1', UNDERSTUDY_SERVER: server.url };
    const argv = ['plan', '-f', '-', '--rollouts', '2', '--from-endpoint', 'scores', ...flags];
    return run(argv, { environment, stdin: Readable.from([yaml]) });
  }

  test('takes traffic, its hours, rates and latency', async () => {
    const { exit, stdout } = await askOf(seen);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/traffic +50 units a second, 0.50 to 1.50 times that by the hour/);
    // The 99th percentile is six times the median: ln 6 / 2.326.
    expect(stdout).toMatch(/in production +1.00% errors, 0.10% null, median 10.0 ms, spread 0.77/);
  });

  test('what is said outranks what was seen', async () => {
    const { stdout } = await askOf(seen, '--traffic', '5rps', '--baseline-error', '2%');
    expect(stdout).toMatch(/traffic +5 units a second\n/);
    expect(stdout).toMatch(/in production +2.00% errors, 0.10% null/);
  });

  test('an endpoint without a single error has half of one', async () => {
    const { stdout } = await askOf({ ...seen, units: 5_000, errorRate: 0 });
    expect(stdout).toMatch(/in production +0.01% errors/);
    expect(stdout.match(/in an incident/g)).toHaveLength(1);
  });

  test('takes what came back, and how late, where the declaration reads it', async () => {
    const version = {
      version: 1,
      events: 900,
      provisionalEvents: 0,
      predictions: 1_000,
      arrivalRate: 0.9,
      state: 'mature' as const,
      measures: [{ name: 'accuracy' as const, value: 0.83, lower: 0.8, upper: 0.86, n: 900 }],
      course: [],
    };
    const server = await startAdminServer({
      'endpoint.traffic': () => seen,
      'feedback.read': () => ({
        endpoint: 'scores',
        from: '2026-01-01T00:00:00.000Z',
        asOf: '2026-01-08T00:00:00.000Z',
        metrics: [
          {
            metric: 'label',
            declared: true,
            maturityMs: 7_200_000,
            positive: null,
            versions: [version],
          },
        ],
        rollout: null,
        beside: [],
      }),
    });
    closing.push(server.close);
    const environment = { UNDERSTUDY_TOKEN: 'ust_1', UNDERSTUDY_SERVER: server.url };
    const argv = ['plan', '-f', '-', '--rollouts', '1', '--from-endpoint', 'scores'];
    const text = 'endpoint: scores\ncandidate: churn@2\ntriggers: [default, accuracy]\n';
    const { stdout } = await run(argv, { environment, stdin: Readable.from([text]) });
    expect(stdout).toMatch(/label 83\.00%; complete after 2 h, a label of 90\.00%/);
  });

  test('says so when nothing was seen', async () => {
    const nothing = { ...seen, units: 0, unitsPerSecond: 0, errorRate: null, latencyMs: null };
    const { exit, stderr } = await askOf(nothing, '--json');
    expect(exit).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'INPUT_INVALID', path: 'traffic' });
  });
});
