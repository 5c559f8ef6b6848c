import type { Effect, RolloutEvent } from '../core/rollout/effect.ts';
import type { Instant } from '../core/lib/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Notifier } from '../ports/notifier.ts';

/** An event with the number that lets a client go on where it was cut off. */
export type NumberedEvent = {
  readonly seq: number;
  readonly id: string;
  readonly at: Instant;
  readonly event: RolloutEvent;
};

const KEPT = 1_000;

/**
 * The last events, for people who watch. A notifier among others: what it gets from the outbox it
 * hands to every listener, once per effect id.
 */
export class EventLog implements Notifier {
  readonly #clock: Clock;
  readonly #events: NumberedEvent[] = [];
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  #seq = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async send(effect: Effect): Promise<void> {
    if (this.#events.some(({ id }) => id === effect.id)) return;
    this.#seq += 1;
    const event = { seq: this.#seq, id: effect.id, at: this.#clock.now(), event: effect.event };
    this.#events.push(event);
    if (this.#events.length > KEPT) this.#events.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /**
   * Events after `seq` that are still kept, oldest first. A number that was never given comes from
   * before a restart, when counting began anew: then all that is kept may be news.
   */
  after(seq: number): readonly NumberedEvent[] {
    return this.#events.filter((event) => seq > this.#seq || event.seq > seq);
  }

  /** Calls `listener` with every further event until the returned function is called. */
  listen(listener: (event: NumberedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
