import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../src/adapters/store/sqlite.ts';
import type { Change, CommitResult, Store } from '../../src/ports/store.ts';
import { figure, tableText } from '../table.ts';
import { batchesOf, openWay } from './stream.ts';
import type { Stream } from './stream.ts';

const MIB = 1_048_576;
const COHORTS_MAX = 100_000;

const COLUMNS = [
  'labels',
  'per s of processor',
  'per s of clock',
  'heap MiB',
  'RSS MiB',
  'longest commit, ms',
];

type Print = (text: string) => void;

/** Remembers how long the longest commit held up everything else. */
class TimedStore extends SqliteStore {
  longestMs = 0;

  override async commit(change: Change): Promise<CommitResult> {
    const before = performance.now();
    const result = await super.commit(change);
    this.longestMs = Math.max(this.longestMs, performance.now() - before);
    return result;
  }
}

/**
 * Labels of two months in no order, a tenth of them twice, from lines of JSON to SQLite on disk:
 * everything gateway and control do with them, in one process on one core.
 */
export async function benchFeedback(print: Print, labels: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'understudy-feedback-'));
  const file = join(directory, 'understudy.db');
  const store = new TimedStore(file);
  try {
    const rows = await measure(store, { labels, linesPerBatch: 10_000, repeatEvery: 10 });
    const title = `${labels} late, shuffled labels, a tenth of them twice`;
    print(tableText(title, COLUMNS, rows));
    const found = await counted(store);
    const size = (statSync(file).size / MIB).toFixed(0);
    print(
      `counted in cohorts: ${found.events}; in units: ${found.unitEvents}; to be: ${labels}. ` +
        `On disk: ${size} MiB.`,
    );
    if (found.events !== labels || found.unitEvents !== labels) process.exitCode = 1;
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

async function measure(store: TimedStore, stream: Stream): Promise<readonly (readonly string[])[]> {
  const way = await openWay(store);
  const rows: (readonly string[])[] = [];
  const tenth = Math.ceil((stream.labels * (1 + 1 / stream.repeatEvery)) / 10);
  let sent = 0;
  let part = { taken: 0, cpuMs: 0, clockMs: 0 };
  for (const lines of batchesOf(stream, Date.now())) {
    const before = { cpu: process.cpuUsage(), at: performance.now() };
    const { taken } = await way.send(lines);
    const { user, system } = process.cpuUsage(before.cpu);
    part = {
      taken: part.taken + taken,
      cpuMs: part.cpuMs + (user + system) / 1_000,
      clockMs: part.clockMs + performance.now() - before.at,
    };
    sent += taken;
    if (part.taken < tenth) continue;
    rows.push([...rowOf(sent, part), figure(store.longestMs)]);
    store.longestMs = 0;
    part = { taken: 0, cpuMs: 0, clockMs: 0 };
  }
  await way.close();
  return rows;
}

function rowOf(
  sent: number,
  part: { readonly taken: number; readonly cpuMs: number; readonly clockMs: number },
): readonly string[] {
  const { heapUsed, rss } = process.memoryUsage();
  const perS = (ms: number): string => Math.round((part.taken / ms) * 1_000).toLocaleString('en');
  return [
    String(sent),
    perS(part.cpuMs),
    perS(part.clockMs),
    figure(heapUsed / MIB),
    figure(rss / MIB),
  ];
}

/** What the store has added up. */
export async function counted(
  store: Store,
): Promise<{ readonly events: number; readonly unitEvents: number }> {
  const cohorts = await store.scan({ log: 'cohort', limit: COHORTS_MAX });
  const totals = await store.scan({ log: 'total', limit: COHORTS_MAX });
  return {
    events: cohorts.reduce((sum, { events }) => sum + events, 0),
    unitEvents: totals.reduce((sum, { events }) => sum + events, 0),
  };
}
