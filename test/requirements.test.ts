import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rowsUnder } from './docs/page.ts';

// docs/requirements.md says what is met and which tests show it: the files exist and know the id.

const root = join(import.meta.dirname, '..');
const page = 'docs/requirements.md';
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const rows = rowsUnder(read(page), 'id').map(([id = '', , is = '', shown = '']) => ({
  id,
  is,
  files: [...shown.matchAll(/\]\(([^()]+)\)/g)].map(([, link = '']) => join(dirname(page), link)),
}));

const numbered = (letter: string, last: number): readonly string[] =>
  Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);

test('every requirement has its row', () => {
  const all = [...numbered('S', 9), ...numbered('R', 9), ...numbered('G', 7), ...numbered('M', 4)];
  expect(rows.map(({ id }) => id)).toEqual(all);
});

describe.for(rows)('$id', ({ id, is, files }) => {
  test('is met, met in part and says what is missing, or not met', () => {
    expect(is).toMatch(/^(?:met|not met|in part: .+)$/);
    expect(files.length > 0).toBe(is !== 'not met');
  });

  test.for(files)('is known to %s', (file) => {
    expect(file).toMatch(/\.test\.ts$/);
    expect(existsSync(join(root, file))).toBe(true);
    expect(new RegExp(`\\b${id}\\b`).test(read(file))).toBe(true);
  });
});

test('an id that the code quotes is explained', () => {
  const known = new Set(rows.map(({ id }) => id));
  const quoted = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      [...read(join('src', name)).matchAll(/\(([SRGM]\d)[,)]/g)].map(([, id = '']) => id),
    );
  expect(quoted.filter((id) => !known.has(id))).toEqual([]);
});
