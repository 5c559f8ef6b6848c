import { instant } from '../core/lib/units.ts';
import type { Instant } from '../core/lib/units.ts';
import { segmentNames } from '../core/segment/segments.ts';
import { noThresholds } from '../core/routing/table.ts';
import type { Route } from '../core/routing/table.ts';
import type { DropReason } from '../core/telemetry/copies.ts';
import {
  closeBucket,
  fold,
  foldCopy,
  foldImportance,
  openBucket,
  splitBucket,
} from '../core/telemetry/fold.ts';
import type { Bucket } from '../core/telemetry/fold.ts';
import type { Observation } from '../core/telemetry/observation.ts';
import type { Importance } from '../core/telemetry/importance.ts';
import { UnitMemory } from '../core/telemetry/unit-memory.ts';
import type { Window } from '../core/telemetry/window.ts';
import { WINDOWS_PER_REPORT_MAX, WINDOW_BYTES_PER_REPORT_MAX } from '../protocol/feed/wire.ts';
import type { Clock } from '../ports/clock.ts';

/** Where the observations of one arm under one meaning of its route go. */
export type Slot = {
  readonly key: {
    readonly endpoint: string;
    readonly rollout: string | null;
    readonly revision: number;
    readonly arm: string;
    readonly version: number;
    readonly bucketMs: number;
  };
  readonly thresholdsMs: Route['thresholdsMs'];
  /** Names by which requests are told apart; null: they are not. */
  readonly segments: readonly string[] | null;
  /** Who was answered by this arm in this rollout; null outside any. */
  readonly known: UnitMemory | null;
  bucket: Bucket | null;
  /** Wall time at which the open bucket is over. */
  until: number;
  /** Start of the newest bucket that was closed: a clock set back must not open it again. */
  closed: number;
};

/** A request that was to be copied. */
export type SampledCopy = {
  /** Why nothing came of it; null: something did. */
  readonly dropped: DropReason | null;
  readonly segment: number | null;
};

/** The arm name of what the baseline answers to people outside the audience. */
export const OUTSIDE_ARM = 'outside';

/** Folds observations into buckets by wall clock, and keeps closed ones until control has them. */
export class Recorder {
  readonly #clock: Clock;
  readonly #unitsMax: number;
  readonly #windowsMax: number;
  readonly #slots = new Map<string, Slot>();
  readonly #closed = new Map<string, Window>();
  /** What each of them takes as JSON. */
  readonly #bytes = new WeakMap<Window, number>();
  readonly #memories = new Map<string, UnitMemory>();
  #dropped = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly unitsMax: number;
    readonly windowsMax: number;
  }) {
    this.#clock = options.clock;
    this.#unitsMax = options.unitsMax;
    this.#windowsMax = options.windowsMax;
  }

  /** Windows given up so far because nobody took them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Windows that wait for control. */
  get waiting(): number {
    return this.#closed.size;
  }

  /** The slot of an arm; the same one for the same meaning, over any number of tables. */
  slot(route: Route, armIndex: number): Slot {
    const { endpoint, rollout, revision, bucketMs, thresholdsMs } = route;
    const arm = route.arms[armIndex];
    const version = arm?.version.version ?? 0;
    const key = { endpoint, rollout, revision, arm: arm?.name ?? '', version, bucketMs };
    return this.#slotOf(key, thresholdsMs, namesIn(route));
  }

  /**
   * The slot of requests from outside the audience of a route. They were not drawn from the same
   * people as the arms, so they belong to no rollout and compare with nothing.
   */
  outsideSlot(route: Route): Slot {
    const { endpoint, revision, bucketMs, arms } = route;
    const version = arms[0]?.version.version ?? 0;
    const key = { endpoint, rollout: null, revision, arm: OUTSIDE_ARM, version, bucketMs };
    return this.#slotOf(key, noThresholds, namesIn(route));
  }

  #slotOf(key: Slot['key'], thresholdsMs: Slot['thresholdsMs'], segments: Slot['segments']): Slot {
    const name = JSON.stringify([Object.values(key), thresholdsMs, segments]);
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const memory = this.#memoryOf(key);
    const empty = { bucket: null, until: 0, closed: -1 };
    const slot: Slot = { key, thresholdsMs, segments, known: memory, ...empty };
    this.#slots.set(name, slot);
    return slot;
  }

  /** One memory for an arm of a rollout, over all stages of it. */
  #memoryOf({ rollout, arm, version }: Slot['key']): UnitMemory | null {
    if (rollout === null) return null;
    const name = JSON.stringify([rollout, arm, version]);
    const memory = this.#memories.get(name) ?? new UnitMemory();
    this.#memories.set(name, memory);
    return memory;
  }

  /** Counts a request that ended now. */
  observe(slot: Slot, observation: Observation): void {
    fold(this.#bucketOf(slot), observation);
  }

  /** Counts a request of a mirrored arm's sample. */
  copied(slot: Slot, { dropped, segment }: SampledCopy): void {
    foldCopy(this.#bucketOf(slot), dropped, segment);
  }

  /** Adds what drives the answers of an arm. */
  drove(slot: Slot, importance: Importance): void {
    foldImportance(this.#bucketOf(slot), importance);
  }

  /** Closes what is over. To be called some times a second. */
  tick(): void {
    const now = this.#clock.now();
    for (const slot of this.#slots.values()) {
      if (slot.bucket !== null && now >= slot.until) this.#close(slot);
    }
  }

  /** Closes everything, over or not: the process ends. */
  closeAll(): void {
    for (const slot of this.#slots.values()) {
      if (slot.bucket !== null) this.#close(slot);
    }
  }

  /** Forgets slots which no route uses any more and which hold nothing. */
  keepOnly(used: ReadonlySet<Slot>): void {
    for (const [name, slot] of this.#slots) {
      if (!used.has(slot) && slot.bucket === null) this.#slots.delete(name);
    }
    const known = new Set([...this.#slots.values()].map((slot) => slot.known));
    for (const [name, memory] of this.#memories) {
      if (!known.has(memory)) this.#memories.delete(name);
    }
  }

  /** What to send next, and the moment before which everything is sent with it. */
  pending(): { readonly windows: readonly Window[]; readonly through: Instant } {
    this.tick();
    const all = [...this.#closed.values()];
    const many = this.#fitting(all);
    const windows = all.slice(0, many);
    const left = all.slice(many);
    const through = left.reduce(
      (earliest, { start, bucketMs }) => Math.min(earliest, start + bucketMs),
      this.#clock.now() as number,
    );
    return { windows, through: instant(through) };
  }

  /** How many of them one report takes. */
  #fitting(windows: readonly Window[]): number {
    let bytes = 0;
    const beyond = windows.findIndex((window, at) => {
      bytes += this.#bytes.get(window) ?? 0;
      return at >= WINDOWS_PER_REPORT_MAX || (at > 0 && bytes > WINDOW_BYTES_PER_REPORT_MAX);
    });
    return beyond < 0 ? windows.length : beyond;
  }

  /** Control has stored these. */
  confirm(windows: readonly Window[]): void {
    for (const window of windows) {
      const name = nameOf(window);
      if (this.#closed.get(name) === window) this.#closed.delete(name);
    }
  }

  #bucketOf(slot: Slot): Bucket {
    const now = this.#clock.now();
    if (slot.bucket !== null && now >= slot.until) this.#close(slot);
    slot.bucket ??= this.#open(slot, now);
    return slot.bucket;
  }

  #open(slot: Slot, now: Instant): Bucket {
    const { key } = slot;
    const floor = Math.floor(now / key.bucketMs) * key.bucketMs;
    const start = floor > slot.closed ? floor : slot.closed + key.bucketMs;
    slot.until = start + key.bucketMs;
    const bucket = openBucket({ ...key, start: instant(start) }, slot.thresholdsMs, this.#unitsMax);
    bucket.known = slot.known;
    if (slot.segments !== null) splitBucket(bucket, slot.segments, this.#unitsMax);
    return bucket;
  }

  #close(slot: Slot): void {
    if (slot.bucket === null) return;
    const window = closeBucket(slot.bucket);
    slot.bucket = null;
    slot.closed = window.start;
    this.#bytes.set(window, Buffer.byteLength(JSON.stringify(window)));
    if (this.#closed.size >= this.#windowsMax) {
      const [oldest] = this.#closed.keys();
      if (oldest !== undefined) this.#closed.delete(oldest);
      this.#dropped += 1;
    }
    this.#closed.set(nameOf(window), window);
  }
}

const namesIn = ({ segments }: Route): readonly string[] | null =>
  segments === undefined ? null : segmentNames(segments);

const nameOf = ({ endpoint, rollout, revision, arm, version, start }: Window): string =>
  JSON.stringify([endpoint, rollout, revision, arm, version, start]);
