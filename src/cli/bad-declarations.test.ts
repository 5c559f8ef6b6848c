import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';

const head = 'endpoint: scores\ncandidate: churn@2\n';
const usual = `${head}triggers: default\n`;

/** The two ways to have a declaration looked at without starting anything. */
const ways = [
  { way: 'plan', argv: ['plan', '-f', '-', '--traffic', '1rps', '--rollouts', '1'] },
  { way: 'rollout start --dry-run', argv: ['rollout', 'start', '-f', '-', '--dry-run'] },
] as const;

/** What is wrong, where it is said to be, and what the sentence says would be right. */
const bad = [
  {
    what: 'an unknown metric',
    text: `${head}triggers: [{metric: eror_rate}]\n`,
    path: 'triggers[0].metric',
    mend: 'known metrics: error_rate,',
  },
  {
    what: 'an unknown trigger',
    text: `${head}triggers: [eror_rate]\n`,
    path: 'triggers[0]',
    mend: 'known triggers: default,',
  },
  {
    what: 'a margin below 1',
    text: `${usual}strategy: {stages: [{share: 5%, margin: 0.5}, 100%]}\n`,
    path: 'strategy.stages[0].margin',
    mend: 'a margin is above 1',
  },
  {
    what: 'α = 0',
    text: `${usual}risk: {wrongRevert: 0%}\n`,
    path: 'risk.wrongRevert',
    mend: 'above 0 and at most 50 %',
  },
  {
    what: 'α = 0 of promotion',
    text: `${usual}risk: {wrongPromote: 0%}\n`,
    path: 'risk.wrongPromote',
    mend: 'above 0 and at most 50 %',
  },
  {
    what: 'falling stages',
    text: `${usual}strategy: {stages: [25%, 5%, 100%]}\n`,
    path: 'strategy.stages[1]',
    mend: 'shares must rise',
  },
  {
    what: 'overlapping stages',
    text: `${usual}strategy: {stages: [5%, 5%, 100%]}\n`,
    path: 'strategy.stages[1]',
    mend: 'shares must rise',
  },
  {
    what: 'overlapping phases',
    text:
      `${usual}strategy: {kind: phased, phases: ` +
      '[{name: a, share: 50%}, {name: b, share: 20%}, {name: c, share: 100%}]}\n',
    path: 'strategy.phases[1].share',
    mend: 'the order is broken',
  },
  {
    what: 'a negative tolerance',
    text: `${head}triggers: [{metric: error_rate, tolerance: -1%}]\n`,
    path: 'triggers[0].tolerance',
    mend: 'write a percentage like 1%',
  },
  {
    what: 'a tolerance above its limit',
    text: `${head}triggers: [{metric: null_rate, tolerance: 5%, limit: 1%}]\n`,
    path: 'triggers[0].tolerance',
    mend: 'cannot be above the limit',
  },
  {
    what: 'a misspelt key',
    text: `${usual}horizonn: 2h\n`,
    path: 'horizonn',
    mend: 'known here: endpoint,',
  },
  {
    what: 'a misspelt key of a trigger',
    text: `${head}triggers: [{metric: error_rate, tolerence: 1%}]\n`,
    path: 'triggers[0].tolerence',
    mend: 'known here: metric,',
  },
  {
    what: 'a misspelt key of a strategy',
    text: `${usual}strategy: {stages: [5%, 100%], leest: 1m}\n`,
    path: 'strategy.leest',
    mend: 'known here: kind,',
  },
  {
    what: 'a misspelt key of a stage',
    text: `${usual}strategy: {stages: [{share: 5%, marjin: 3}, 100%]}\n`,
    path: 'strategy.stages[0].marjin',
    mend: 'known here: share,',
  },
  {
    what: 'another word for what to do while it is busy',
    text: `${usual}onBusy: wait\n`,
    path: 'onBusy',
    mend: 'refuse, queue or supersede',
  },
  {
    what: 'a slice of more than all users',
    text: `${usual}slice: 120%\n`,
    path: 'slice',
    mend: '100',
  },
  {
    what: 'a slice of hardly anybody',
    text:
      `${usual}slice: 0.5%\n` +
      'strategy: {kind: ab-test, primary: {name: sales, expected: 10%, mde: 1%}}\n',
    path: 'slice',
    mend: 'a slice has 1 % to 100 % of the units',
  },
  {
    what: 'a slice of a canary',
    text: `${usual}slice: 20%\n`,
    path: 'slice',
    mend: 'only ab-test goes on beside others, not canary',
  },
  {
    what: 'a bare number for a rate',
    text: `${usual}risk: {wrongRevert: 0.01}\n`,
    path: 'risk.wrongRevert',
    mend: 'write a percentage like 1%',
  },
] as const;

describe.for(ways)('$way refuses', ({ argv }) => {
  test.for(bad)('$what', async ({ text, path, mend }) => {
    const stdin = Readable.from([text]);
    const { exit, stdout, stderr } = await run([...argv, '--json'], { stdin });
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    const { code, error, ...said } = JSON.parse(stderr) as Record<string, string>;
    expect({ code, path: said['path'] }).toEqual({ code: 'ROLLOUT_SPEC_INVALID', path });
    expect(error).toContain(mend);
    expect(said['fix']).toMatch(/^Correct the field named by `path`/);
  });

  test.for([
    { what: 'no triggers', text: head },
    { what: 'no hard trigger', text: `${head}triggers: [{metric: error_rate, onFail: soft}]\n` },
  ])('$what', async ({ text }) => {
    const { exit, stderr } = await run([...argv, '--json'], { stdin: Readable.from([text]) });
    expect(exit).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'ROLLOUT_NO_TRIGGER', path: 'triggers' });
  });
});

test('a misspelt key is shown with its line', async () => {
  const stdin = Readable.from([`${usual}\nhorizonn: 2h\n`]);
  const { stderr } = await run(['rollout', 'start', '-f', '-', '--dry-run'], { stdin });
  expect(stderr).toContain('stdin:5: unknown: horizonn');
});
