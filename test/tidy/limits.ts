import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isCode } from './source.ts';
import type { Rule } from './source.ts';

const root = join(import.meta.dirname, '../..');
const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');

type Finding = {
  readonly message: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
};

/**
 * Functions of at most 60 lines and three parameters, three levels deep. The linter measures them,
 * because only a parser sees where a function ends; the numbers are in `limits.json`.
 */
export const functionLimits: Rule = (files) => {
  const folder = mkdtempSync(join(tmpdir(), 'tidy-'));
  try {
    // A copy, so that a sample is measured exactly as the project is.
    for (const { path, text } of files.filter((file) => isCode(file))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return lint(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

function lint(folder: string): readonly string[] {
  const config = join(import.meta.dirname, 'limits.json');
  const args = [oxlint, '-c', config, '--format', 'json', '--no-ignore', '.'];
  const done = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (done.error !== undefined) throw done.error;
  const { diagnostics } = JSON.parse(done.stdout) as { readonly diagnostics: readonly Finding[] };
  return diagnostics.map(
    ({ filename, labels, message }) => `${filename}:${labels[0]?.span.line ?? 0}: ${message}`,
  );
}
