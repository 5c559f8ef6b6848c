import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { examples } from '../../examples/strategies/examples.ts';
import { rolloutSpecSchema } from '../../src/protocol/admin/rollout-spec.ts';

const folder = new URL('../../examples/strategies/', import.meta.url);
const run = promisify(execFile);

type Told = {
  readonly rollouts: readonly { readonly strategy: string; readonly outcome: string }[];
  readonly requests: number;
  readonly failedClientRequests: number;
};

/** A contest goes on when its challenger has become the champion. */
const endOfGood = (kind: string): string =>
  kind === 'champion-challenger' ? 'swapped' : 'promoted';

// Rows S1 to S8 of docs/requirements.md (S1, S2, S3, S4, S5, S6, S7, S8), by real processes.
describe.for(examples)('the example $name', ({ name, kind = name }) => {
  const text = readFileSync(new URL(`${name}.yaml`, folder), 'utf8');

  test('declares what it is called', () => {
    expect(rolloutSpecSchema.parse(parse(text)).spec.strategy.kind).toBe(kind);
  });

  test('puts the good version into production and takes the bad one out, unnoticed', async () => {
    const program = fileURLToPath(new URL('main.ts', folder));
    const { stdout } = await run(process.execPath, [program, name, '--json']);
    const told = JSON.parse(stdout) as Told;
    expect(told.rollouts.map(({ outcome }) => outcome)).toEqual([endOfGood(kind), 'reverted']);
    expect(told.failedClientRequests).toBe(0);
    expect(told.requests).toBeGreaterThan(1_000);
  });
});

test('every example is in the table of examples', () => {
  const readme = readFileSync(new URL('../README.md', folder), 'utf8');
  for (const { name } of examples) expect(readme).toContain(`npm run example -- ${name}`);
});
