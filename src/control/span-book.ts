import type { PlacedSpan } from '../core/feedback/attribute.ts';
import { compileWhole } from '../core/routing/lanes.ts';
import type { Store } from '../ports/store.ts';

const SPANS_PAGE = 1_000;

/** How endpoints have been answered, as far as anybody asked. Forgets with every new table. */
export class SpanBook {
  readonly #store: Store;
  readonly #held = new Map<string, Promise<readonly PlacedSpan[]>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** A table came: what is held may lack its spans. */
  forget(): void {
    this.#held.clear();
  }

  /** All spans of an endpoint, the oldest first. */
  of(endpoint: string): Promise<readonly PlacedSpan[]> {
    const held = this.#held.get(endpoint);
    if (held !== undefined) return held;
    const reading = this.#read(endpoint).catch((error: unknown) => {
      this.#held.delete(endpoint);
      throw error;
    });
    this.#held.set(endpoint, reading);
    return reading;
  }

  async #read(endpoint: string): Promise<readonly PlacedSpan[]> {
    const all: PlacedSpan[] = [];
    let after = '';
    for (;;) {
      const prefix = `${endpoint}/`;
      const page = await this.#store.list({ kind: 'span', prefix, after, limit: SPANS_PAGE });
      all.push(...page.map(({ value }) => ({ ...value, ...compileWhole(value.route) })));
      const last = page.at(-1);
      if (last === undefined || page.length < SPANS_PAGE) return all;
      after = last.key;
    }
  }
}
