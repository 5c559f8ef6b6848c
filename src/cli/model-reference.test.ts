import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';
import { fileWith } from '../../test/cli/tell.ts';
import { lineageFileSchema } from '../protocol/admin/version.ts';

const ROWS = 'id,age,plan,risky\nu1,30,pro,no\nu2,40,basic,yes\nu3,50,pro,no\n';

const reference = (...options: readonly string[]) =>
  run(['model', 'reference', fileWith('rows.csv', ROWS), ...options]);

describe('model reference', () => {
  test('prints every column as an input of its own name', async () => {
    const { stdout } = await reference('--without', 'id', '--class', 'risky');
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 3,
      features: [
        { name: 'age', input: 'age', column: 0, kind: 'number', counts: [1, 1, 1, 0] },
        { name: 'plan', input: 'plan', column: 0, kind: 'category', values: ['pro', 'basic'] },
      ],
      answers: {
        answers: 3,
        classes: [
          ['no', 2],
          ['yes', 1],
        ],
      },
    });
  });

  test('or as the columns of one input, in the order of those that are left', async () => {
    const { stdout } = await reference('--without', 'id', '--without', 'plan', '--input', 'x');
    const { features, answers } = JSON.parse(stdout) as Record<string, unknown>;
    expect(features).toMatchObject([
      { name: 'age', input: 'x', column: 0 },
      { name: 'risky', input: 'x', column: 1 },
    ]);
    expect(answers).toBeNull();
  });

  test('goes into a lineage file, beside what is there', async () => {
    const lineage = fileWith('lineage.json', JSON.stringify({ data: [], code: [], seed: 7 }));
    const { stdout } = await reference('--without', 'id', '--class', 'risky', '--lineage', lineage);
    expect(stdout).toContain('2 features, 3 answers, of 3 rows');
    const file = lineageFileSchema.parse(JSON.parse(readFileSync(lineage, 'utf8')));
    expect(file).toMatchObject({ seed: 7, reference: { rows: 3 } });
  });

  test('a column that is not there is refused', async () => {
    const { exit, stderr } = await reference('--class', 'predicted');
    expect(exit).not.toBe(0);
    expect(stderr).toMatch(/there is no column predicted; there are id, age, plan, risky/);
  });

  test('so is a file that no push would take', async () => {
    const { exit, stderr } = await run(['model', 'reference', fileWith('empty.csv', 'a\n')]);
    expect(exit).not.toBe(0);
    expect(stderr).toContain('rows');
  });
});
