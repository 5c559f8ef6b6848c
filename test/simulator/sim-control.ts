import { createControl, type Control } from '../../src/control/control.ts';
import type { ControlContext } from '../../src/control/context.ts';
import type { Effect } from '../../src/core/rollout/effect.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import type { Change, Store } from '../../src/ports/store.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { Chance } from './chance.ts';
import type { Coverage } from './coverage.ts';
import type { FarEnd } from './sim-feed.ts';
import { SimClock } from './sim-clock.ts';
import { SimStore, type FateOf } from './sim-store.ts';
import type { Timeline } from './timeline.ts';
import { Violation } from './trace.ts';

/** What a control process is made of; all of it outlives the process. */
export type ControlParts = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly coverage: Coverage;
  readonly store: Store;
  readonly fateOf: FateOf;
  readonly receiver: Notifier;
  readonly tickMs: number;
  readonly fail: (violation: Violation) => void;
};

const away = (): Promise<never> => Promise.reject(new Error('there are no model files here'));
const noBlobs: BlobStore = { put: away, read: away, head: away, remove: away };
const noRegistry: Registry = { admit: away };

/**
 * A control process: it starts, may be killed at any moment, and leaves only what is in the store.
 */
export class ControlProcess implements FarEnd {
  readonly clock: SimClock;
  readonly #parts: ControlParts;
  readonly #store: SimStore;
  readonly #ending = new AbortController();
  /** Rollouts whose evidence this process has read: again means that some of it came late. */
  readonly #folded = new Set<string>();
  #control: Control | null = null;

  constructor(parts: ControlParts, aheadMs: number) {
    const { timeline, store, fateOf, coverage } = parts;
    this.#parts = parts;
    this.clock = new SimClock(timeline, aheadMs);
    const onLost = ({ puts }: Change): void =>
      coverage.sometimes('control crashed between commit and publish', puts.length > 0);
    const onRead = (what: string): void => {
      coverage.sometimes('a late window was folded in', this.#folded.has(what));
      this.#folded.add(what);
    };
    this.#store = new SimStore({ store, timeline, fateOf, onLost, onRead });
  }

  get died(): AbortSignal {
    return this.#ending.signal;
  }

  get feed(): FarEnd['feed'] {
    if (this.#control === null) throw new Error('control is not up');
    return this.#control.feed;
  }

  /** Null until it has read its state. */
  get context(): ControlContext | null {
    return this.#control?.context ?? null;
  }

  /** Resolves when it is up; rejects when the store did not let it. */
  async start(): Promise<void> {
    const { entropy, receiver, tickMs } = { ...this.#parts, entropy: this.#parts.chance };
    const control = await createControl({
      store: this.#store,
      blobs: noBlobs,
      registry: noRegistry,
      clock: this.clock,
      entropy,
      log: this.#log(),
      limits: { blobBytesMax: 1, windowsKeptMs: 7 * 86_400_000 },
      notifiers: [receiver],
      tickMs,
    });
    if (!this.died.aborted) this.#control = control;
  }

  /** Nothing of it goes on; whoever talks with it is cut off. */
  kill(): void {
    this.clock.kill();
    this.#store.kill();
    this.#ending.abort();
    this.#control = null;
  }

  /** What only a bug can make it say ends the run. */
  #log(): ControlContext['log'] {
    const write = (fields: unknown, message?: string): void => {
      const { error } = fields as { readonly error?: string };
      if (error === undefined || isExpected(error)) return;
      this.#parts.fail(new Violation(`control says: ${message ?? ''} (${error})`));
    };
    return { info: write, warn: write, error: write } as ControlContext['log'];
  }
}

const isExpected = (error: string): boolean =>
  /the store failed|was changed by another control process|not sent within|nobody is there/.test(
    error,
  );

/** Somebody outside who is told what happens: away at times, slow at times, and never confused. */
export class Receiver implements Notifier {
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #coverage: Coverage;
  readonly #got = new Map<string, string>();
  readonly #times = new Map<string, number>();
  /** Chance that an effect is not taken, or taken without an answer. */
  faults = 0;

  constructor(parts: Pick<ControlParts, 'timeline' | 'chance' | 'coverage'>) {
    this.#timeline = parts.timeline;
    this.#chance = parts.chance;
    this.#coverage = parts.coverage;
  }

  /** Whether the effect has arrived at least once. */
  has(id: string): boolean {
    return this.#got.has(id);
  }

  /** What has arrived, in order, once each. */
  get received(): readonly string[] {
    return [...this.#got.keys()];
  }

  async send(effect: Effect): Promise<void> {
    await new Promise<void>((resolve) => void this.#timeline.in(this.#chance.waitMs(5), resolve));
    if (this.#chance.happens(this.faults)) throw this.#away();
    if (this.#chance.happens(this.faults / 4)) return new Promise(() => undefined);
    this.#take(effect);
    if (this.#chance.happens(this.faults)) throw this.#away();
  }

  #take({ id, event }: Effect): void {
    const text = JSON.stringify(event);
    const known = this.#got.get(id);
    if (known !== undefined && known !== text) throw new Violation(`effect ${id} came as two`);
    const times = (this.#times.get(id) ?? 0) + 1;
    this.#coverage.sometimes('an effect came twice', times === 2);
    this.#times.set(id, times);
    this.#got.set(id, text);
  }

  #away(): Error {
    this.#coverage.sometimes('an effect failed and was sent again');
    return new Error('nobody is there');
  }
}
