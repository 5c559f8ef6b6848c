import type { RoutingTable } from '../core/routing/table.ts';

/** Hands the newest durable table to whoever waits for it. */
export class TableFeed {
  #table: RoutingTable;
  readonly #waiting = new Set<(table: RoutingTable) => void>();

  constructor(table: RoutingTable) {
    this.#table = table;
  }

  /** Makes a table the newest; older ones are ignored. */
  publish(table: RoutingTable): void {
    if (table.generation <= this.#table.generation) return;
    this.#table = table;
    for (const wake of this.#waiting) wake(table);
  }

  /**
   * The newest table once its generation is above `after`; null when `signal` is aborted before.
   */
  next(after: number, signal: AbortSignal): Promise<RoutingTable | null> {
    if (this.#table.generation > after) return Promise.resolve(this.#table);
    if (signal.aborted) return Promise.resolve(null);
    return new Promise((resolve) => {
      const done = (table: RoutingTable | null): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', giveUp);
        resolve(table);
      };
      const wake = (table: RoutingTable): void => {
        if (table.generation > after) done(table);
      };
      const giveUp = (): void => done(null);
      this.#waiting.add(wake);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}
