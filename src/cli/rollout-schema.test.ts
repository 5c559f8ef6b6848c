import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';

const page = new URL('../../docs/reference/rollout.schema.json', import.meta.url);

test('what is printed is what the reference has, and needs no server', async () => {
  const { exit, stdout } = await run(['rollout', 'schema']);
  expect(exit).toBe(0);
  expect(stdout).toBe(readFileSync(page, 'utf8'));
});

test('as JSON it is one line', async () => {
  const { stdout, json } = await run(['rollout', 'schema', '--json']);
  expect(stdout.trim()).not.toContain('\n');
  expect(json()).toEqual(JSON.parse(readFileSync(page, 'utf8')));
});
