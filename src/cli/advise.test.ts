import { Readable } from 'node:stream';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';
import { rolloutSpecSchema } from '../protocol/admin/rollout-spec.ts';

const flags: Readonly<Record<string, string>> = {
  '--risk': 'low',
  '--traffic': '50rps',
  '--monitoring': 'metrics,labels',
  '--label-delay': '2d',
  '--change': 'model',
  '--budget': 'double',
  '--reversible': 'no',
};

const argvOf = (given: Readonly<Record<string, string>>): readonly string[] => [
  'advise',
  ...Object.entries(given).flat(),
];

const without = (...names: readonly string[]): readonly string[] =>
  argvOf(Object.fromEntries(Object.entries(flags).filter(([name]) => !names.includes(name))));

type Advice = {
  readonly proposed: string;
  readonly yaml: string;
  readonly ranking: readonly { readonly strategy: string; readonly reasons: readonly unknown[] }[];
};

// S9: the advice as a command.
test('flags are enough: a ranking, reasons and a declaration', async () => {
  const ran = await run(argvOf({ ...flags, '--endpoint': 'churn', '--candidate': 'churn@7' }));
  expect(ran.exit).toBe(0);
  expect(ran.stdout).toMatch(/1 +shadow +fits +\+\d+ +low +high +high/);
  expect(ran.stdout).toContain('What is done cannot be undone, and here nothing is done.');
  expect(ran.stdout).toContain('endpoint: churn\ncandidate: churn@7\nstrategy:\n  kind: shadow');
});

test('as JSON, with a declaration that can be started', async () => {
  const advice = (await run([...argvOf(flags), '--json'])).json() as Advice;
  expect(advice.ranking).toHaveLength(8);
  expect(advice.ranking.every(({ reasons }) => reasons.length > 0)).toBe(true);
  expect(rolloutSpecSchema.parse(parse(advice.yaml)).spec.strategy.kind).toBe(advice.proposed);
});

test('the best is proposed, also where it is an experiment', async () => {
  const argv = argvOf({ ...flags, '--goal': 'compare', '--risk': 'medium', '--reversible': 'yes' });
  const advice = (await run([...argv, '--json'])).json() as Advice;
  expect([advice.ranking[0]?.strategy, advice.proposed]).toEqual(['ab-test', 'ab-test']);
  expect(rolloutSpecSchema.parse(parse(advice.yaml)).spec.strategy.kind).toBe('ab-test');
});

describe('on a terminal', () => {
  const typed = (...lines: readonly string[]) => ({
    isTty: true,
    stdin: Readable.from([lines.map((line) => `${line}\n`).join('')]),
  });

  test('what no flag says is asked, until it is understood', async () => {
    const answers = ['', 'low', '50', '50rps', 'metrics', 'retrain', 'single', 'yes'];
    const ran = await run(['advise'], typed(...answers));
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toContain('How much may go wrong for users before it is noticed?');
    expect(ran.stderr).toContain('write a rate like 50rps, not 50');
    expect(ran.stderr).not.toContain('How long do labels');
    expect(ran.stdout).toContain('preset: cautious');
  });

  test('only what is missing is asked', async () => {
    const ran = await run([...without('--label-delay', '--risk')], typed('release', 'low', '2d'));
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toContain('How long do labels or business metrics take to come?');
    expect(ran.stderr).not.toContain('What has changed?');
  });

  test('an end of input is no answer', async () => {
    const ran = await run(['advise'], typed('release', 'low'));
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain('nobody answers; give the answers as flags');
  });
});

test.for([
  { argv: without('--risk'), says: '--risk is not said (low, medium, high)' },
  { argv: without('--label-delay'), says: 'say how long labels or business metrics take' },
  { argv: argvOf({ ...flags, '--traffic': 'much' }), says: 'write a rate like 50rps' },
  { argv: argvOf({ ...flags, '--endpoint': 'Not A Name' }), says: 'endpoint' },
])('$says', async ({ argv, says }) => {
  const ran = await run(argv);
  expect(ran.exit).toBe(2);
  expect(ran.stderr).toContain(says);
});
