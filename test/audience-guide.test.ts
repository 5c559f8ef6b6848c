import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AttributeDeclaration } from '../src/core/audience/attribute.ts';
import { audienceProblems } from '../src/core/audience/check.ts';
import { AUDIENCE_CODES, problemText } from '../src/core/audience/problem.ts';
import { pageBlocks } from './docs/page.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/guides/audiences.md'), 'utf8');
const header = (name: string, type: AttributeDeclaration['type']): AttributeDeclaration => ({
  name,
  type,
  source: { kind: 'header', header: `x-${name}` },
});
const few = [header('group', 'text'), header('age', 'number')];
const many = [...few, header('region', 'text'), header('tier', 'text'), header('vip', 'boolean')];

describe('what the guide to audiences says', () => {
  const shown = pageBlocks(page)
    .filter(({ language }) => language === 'text')
    .flatMap(({ text }) => text.trim().split('\n'));
  test.for(shown)('%s is an audience', (source) => {
    expect(audienceProblems(source, many)).toEqual([]);
  });

  const rows = [...page.matchAll(/^\| `(AUDIENCE_\w+)` \| (.+?) \| (.+) \|$/gm)];
  const said = rows.map(([, code = '', example = '', says = '']) => ({ code, example, says }));
  const quoted = said.filter(({ example }) => example.startsWith('`'));
  test.for(quoted)('$example is refused with $code', ({ code, example, says }) => {
    const [problem] = audienceProblems(example.slice(1, -1), few);
    expect(problem?.code).toBe(code);
    expect(problem === undefined ? '' : problemText(problem)).toContain(says);
  });

  test('every code is there', () => {
    expect(said.map(({ code }) => code).sort()).toEqual([...AUDIENCE_CODES].sort());
    expect(quoted).toHaveLength(AUDIENCE_CODES.length - 2);
  });
});
