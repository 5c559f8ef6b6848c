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
  const report = await drive(target?.url ?? '');
  expect(report).toMatch(isRequired ? /^ran: / : /^(ran|NOT RUN): /);
  expect(report).not.toMatch(/FAIL/i);
});

/** What the client printed; loud when there is no client. */
async function drive(url: string): Promise<string> {
  if (python === '') {
    const why =
      'NOT RUN: PEERS_PYTHON names no Python with tritonclient (tools/peers.sh makes one)';
    process.stderr.write(`\n*** Triton client ${why} ***\n\n`);
    return why;
  }
  const { stdout } = await run(python, [program, url]);
  return `ran: ${stdout}`;
}
