/** Something that will happen at a virtual moment. */
type Event = { readonly dueMs: number; readonly seq: number; readonly run: () => void };

/**
 * Virtual time, shared by everything in one world. It stands still while promises settle, and goes
 * on only when somebody takes the next event. Events of one moment come in the order in which they
 * were made.
 */
export class Timeline {
  readonly #heap: Event[] = [];
  readonly #cancelled = new Set<number>();
  #nowMs = 0;
  #seq = 0;

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Lets `run` happen `inMs` from now; the answer takes that back. */
  in(inMs: number, run: () => void): () => void {
    this.#seq += 1;
    const event = { dueMs: this.#nowMs + Math.max(0, inMs), seq: this.#seq, run };
    this.#push(event);
    return () => this.#cancelled.add(event.seq);
  }

  /** When the next event is due; null: nothing will ever happen. */
  nextMs(): number | null {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (!this.#cancelled.delete(first.seq)) return first.dueMs;
      this.#pop();
    }
    return null;
  }

  /** Goes on to the next event and lets it happen; false: there is none. */
  step(): boolean {
    if (this.nextMs() === null) return false;
    const event = this.#pop();
    if (event === undefined) return false;
    this.#nowMs = event.dueMs;
    event.run();
    return true;
  }

  /** Goes on by `ms`, letting everything in between happen and settle. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (let next = this.nextMs(); next !== null && next <= untilMs; next = this.nextMs()) {
      this.step();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    heap.push(event);
    let at = heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(event, above)) break;
      heap[at] = above;
      heap[parent] = event;
      at = parent;
    }
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? 2 : 1;
      const smaller = child === 2 ? right : left;
      if (smaller === undefined || !isBefore(smaller, last)) break;
      heap[at] = smaller;
      at = 2 * at + child;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (a: Event, b: Event): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.seq < b.seq);

/**
 * Resolves when every promise that can settle without time going on has settled. Nothing in a world
 * does real input or output, so what is left then waits for virtual time.
 */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
