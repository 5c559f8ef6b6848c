import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { counted } from '../bench/feedback/feedback.ts';
import { batchesOf, openWay } from '../bench/feedback/stream.ts';
import { SqliteStore } from '../src/adapters/store/sqlite.ts';

// The bench does the same with a million.
const LABELS = 10_000;

test('late, shuffled, repeated labels count once each, from JSON to the disk', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'understudy-feedback-'));
  const store = new SqliteStore(join(directory, 'understudy.db'));
  const way = await openWay(store);
  const stream = { labels: LABELS, linesPerBatch: 2_500, repeatEvery: 4 };
  let taken = 0;
  for (const lines of batchesOf(stream, Date.now())) {
    const answer = await way.send(lines);
    expect(answer).toMatchObject({ state: 'stored', refused: 0 });
    taken += answer.taken;
  }
  await way.close();
  expect(taken).toBe(LABELS * 1.25);
  expect(await counted(store)).toEqual({ events: LABELS, unitEvents: LABELS });
  const cohorts = await store.scan({ log: 'cohort', limit: 100_000 });
  const right = cohorts.reduce((sum, { classes }) => sum + (classes?.right ?? 0), 0);
  // Eight in ten labels agree with what was predicted.
  expect(right).toBe(LABELS * 0.8);
  await store.close();
  rmSync(directory, { recursive: true });
});
