import { expect, test } from 'vitest';
import { MemoryStore } from '../adapters/store/memory.ts';
import type { Change, CommitResult } from '../ports/store.ts';
import type { Clock } from '../ports/clock.ts';
import { instant } from '../core/lib/units.ts';
import { parseFeedbackBatch } from '../protocol/feed/feedback.ts';
import { receiveFeedback } from './feedback.ts';
import { openJournal } from './journal.ts';
import { OutcomeBook } from './outcome-book.ts';
import { SpanBook } from './span-book.ts';

const PIECES = 10_000;

/** A store on a slow disk: every piece takes its time. */
class SlowStore extends MemoryStore {
  readonly sizes: number[] = [];
  nowMs = 0;
  readonly #pieceMs: number;

  constructor(pieceMs: number) {
    super();
    this.#pieceMs = pieceMs;
  }

  override async commit(change: Change): Promise<CommitResult> {
    this.sizes.push(change.feedback.length);
    this.nowMs += change.feedback.length * this.#pieceMs;
    return super.commit(change);
  }
}

const batch = parseFeedbackBatch({
  schema: 1,
  gateway: 'g1',
  instance: 'i1',
  sequence: 1,
  origins: [],
  feedback: Array.from({ length: PIECES }, (_, number) => ({
    about: { type: 'unit', endpoint: 'risk', unit: `u${number}`, at: number },
    metric: 'sales',
    value: 1,
    id: null,
    receivedAt: 9,
  })),
  exposures: [],
  exposuresDropped: 0,
});

async function sizesOf(pieceMs: number): Promise<readonly number[]> {
  const store = new SlowStore(pieceMs);
  const clock: Clock = {
    now: () => instant(0),
    monotonicMs: () => store.nowMs,
    sleep: () => Promise.resolve(),
  };
  await receiveFeedback(
    {
      store,
      clock,
      journal: await openJournal(store, clock),
      spans: new SpanBook(store),
      outcomes: new OutcomeBook(store),
    },
    batch,
  );
  const [cohort] = await store.scan({ log: 'cohort', limit: 10 });
  expect(cohort?.events).toBe(PIECES);
  return store.sizes;
}

test.for([
  { name: 'a quick disk', pieceMs: 0, settles: 2_000 },
  { name: 'a usual one', pieceMs: 0.01, settles: 600 },
  { name: 'a slow one', pieceMs: 0.02, settles: 300 },
  { name: 'one that is slower than it should be', pieceMs: 1, settles: 250 },
])('on $name a commit takes $settles pieces', async ({ pieceMs, settles }) => {
  const sizes = await sizesOf(pieceMs);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(PIECES);
  expect(sizes.slice(3, -1).every((size) => size === settles)).toBe(true);
});
