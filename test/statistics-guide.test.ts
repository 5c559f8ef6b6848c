import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { procedures } from '../src/protocol/stats/catalogue.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/guides/statistics.md'), 'utf8');

/** What is asked of which procedure, and the answer below it. */
const examples = [
  ...page.matchAll(/echo '([^']+)' \|\s+understudy stats ([\w-]+)\n```\n\n```json\n(.+)\n```/g),
].map(([, asked = '', name = '', answer = '']) => ({ asked, name, answer }));

/** Six digits, as the page shows them. */
const rounded = (answer: object): object =>
  Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [key, Number(Number(value).toPrecision(6))]),
  );

test.each(examples)('$name answers $asked as the guide says', ({ asked, name, answer }) => {
  const found = procedures[name]?.run(JSON.parse(asked)) ?? {};
  expect(rounded(found)).toEqual(rounded(JSON.parse(answer)));
});

test('the guide shows three answers, and names only what there is', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && line.includes('`'));
  const named = rows.flatMap((row) =>
    [...row.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name),
  );
  expect(examples).toHaveLength(3);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => procedures[name] === undefined)).toEqual([]);
});
