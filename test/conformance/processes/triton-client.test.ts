import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOnnxTarget, type Target } from '../target.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../triton_client.py', import.meta.url));

/** A Python that has the packages of requirements.txt; `tools/peers.sh` makes one. */
const python = process.env['PEERS_PYTHON'] ?? '';
const isRequired = process.env['REQUIRE_PEERS'] === '1';

let target: Target | null = null;
beforeAll(async () => {
  target = await startOnnxTarget();
});
afterAll(() => target?.close());

test('the Triton client for Python finds nothing amiss', async () => {
  if (python === '') {
    const what = 'PEERS_PYTHON names no Python with tritonclient: the Triton client was NOT run';
    process.stderr.write(`\n*** ${what} ***\n\n`);
    expect(isRequired, what).toBe(false);
    return;
  }
  const { stdout } = await run(python, [program, target?.url ?? '']);
  expect(stdout.trim().split('\n').length).toBeGreaterThan(10);
  expect(stdout).not.toMatch(/FAIL/i);
});
