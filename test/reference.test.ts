import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildProgram, everyCommand } from '../src/cli/program.ts';
import { faults } from '../src/protocol/errors.ts';
import { referencePages } from '../tools/gen/pages.ts';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
};

describe('the reference is current; `npm run gen` makes it so', () => {
  const pages = Object.entries(referencePages(version)).map(([path, text]) => ({ path, text }));

  test.for(pages)('$path', ({ path, text }) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  test('every fault is on its page', () => {
    const page = pages.find(({ path }) => path.endsWith('errors.md'))?.text ?? '';
    expect(Object.keys(faults).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });
});

test('a command that a fault recommends exists', () => {
  const program = buildProgram({ does: () => async () => undefined });
  const known = everyCommand(program).map((command) => {
    const words: string[] = [];
    for (let at = command; at.parent !== null; at = at.parent) words.unshift(at.name());
    return words.join(' ');
  });
  const wrong = Object.entries(faults).flatMap(([code, { fix }]) =>
    [...fix.matchAll(/`understudy ([a-z ]+)/g)]
      .map(([, words = '']) => words.trim())
      .filter((words) => words !== 'help' && !known.includes(words))
      .map((words) => `${code}: understudy ${words}`),
  );
  expect(wrong).toEqual([]);
});
