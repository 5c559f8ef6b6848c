import { afterAll, beforeAll } from 'vitest';
import { MemoryStore } from '../../src/adapters/store/memory.ts';
import { TableFeed } from '../../src/control/table-feed.ts';
import { clockContract } from '../../src/ports/clock.contract.ts';
import { entropyContract } from '../../src/ports/entropy.contract.ts';
import { feedContract, tableOf } from '../../src/ports/feed.contract.ts';
import { notifierContract } from '../../src/ports/notifier.contract.ts';
import { storeContract } from '../../src/ports/store.contract.ts';
import type { FeedbackBatch } from '../../src/protocol/feed/feedback.ts';
import type { GatewayReport } from '../../src/protocol/feed/report.ts';
import { Chance } from './chance.ts';
import { Coverage } from './coverage.ts';
import { SimClock } from './sim-clock.ts';
import { Receiver } from './sim-control.ts';
import { SimFeed } from './sim-feed.ts';
import { SimStore } from './sim-store.ts';
import { Timeline } from './timeline.ts';

// What stands in for the world keeps the promises of what it stands in for, when no fault is drawn.

const coverage = new Coverage();
const timeline = new Timeline();

// Whatever is due happens soon; nothing is made to be due.
let pump: NodeJS.Timeout;
beforeAll(() => {
  pump = setInterval(() => {
    for (let next = timeline.nextMs(); next !== null; next = timeline.nextMs()) {
      if (next > timeline.nowMs + SOON_MS) return;
      timeline.step();
    }
  }, 1);
});
afterAll(() => clearInterval(pump));
const SOON_MS = 50;

clockContract('simulated', () => {
  const own = new Timeline();
  return { clock: new SimClock(own), pass: (ms) => own.advance(ms) };
});

entropyContract('seeded', () => new Chance('entropy'));

storeContract('a connection that does not fail', async () => ({
  store: new SimStore({
    store: new MemoryStore(),
    timeline,
    fateOf: () => ({ type: 'done', ms: 2 }),
  }),
  discard: async () => undefined,
}));

feedContract('a link in fair weather', async () => {
  const tables = new TableFeed(tableOf(1));
  const reports: GatewayReport[] = [];
  const fedBack: FeedbackBatch[] = [];
  const died = new AbortController().signal;
  const far = {
    table: (after: number, signal: AbortSignal) => tables.next(after, signal),
    report: async (report: GatewayReport) => void reports.push(report),
    feedback: async (batch: FeedbackBatch) => void fedBack.push(batch),
  };
  const feed = new SimFeed({
    timeline,
    chance: new Chance('feed'),
    coverage,
    weather: { delayMs: 1, loss: 0, twice: 0 },
    control: () => ({ feed: far, died }),
  });
  return {
    feed,
    publish: (table) => tables.publish(table),
    received: () => reports,
    fedBack: () => fedBack,
    close: async () => feed.kill(),
  };
});

notifierContract('a receiver who is there', () => {
  const notifier = new Receiver({ timeline, coverage, chance: new Chance('receiver') });
  return { notifier, received: () => notifier.received };
});
