import { beforeEach, describe, expect, test } from 'vitest';
import { feedbackBegan, feedbackSample, hourOf } from '../../test/feedback-samples.ts';
import { rolloutSample } from '../../test/samples.ts';
import { MemoryStore } from '../adapters/store/memory.ts';
import type { OutcomeCheck } from '../core/analysis/outcome-check.ts';
import type { MetricDeclaration } from '../core/feedback/declaration.ts';
import type { FeedbackRow } from '../core/feedback/feedback.ts';
import { instant } from '../core/lib/units.ts';
import { emptyChange } from '../ports/store.ts';
import type { LogName, LogRows, ScanQuery } from '../ports/store.ts';
import { OutcomeBook } from './outcome-book.ts';

const plain = rolloutSample('risk', 'advancing');
const sold: OutcomeCheck = {
  name: 'sales',
  of: { name: 'sales', kind: 'mean', better: 'higher' },
  onFail: 'soft',
  margin: 1,
  limit: null,
  alpha: 0.01,
  minUnits: 500,
  onMissing: 'hold',
};
const rollout = { ...plain, id: 'r-1', spec: { ...plain.spec, outcomeChecks: [sold] } };

/** A store that counts how often it is read, and fails when it is told to. */
class WatchedStore extends MemoryStore {
  reads = 0;
  isAway = false;

  override async scan<L extends LogName>(query: ScanQuery<L>): Promise<readonly LogRows[L][]> {
    this.reads += 1;
    if (this.isAway) throw new Error('away');
    return super.scan(query);
  }
}

let store: WatchedStore;
let book: OutcomeBook;
let nowMs = feedbackBegan;
beforeEach(() => {
  store = new WatchedStore();
  book = new OutcomeBook(store);
  nowMs = feedbackBegan;
});

let number = 0;
async function sell(over: Partial<FeedbackRow> = {}): Promise<void> {
  number += 1;
  const row = feedbackSample(number, { metric: 'sales', value: 2, unit: number, ...over });
  await store.commit({ ...emptyChange, feedback: [row] });
  book.touch(['r-1']);
}

const sales = async (declared: readonly MetricDeclaration[] = []): Promise<number> => {
  const outcomes = await book.read({ rollouts: [rollout], declared, now: instant(nowMs) });
  return outcomes.get('r-1')?.find(({ metric }) => metric === 'sales')?.arms[1]?.sum ?? 0;
};

describe('outcomes', () => {
  test('are read again when something came, once a second at the most', async () => {
    await sell();
    expect(await sales()).toBe(2);
    const { reads } = store;
    await sell();
    expect([await sales(), store.reads]).toEqual([2, reads]);
    nowMs += 1_000;
    expect(await sales()).toBe(4);
    nowMs += 60_000;
    expect([await sales(), store.reads]).toEqual([4, 2 * reads]);
  });

  test('of very many cohorts are read again less often, and all of them', async () => {
    for (let hour = 0; hour < 3_000; hour += 1) {
      number += 1;
      const at = instant(feedbackBegan + hour * 3_600_000);
      const over = { metric: 'sales', value: 2, unit: number, at, cohort: hourOf(at) };
      await store.commit({ ...emptyChange, feedback: [feedbackSample(number, over)] });
    }
    book.touch(['r-1']);
    expect(await sales()).toBe(6_000);
    await sell();
    nowMs += 1_100;
    expect(await sales()).toBe(6_000);
    nowMs += 1_000;
    expect(await sales()).toBe(6_002);
  });

  test('are read at once when the clock was set back', async () => {
    await sell();
    expect(await sales()).toBe(2);
    await sell();
    nowMs -= 3_600_000;
    expect(await sales()).toBe(4);
  });

  test('that could not be read are asked for again', async () => {
    await sell();
    store.isAway = true;
    await expect(sales()).rejects.toThrow('away');
    store.isAway = false;
    expect(await sales()).toBe(2);
  });

  test('ripen as time passes, without anything new', async () => {
    const hourMs = 3_600_000;
    const declared: readonly MetricDeclaration[] = [
      {
        endpoint: 'risk',
        metric: 'sales',
        maturityMs: hourMs,
        positive: null,
        declaredAt: instant(0),
        declaredBy: 'ada',
      },
    ];
    await sell({ unitStretch: hourOf(feedbackBegan) });
    expect(await sales(declared)).toBe(0);
    nowMs += 2 * hourMs;
    expect(await sales(declared)).toBe(2);
    const elsewhere = declared.map((one) => ({ ...one, endpoint: 'fraud', maturityMs: 1e12 }));
    expect(await sales(elsewhere)).toBe(2);
  });

  test('of metrics that nobody looks at are left out', async () => {
    await sell();
    await sell({ metric: 'clicks' });
    const read = await book.read({ rollouts: [rollout], declared: [], now: instant(nowMs) });
    expect(read.get('r-1')?.map(({ metric }) => metric)).toEqual(['sales']);
    const all = await book.outcomesOf(rollout, { declared: [], now: instant(nowMs) });
    expect(all.map(({ metric }) => metric)).toEqual(['', 'clicks', 'sales']);
  });

  test('of rollouts that nobody asks for any more are forgotten', async () => {
    await sell();
    await sales();
    const { reads } = store;
    expect(await book.read({ rollouts: [], declared: [], now: instant(nowMs) })).toEqual(new Map());
    expect(await sales()).toBe(2);
    expect(store.reads).toBeGreaterThan(reads);
  });
});
