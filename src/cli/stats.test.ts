import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';

const call = (name: string, input: string) =>
  run(['stats', name, '--json'], { stdin: Readable.from([input]) });

describe('stats NAME', () => {
  test.for([
    {
      name: 'rate-ratio',
      input: { buckets: [[5, 150, 14, 2850]], r0: 1, horizon: 10 },
      gives: { logECumulative: 3.5660756951 },
    },
    {
      name: 'promotion',
      input: { buckets: [[5, 150, 14, 2850]], r0: 1, horizon: 10, margin: 8 },
      gives: { margin: 8 },
    },
    {
      name: 'wilson',
      input: { hits: 18, trials: 20 },
      gives: { lower: 0.6989663547715128, upper: 0.972133518786232 },
    },
  ])('$name answers with one JSON object', async ({ name, input, gives }) => {
    const { exit, stdout, stderr, json } = await call(name, JSON.stringify(input));
    expect(stderr).toBe('');
    expect(exit).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const answer = json() as Readonly<Record<string, number>>;
    for (const [key, value] of Object.entries(gives)) expect(answer[key]).toBeCloseTo(value, 9);
  });

  test.for([
    { what: 'no JSON', name: 'wilson', input: '{', code: 'FILE_INVALID', path: 'stdin' },
    { what: 'a missing key', name: 'wilson', input: '{"hits":1}', path: 'trials' },
    {
      what: 'a misspelt key',
      name: 'rate-ratio',
      input: '{"buckets":[],"horzion":3}',
      path: 'horzion',
    },
    {
      what: 'more losses than units',
      name: 'rate-ratio',
      input: '{"buckets":[[1,2,3,4],[3,2,1,1]]}',
      path: 'buckets[1]',
    },
    {
      what: 'a margin of 1',
      name: 'promotion',
      input: '{"buckets":[],"margin":1}',
      path: 'margin',
    },
    { what: 'alpha 0', name: 'wilson', input: '{"hits":1,"trials":2,"alpha":0}', path: 'alpha' },
    {
      what: 'a grid in both directions, which only the procedure itself refuses',
      name: 'rate-ratio',
      input: '{"buckets":[],"grid":[0.5,2]}',
      path: 'grid',
    },
    { what: 'an unknown name', name: 'wilsom', input: '{}', code: 'USAGE', path: 'NAME' },
    {
      what: 'a name every object has',
      name: 'constructor',
      input: '{}',
      code: 'USAGE',
      path: 'NAME',
    },
  ])('refuses $what', async ({ name, input, code = 'INPUT_INVALID', path }) => {
    const { exit, stdout, stderr } = await call(name, input);
    expect(exit).toBe(2);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ code, path, exit: 2 });
  });
});

describe('stats list', () => {
  test('gives each procedure with its schema', async () => {
    const { exit, json } = await run(['stats', 'list', '--json']);
    expect(exit).toBe(0);
    const { procedures } = json() as { procedures: readonly { name: string; input: object }[] };
    const rateRatio = procedures.find(({ name }) => name === 'rate-ratio');
    expect(rateRatio?.input).toMatchObject({
      type: 'object',
      required: ['buckets'],
      properties: { r0: { default: 1 }, form: { enum: ['poisson', 'bernoulli'] } },
    });
  });

  test('is a table for people', async () => {
    const { stdout } = await run(['stats', 'list']);
    expect(stdout).toMatch(/^NAME +WHAT IT GIVES\nrate-ratio +log E against/);
  });
});
