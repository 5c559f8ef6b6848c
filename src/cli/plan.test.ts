import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';
import type { Plan } from '../core/plan/plan.ts';

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

  test.for([
    { text: yaml, flags: ['--traffic', 'much'], code: 'INPUT_INVALID', path: 'traffic' },
    {
      text: yaml,
      flags: ['--traffic', '1rps', '--baseline-error', '0.005'],
      code: 'INPUT_INVALID',
      path: 'baseline-error',
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
      path: '',
    },
  ])('refuses $flags with $text', async ({ text, flags, code, path }) => {
    const { exit, stderr } = await ask(text, ...flags, '--json');
    expect(exit).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ code, path });
  });
});
