import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';

const bash = (script: string, line: readonly string[]): readonly string[] => {
  const words = line.map((word) => `'${word}'`).join(' ');
  const asked = `${script}\nCOMP_WORDS=(${words})\nCOMP_CWORD=${line.length - 1}\n_understudy\n`;
  const said = execFileSync('bash', ['-c', `${asked}printf '%s\\n' "\${COMPREPLY[@]}"`]);
  return said.toString().trim().split('\n');
};

describe('bash', () => {
  test('the script is sound', async () => {
    const { stdout } = await run(['completion', 'bash']);
    const { status, stderr } = spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test.for([
    { line: ['understudy', 'roll'], has: ['rollout', 'rollback'], hasNot: ['status'] },
    { line: ['understudy', 'rollout', 'p'], has: ['pause', 'promote'], hasNot: ['start'] },
    { line: ['understudy', 'rollout', 'start', '--can'], has: ['--candidate'], hasNot: [] },
    { line: ['understudy', '--data', 'rollout', 'mod'], has: ['model'], hasNot: [] },
    { line: ['understudy', 'model', 'push', 'f.onnx', '--js'], has: ['--json'], hasNot: [] },
  ])('$line', async ({ line, has, hasNot }) => {
    const { stdout } = await run(['completion', 'bash']);
    const words = bash(stdout, line);
    expect(words).toEqual(expect.arrayContaining(has));
    for (const word of hasNot) expect(words).not.toContain(word);
  });
});

test.for(['zsh', 'fish'])('%s has every command', async (shell) => {
  const { exit, stdout } = await run(['completion', shell]);
  expect(exit).toBe(0);
  for (const word of ['rollout', 'promote', 'endpoint', 'doctor']) expect(stdout).toContain(word);
  const path = join(mkdtempSync(join(tmpdir(), 'understudy-cli-')), 'script');
  writeFileSync(path, stdout);
  const interpreter = spawnSync(shell, ['-n', path], { encoding: 'utf8' });
  // Few machines have all three shells: one that is not here has no status.
  expect(interpreter.error === undefined ? interpreter.status : 0).toBe(0);
});

test('another shell is refused', async () => {
  const { exit, stderr } = await run(['completion', 'tcsh']);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('bash, zsh, fish')]);
});
