import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryStore } from '../adapters/store/memory.ts';
import { instant } from '../core/lib/units.ts';
import { noThresholds } from '../core/routing/table.ts';
import { closeBucket, fold, openBucket } from '../core/telemetry/fold.ts';
import type { Window } from '../core/telemetry/window.ts';
import { feedContract, tableOf } from '../ports/feed.contract.ts';
import type { FeedbackBatch } from '../protocol/feed/feedback.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';
import { reportSample, windowKeySample } from '../../test/samples.ts';
import { register, twoModels } from '../../test/simulator/catalog.ts';
import { openControl, type LoneControl } from '../../test/simulator/lone-control.ts';
import { SimStore } from '../../test/simulator/sim-store.ts';
import { Timeline } from '../../test/simulator/timeline.ts';
import { EvidenceBook } from './evidence-book.ts';
import { createFeed } from './feed.ts';
import { Fleet } from './fleet.ts';
import { Wakeup } from './wakeup.ts';

const signal = new AbortController().signal;
const memory = { store: new MemoryStore(), isAway: false };

let lone: LoneControl;
beforeEach(async () => {
  memory.store = new MemoryStore();
  memory.isAway = false;
  const timeline = new Timeline();
  const store = new SimStore({
    store: memory.store,
    timeline,
    fateOf: () => ({ type: memory.isAway ? 'refused' : 'done', ms: 0 }),
  });
  lone = await openControl({ store, timeline });
  await register(lone.context.journal, twoModels);
});
afterEach(() => lone.close());

function windowOf(start: number, requests: number): Window {
  const bucket = openBucket(windowKeySample({ start: instant(start) }), noThresholds, 100);
  for (let unit = 0; unit < requests; unit += 1) {
    fold(bucket, { unit, outcome: 'ok', latencyMs: 5, fallback: false });
  }
  return closeBucket(bucket);
}

let sequence = 0;

const report = (windows: readonly Window[], instance = 'i-1'): GatewayReport =>
  reportSample({ instance, sequence: (sequence += 1), through: instant(10_000), windows });

const requestsStored = async (): Promise<number> => {
  const rows = await memory.store.scan({ log: 'window', endpoint: 'risk', limit: 100 });
  return rows.reduce((sum, { window }) => sum + window.requests, 0);
};

class ListeningFleet extends Fleet {
  readonly heard: GatewayReport[] = [];

  override hear(said: GatewayReport): boolean {
    this.heard.push(said);
    return super.hear(said);
  }
}

feedContract('control', async () => {
  const own = await openControl();
  const fleet = new ListeningFleet(own.clock, { isFirst: true });
  own.context.tables.publish(tableOf(1));
  const fedBack: FeedbackBatch[] = [];
  const feed = createFeed({ ...own.context, fleet });
  const feedback = async (batch: FeedbackBatch, ending: AbortSignal): Promise<void> => {
    await feed.feedback(batch, ending);
    fedBack.push(batch);
  };
  return {
    feed: { ...feed, feedback },
    fedBack: () => fedBack,
    publish: (table) => own.context.tables.publish(table),
    received: () => fleet.heard,
    close: own.close,
  };
});

describe('a report', () => {
  test('is confirmed when its windows are stored', async () => {
    await lone.control.feed.report(report([windowOf(0, 3), windowOf(10_000, 4)]), signal);
    expect(await requestsStored()).toBe(7);
    expect(lone.context.fleet.alive()).toHaveLength(1);
  });

  test('sent twice counts once; of a gateway that was restarted it adds up', async () => {
    const { feed } = lone.control;
    await feed.report(report([windowOf(0, 3)]), signal);
    await feed.report(report([windowOf(0, 3)]), signal);
    expect(await requestsStored()).toBe(3);
    await feed.report(report([windowOf(0, 2)], 'i-2'), signal);
    expect(await requestsStored()).toBe(5);
  });

  test('is not confirmed when the store fails, and may be sent again', async () => {
    const { feed } = lone.control;
    memory.isAway = true;
    await expect(feed.report(report([windowOf(0, 3)]), signal)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    memory.isAway = false;
    expect(await requestsStored()).toBe(0);
    await feed.report(report([windowOf(0, 3)]), signal);
    expect(await requestsStored()).toBe(3);
  });

  test('that comes late, or once more, is not taken for news', async () => {
    const { feed } = lone.control;
    const before = { ...report([]), ready: ['sha256:old'] };
    const after = report([]);
    const restarted = report([], 'i-2');
    const ready = (): readonly string[] => lone.context.fleet.members()[0]?.ready ?? [];
    await feed.report(before, signal);
    expect(ready()).toEqual(['sha256:old']);
    await feed.report(after, signal);
    await feed.report(before, signal);
    expect(ready()).toEqual([]);
    await feed.report(restarted, signal);
    await feed.report({ ...after, ready: ['sha256:old'] }, signal);
    expect(ready()).toEqual([]);
    await feed.report({ ...restarted, sequence: sequence + 1, ready: ['sha256:new'] }, signal);
    expect(ready()).toEqual(['sha256:new']);
  });

  test('of which nobody knows whether it was stored is looked for in the store', async () => {
    const doubted: number[] = [];
    const book = new EvidenceBook(lone.store);
    book.doubt = (rows) => void doubted.push(rows.length);
    const feed = createFeed({ ...lone.context, book });
    memory.isAway = true;
    await expect(feed.report(report([windowOf(0, 3)]), signal)).rejects.toThrow('failed');
    expect(doubted).toEqual([1]);
  });

  test('is heard even when its windows cannot be stored: the gateway lives', async () => {
    memory.isAway = true;
    await expect(lone.control.feed.report(report([windowOf(0, 3)]), signal)).rejects.toThrow(
      'failed',
    );
    expect(lone.context.fleet.alive()).toMatchObject([{ gateway: 'g1', generation: 1 }]);
  });
});

describe('a wake-up', () => {
  test.for([
    { what: 'while asleep', before: false },
    { what: 'before falling asleep', before: true },
  ])('$what ends the sleep at once, and only that one', async ({ before }) => {
    const { timeline, clock } = lone;
    const wakeup = new Wakeup(clock);
    const woken: number[] = [];
    if (before) wakeup.wake();
    void wakeup.sleep(60_000, signal).then(() => woken.push(timeline.nowMs));
    if (!before) wakeup.wake();
    await timeline.advance(10);
    expect(woken).toEqual([0]);
    void wakeup.sleep(20, signal).then(() => woken.push(timeline.nowMs));
    await timeline.advance(100);
    expect(woken).toEqual([0, 30]);
  });
});
