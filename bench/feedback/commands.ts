import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../src/adapters/store/sqlite.ts';
import { inPieces } from '../../src/control/breather.ts';
import { receiveFeedback } from '../../src/control/feedback.ts';
import { openJournal } from '../../src/control/journal.ts';
import { OutcomeBook } from '../../src/control/outcome-book.ts';
import { SpanBook } from '../../src/control/span-book.ts';
import { feedbackLines, readFeedbackLines } from '../../src/protocol/feed/feedback-lines.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { figure, tableText } from '../table.ts';
import { batchesFor } from './stream.ts';

const PIECES = 10_000;
const SECONDS = 10;
/** What a rollback writes: the rollout, the endpoint and an audit entry. */
const WRITTEN_CHARS = 3_000;
const BETWEEN_MS = 40;
const PARTS = [0.5, 0.9, 0.99, 1];

type Print = (text: string) => void;

/**
 * How long a command takes beside a flood of labels, from when it was to come to when it is on the
 * disk: what control does, in one process, as quick as it can and at a pace.
 */
export async function benchCommands(print: Print): Promise<void> {
  const rows = [];
  for (const rate of [0, 20_000]) rows.push(await beside(rate));
  const columns = ['labels per s', 'stored per s', 'p50', 'p90', 'p99', 'longest'];
  print(tableText('a command beside a flood of labels, in ms', columns, rows));
}

async function beside(rate: number): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'understudy-commands-'));
  const store = new SqliteStore(join(directory, 'understudy.db'));
  const clock = systemClock;
  const journal = await openJournal(store, clock);
  const spans = new SpanBook(store);
  const control = { store, clock, journal, spans, outcomes: new OutcomeBook(store) };
  const texts = batchesFor(rate * SECONDS, PIECES).map((batch) =>
    [...feedbackLines(batch)].join(''),
  );
  const began = performance.now();
  let stored = 0;
  const flood = async (): Promise<void> => {
    for (const text of texts) {
      const dueMs = began + (stored / rate) * 1_000 - performance.now();
      if (dueMs > 0) await clock.sleep(dueMs, never);
      await receiveFeedback(control, await inPieces(readFeedbackLines(text)));
      stored += PIECES;
    }
  };
  const tookMs: number[] = [];
  const commands = async (): Promise<void> => {
    while (performance.now() - began < SECONDS * 1_000) {
      const at = performance.now() + BETWEEN_MS;
      await clock.sleep(BETWEEN_MS, never);
      await journal.run((_state, now) => ({
        puts: [{ kind: 'model', key: `m${tookMs.length}`, value: { name: 'm', createdAt: now } }],
        audit: [{ ...entry, at: now }],
        answer: undefined,
      }));
      tookMs.push(performance.now() - at);
    }
  };
  await Promise.all([flood(), commands()]);
  const perSecond = (stored / (performance.now() - began)) * 1_000;
  await store.close();
  rmSync(directory, { recursive: true });
  tookMs.sort((a, b) => a - b);
  const quantiles = PARTS.map((part) =>
    figure(tookMs[Math.min(tookMs.length - 1, Math.floor(part * tookMs.length))] ?? 0),
  );
  return [String(rate), Math.round(perSecond).toLocaleString('en'), ...quantiles];
}

const { signal: never } = new AbortController();
const entry = {
  actor: 'bench',
  action: 'rollout.rollback',
  subject: 'rollout/bench',
  reason: 'measured',
  detail: 'x'.repeat(WRITTEN_CHARS),
} as const;
