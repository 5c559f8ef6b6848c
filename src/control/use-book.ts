import { instant } from '../core/lib/units.ts';
import type { Instant } from '../core/lib/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { GatewayReport, RunnerUse } from '../protocol/feed/report.ts';
import { Heard, forgetFirst } from './heard.ts';

/** What the processes of a version used over some time. */
export type VersionUse = {
  readonly cpuMs: number;
  readonly predictions: number;
  /** What the figures above cover; nothing is known of before. */
  readonly since: Instant;
  /** Of all its processes that were heard of lately. */
  readonly residentBytes: number;
};

const SLOT_MS = 60_000;
/** As far back as health can be asked for. */
const KEPT_MS = 86_400_000;
/** Versions of which use is known; the longest silent are forgotten. */
const VERSIONS_MAX = 1_000;

type Slot = { cpuMs: number; predictions: number };
type Shelf = { readonly heardFrom: Instant; readonly slots: Map<number, Slot> };
type Uses = ReadonlyMap<string, RunnerUse>;

/**
 * Processor time and memory by version, minute by minute, from what gateways report. Lives in
 * memory: after a restart it begins anew, and says since when it knows.
 */
export class UseBook {
  readonly #clock: Clock;
  readonly #shelves = new Map<string, Shelf>();
  readonly #heard: Heard<Uses>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#heard = new Heard(clock);
  }

  /** Takes note of a report. Counters begin where a process is first heard of. */
  hear(report: GatewayReport): void {
    const now = this.#clock.now();
    const { runners = [] } = report;
    const uses = new Map(runners.map((use) => [use.digest, use]));
    const before = this.#heard.hear(report, uses)?.said;
    for (const use of runners) this.#add(use, before?.get(use.digest) ?? null, now);
  }

  /** What a version used since `from`; null when nothing is known of it. */
  of(digest: string, from: Instant): VersionUse | null {
    const shelf = this.#shelves.get(digest);
    if (shelf === undefined) return null;
    const first = Math.floor(from / SLOT_MS);
    const sum: Slot = { cpuMs: 0, predictions: 0 };
    for (const [minute, { cpuMs, predictions }] of shelf.slots) {
      if (minute < first) continue;
      sum.cpuMs += cpuMs;
      sum.predictions += predictions;
    }
    const since = instant(Math.max(first * SLOT_MS, shelf.heardFrom));
    return { ...sum, since, residentBytes: this.#residentBytes(digest) };
  }

  #residentBytes(digest: string): number {
    let bytes = 0;
    for (const uses of this.#heard.lately()) bytes += uses.get(digest)?.residentBytes ?? 0;
    return bytes;
  }

  #add(use: RunnerUse, before: RunnerUse | null, now: Instant): void {
    const { digest } = use;
    const shelf = this.#shelves.get(digest) ?? { heardFrom: now, slots: new Map<number, Slot>() };
    this.#shelves.delete(digest);
    this.#shelves.set(digest, shelf);
    forgetFirst(this.#shelves, VERSIONS_MAX);
    if (before === null) return;
    const minute = Math.floor(now / SLOT_MS);
    const slot = shelf.slots.get(minute) ?? { cpuMs: 0, predictions: 0 };
    slot.cpuMs += grown(before.cpuMs, use.cpuMs);
    slot.predictions += grown(before.predictions, use.predictions);
    shelf.slots.set(minute, slot);
    forgetFirst(shelf.slots, KEPT_MS / SLOT_MS + 1);
  }
}

/** What was counted between two readings; a counter that fell began again at 0. */
const grown = (before: number, now: number): number => (now >= before ? now - before : now);
