import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { historySchema, replay } from './histories/history.ts';
import type { Mark } from './histories/history.ts';
import { stories } from './histories/stories.ts';

const folder = join(import.meta.dirname, 'histories');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const historyIn = (name: string) =>
  historySchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));

/** Evidence to nine digits: sums of logarithms may differ in the last one between machines. */
const rounded = (marks: readonly Mark[]): unknown =>
  marks.map(({ verdicts, ...mark }) => ({
    ...mark,
    verdicts: verdicts.map(({ harm, safety, ...rest }) => {
      return { ...rest, harm: Number(harm.toPrecision(9)), safety: Number(safety.toPrecision(9)) };
    }),
  }));

describe('rollouts that were decided once are decided alike', () => {
  test.for(files)('%s', (file) => {
    const history = historyIn(file);
    expect(rounded(replay(history))).toEqual(rounded(history.decisions));
  });

  test('every story is recorded', () => {
    expect(files.toSorted()).toEqual(stories.map(({ name }) => `${name}.json`).toSorted());
  });

  test('they end in every way there is', () => {
    const ends = files.map((file) => historyIn(file).decisions.at(-2)?.type ?? 'none');
    expect(new Set(ends)).toEqual(new Set(['promote', 'revert', 'advance']));
  });
});
