import type { Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { Feed } from '../ports/feed.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';
import { Bell } from './bell.ts';
import type { Log } from './deps.ts';

/** What the loops with control need. */
export type FeedLoopParts = {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly reportMs: number;
  /** A table came; `isFirst` of this process. */
  readonly onTable: (table: unknown, isFirst: boolean) => void;
  readonly report: () => GatewayReport;
  /** Control has stored the report. */
  readonly onReported: (report: GatewayReport) => void;
};

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 5_000;
/** An answer without a table that came sooner than this is not asked again at once. */
const PATIENCE_MIN_MS = 50;
/** Control that starts, first or again, is away for less than this. */
const ABSENCE_MS = 5_000;
/** A report that takes longer is given up and sent again. */
const REPORT_TIMEOUT_MS = 10_000;
/** Reports in a row have this much between them, however often the bell rings. */
const REPORT_GAP_MS = 20;
const FULL_RANGE = 2 ** 32;

/** Keeps the gateway in touch with control: waits for tables, sends reports. Never gives up. */
export class FeedLoop {
  readonly #parts: FeedLoopParts;
  readonly #bell = new Bell();
  #heardMs: number | null = null;
  /** Monotonic time since which control has not answered; null while it does. */
  #awaySinceMs: number | null = null;
  #isAwayTold = false;

  constructor(parts: FeedLoopParts) {
    this.#parts = parts;
  }

  /** Monotonic time of control's last answer about tables; null before the first. */
  get heardMs(): number | null {
    return this.#heardMs;
  }

  /** Sends the next report at once. */
  hurry(): void {
    this.#bell.ring();
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#poll(signal), this.#reports(signal)]);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    let after = -1;
    let backoffMs = BACKOFF_FIRST_MS;
    while (!signal.aborted) {
      try {
        after = await this.#ask(after, signal);
        backoffMs = BACKOFF_FIRST_MS;
      } catch (error) {
        if (signal.aborted) return;
        this.#noteAway(error);
        await clock.sleep(this.#jittered(backoffMs), signal);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
      }
    }
  }

  /** Says once that control is away: a gateway serves without it, but somebody should look. */
  #noteAway(error: unknown): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#awaySinceMs ??= nowMs;
    const awayMs = Math.round(nowMs - this.#awaySinceMs);
    if (this.#isAwayTold || awayMs < ABSENCE_MS) return;
    this.#isAwayTold = true;
    const fault = error instanceof Error ? error.message : String(error);
    this.#parts.log.warn({ fault, awayMs }, 'control does not answer');
  }

  #noteBack(): void {
    if (this.#isAwayTold) this.#parts.log.info({}, 'control answers again');
    this.#awaySinceMs = null;
    this.#isAwayTold = false;
  }

  /** Asks once for a table above `after`; answers with what to ask for next. */
  async #ask(after: number, signal: AbortSignal): Promise<number> {
    const { feed, clock, onTable } = this.#parts;
    const askedMs = clock.monotonicMs();
    const table = await feed.table(after, signal);
    if (signal.aborted) return after;
    this.#heardMs = clock.monotonicMs();
    this.#noteBack();
    if (table === null) {
      if (this.#heardMs - askedMs < PATIENCE_MIN_MS) await clock.sleep(PATIENCE_MIN_MS, signal);
      return after;
    }
    onTable(table, after === -1);
    this.hurry();
    // Asked for what is newer even when this one was refused: it will not get better.
    const newer = generationOf(table, after);
    if (newer === after) await clock.sleep(this.#jittered(BACKOFF_MAX_MS), signal);
    return newer;
  }

  async #reports(signal: AbortSignal): Promise<void> {
    const { clock, reportMs } = this.#parts;
    let backoffMs = BACKOFF_FIRST_MS;
    while (!signal.aborted) {
      if (await this.send(signal)) {
        backoffMs = BACKOFF_FIRST_MS;
        await clock.sleep(REPORT_GAP_MS, signal);
        await this.#bell.sleep(clock, reportMs - REPORT_GAP_MS, signal);
      } else {
        await clock.sleep(this.#jittered(backoffMs), signal);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
      }
    }
  }

  /** Sends one report; tells whether control has it. */
  async send(signal: AbortSignal): Promise<boolean> {
    const { feed, clock, report, onReported } = this.#parts;
    const sent = report();
    const enough = new AbortController();
    const done = new AbortController();
    void clock.sleep(REPORT_TIMEOUT_MS, done.signal).then(() => enough.abort());
    const stop = (): void => enough.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await feed.report(sent, enough.signal);
      onReported(sent);
      return true;
    } catch {
      return false;
    } finally {
      signal.removeEventListener('abort', stop);
      done.abort();
    }
  }

  /** Somewhere between half and all of it: gateways must not come back all at the same time. */
  #jittered(ms: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#parts.entropy.bytes(4);
    const chance = (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / FULL_RANGE;
    return ms * (1 + chance) * 0.5;
  }
}

function generationOf(table: unknown, otherwise: number): number {
  const claimed = (table as { readonly generation?: unknown }).generation;
  const isUsable = typeof claimed === 'number' && Number.isSafeInteger(claimed);
  return isUsable ? Math.max(claimed, otherwise) : otherwise;
}
