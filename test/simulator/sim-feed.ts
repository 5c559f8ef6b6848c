import { GATEWAY_SILENT_MS } from '../../src/core/rollout/world.ts';
import type { RoutingTable } from '../../src/core/routing/table.ts';
import type { Feed } from '../../src/ports/feed.ts';
import { parseFeedbackBatch } from '../../src/protocol/feed/feedback.ts';
import type { FeedbackBatch } from '../../src/protocol/feed/feedback.ts';
import { parseReport } from '../../src/protocol/feed/wire.ts';
import type { GatewayReport } from '../../src/protocol/feed/report.ts';
import type { Chance } from './chance.ts';
import type { Coverage } from './coverage.ts';
import type { Timeline } from './timeline.ts';

/** Control's end of a connection; `died` is aborted when the process is gone. */
export type FarEnd = { readonly feed: Feed; readonly died: AbortSignal };

/** How messages fare on the way. */
export type Weather = {
  /** Mean time of one way. */
  delayMs: number;
  /** Chance of each way to lose what goes along it. */
  loss: number;
  /** Chance of a report to arrive a second time, later. */
  twice: number;
};

/** What a link is made of. */
export type LinkParts = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly coverage: Coverage;
  readonly weather: Weather;
  /** Whoever listens at control's address now. */
  readonly control: () => FarEnd | null;
};

/** A connection that says nothing any more is given up by its user after this. */
const SILENT_MS = 4_000;
/** Heard of by control for certain: an answer takes a moment to come back. */
const IN_TOUCH_MS = GATEWAY_SILENT_MS - 500;
/** Longer than control takes from a decision to its commit, however slow the store is. */
const COMMIT_MS = 5_000;
/** Control answers a waiting gateway at the latest after this. */
const PATIENCE_MS = 20_000;
/** A message that comes twice comes at most this much later: no network keeps one for longer. */
const ECHO_MS = 4_500;

/**
 * The way between one gateway and control: slow, lossy, cut for a while, and sometimes an echo.
 * What
 * is sent goes over the wire as JSON, as it does in earnest.
 */
export class SimFeed implements Feed {
  readonly #parts: LinkParts;
  #isDead = false;
  #isCut = false;
  #heardMs = -Infinity;
  /** Since when there has been no long silence. */
  #backMs = -Infinity;
  #sent = 0;
  #arrived = 0;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /** Whether the gateway cannot reach control. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Control hears of it, and did when it decided what it makes durable now. */
  get isInTouch(): boolean {
    const { nowMs } = this.#parts.timeline;
    return !this.#isCut && nowMs - this.#heardMs < IN_TOUCH_MS && nowMs - this.#backMs > COMMIT_MS;
  }

  cut(): void {
    this.#isCut = true;
  }

  mend(): void {
    this.#isCut = false;
  }

  /** The gateway is gone: nothing comes back to it. */
  kill(): void {
    this.#isDead = true;
  }

  table(after: number, signal: AbortSignal): Promise<RoutingTable | null> {
    const { timeline, coverage } = this.#parts;
    const ask = async (feed: Feed, died: AbortSignal): Promise<RoutingTable | null> => {
      const ending = new AbortController();
      const end = (): void => ending.abort();
      died.addEventListener('abort', end, { once: true });
      const cancel = timeline.in(PATIENCE_MS, end);
      const table = await feed.table(after, ending.signal);
      cancel();
      died.removeEventListener('abort', end);
      return table === null ? null : (JSON.parse(JSON.stringify(table)) as RoutingTable);
    };
    return this.#exchange(ask, signal, () => coverage.sometimes('a table was lost'));
  }

  async report(report: GatewayReport, signal: AbortSignal): Promise<void> {
    const { timeline, chance, coverage, weather, control } = this.#parts;
    this.#sent += 1;
    const number = this.#sent;
    const text = JSON.stringify(report);
    const give = async (feed: Feed, died: AbortSignal): Promise<void> => {
      coverage.sometimes('a report came after a newer one', number < this.#arrived);
      this.#arrived = Math.max(this.#arrived, number);
      await feed.report(parseReport(JSON.parse(text)), died);
    };
    if (!this.#isCut && chance.happens(weather.twice)) {
      timeline.in(chance.between(0, ECHO_MS), () => {
        const end = control();
        if (end === null || this.#isCut) return;
        coverage.sometimes('a report came twice');
        give(end.feed, end.died).catch(() => undefined);
      });
    }
    await this.#exchange(give, signal, () => coverage.sometimes('a report was lost'));
    if (timeline.nowMs - this.#heardMs >= IN_TOUCH_MS) this.#backMs = timeline.nowMs;
    this.#heardMs = timeline.nowMs;
  }

  async feedback(batch: FeedbackBatch, signal: AbortSignal): Promise<void> {
    const { timeline, chance, weather, control } = this.#parts;
    const text = JSON.stringify(batch);
    const give = (feed: Feed, died: AbortSignal): Promise<void> =>
      feed.feedback(parseFeedbackBatch(JSON.parse(text)), died);
    if (!this.#isCut && chance.happens(weather.twice)) {
      timeline.in(chance.between(0, ECHO_MS), () => {
        const end = control();
        if (end !== null && !this.#isCut) give(end.feed, end.died).catch(() => undefined);
      });
    }
    await this.#exchange(give, signal, () => undefined);
  }

  #exchange<T>(
    ask: (feed: Feed, died: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    onLost: () => void,
  ): Promise<T> {
    const { timeline, control } = this.#parts;
    return new Promise((resolve, reject) => {
      const leave = (): void => reject(new Error('the caller gave up'));
      signal.addEventListener('abort', leave, { once: true });
      let forget: () => void = () => undefined;
      const settle = (end: () => void): void => {
        signal.removeEventListener('abort', leave);
        forget();
        if (!this.#isDead) end();
      };
      const fail = (why: string, inMs: number): void =>
        void timeline.in(inMs, () => settle(() => reject(new Error(why))));
      const lose = (): void => {
        onLost();
        fail('no answer came', SILENT_MS);
      };
      const answer = (end: () => void): void => this.#travel(() => settle(end), lose);
      this.#travel(() => {
        const end = control();
        if (end === null) {
          fail('nobody listens', 1);
          return;
        }
        const reset = (): void => fail('the connection was reset', 1);
        end.died.addEventListener('abort', reset, { once: true });
        forget = () => end.died.removeEventListener('abort', reset);
        ask(end.feed, end.died).then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error)),
        );
      }, lose);
    });
  }

  /** One way: what was sent arrives after a while, or is lost. */
  #travel(arrive: () => void, lose: () => void): void {
    const { timeline, chance, weather } = this.#parts;
    const isLost = chance.happens(weather.loss);
    timeline.in(chance.waitMs(weather.delayMs), () => {
      if (isLost || this.#isCut) lose();
      else arrive();
    });
  }
}
