/**
 * Plays every story and writes down what was decided: `node test/histories/record.ts`. Run it when
 * deciding is meant to change, and read the difference before committing it.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyOf } from './history.ts';
import type { History } from './history.ts';
import { play } from './run.ts';
import { stories } from './stories.ts';

for (const { name, course, spec, bucketsMax } of stories) {
  const played = play(course, spec, bucketsMax);
  await writeFile(join(import.meta.dirname, `${name}.json`), textOf(historyOf(name, played)));
  console.log(`${name}: ${played.end.phase} after ${played.buckets.length} buckets`);
}

/** One line a bucket and a decision, so that differences can be read. */
function textOf({ name, spec, buckets, decisions }: History): string {
  const lines = (rows: readonly unknown[]): string =>
    rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  return [
    '{',
    `  "name": ${JSON.stringify(name)},`,
    `  "spec": ${JSON.stringify(spec)},`,
    `  "decisions": [\n${lines(decisions)}\n  ],`,
    `  "buckets": [\n${lines(buckets)}\n  ]`,
    '}\n',
  ].join('\n');
}
