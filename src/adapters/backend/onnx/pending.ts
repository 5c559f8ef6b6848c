import type { InferCall, InferResult } from '../../../ports/model-backend.ts';

/** A request somebody waits for. Times are monotonic milliseconds. */
export type Pending = {
  readonly id: number;
  readonly call: InferCall;
  readonly bytes: number;
  /** First dimension of its first input: what it adds to a joined run. */
  readonly rows: number;
  readonly deadlineAt: number;
  /** When it left for a runner; null while it waits. */
  sentAt: number | null;
  /** Of a copy: what its runner had waited for a processor, and spent on copies, by then. */
  heldFromMs: number;
  /** Whether it must not be in work together with others. */
  isAlone: boolean;
  /** Name of its inputs, once it was needed. */
  hash: string | null;
  /** Whether its caller has been answered; its runner may still be at it. */
  isSettled: boolean;
  readonly settle: (result: InferResult) => void;
};

/**
 * Requests that wait: those somebody waits for first, then copies, each first come first served.
 * Those settled meanwhile are passed over.
 */
export class TwoLines {
  readonly #first = new WaitingLine();
  readonly #copies = new WaitingLine();

  push(pending: Pending): void {
    (isCopy(pending) ? this.#copies : this.#first).push(pending);
  }

  /** The next that is still waited for. */
  peek(): Pending | undefined {
    return this.#first.peek() ?? this.#copies.peek();
  }

  /** Takes away what `peek` answered. */
  shift(next: Pending): void {
    (isCopy(next) ? this.#copies : this.#first).shift();
  }

  /** All that are still waited for. */
  waiting(): readonly Pending[] {
    return [...this.#first.waiting(), ...this.#copies.waiting()];
  }
}

/** Whether nobody waits for it. */
export const isCopy = ({ call }: Pending): boolean => call.yields === true;

/** Requests of one kind. */
class WaitingLine {
  #items: Pending[] = [];
  #head = 0;

  push(pending: Pending): void {
    this.#items.push(pending);
  }

  /** The next that is still waited for. */
  peek(): Pending | undefined {
    let next = this.#items[this.#head];
    while (next?.isSettled === true) {
      this.#head += 1;
      next = this.#items[this.#head];
    }
    if (next === undefined) this.#compact();
    return next;
  }

  /** Takes away what `peek` answers. */
  shift(): void {
    this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) this.#compact();
  }

  /** All that are still waited for. */
  waiting(): readonly Pending[] {
    this.#compact();
    this.#items = this.#items.filter(({ isSettled }) => !isSettled);
    return this.#items;
  }

  #compact(): void {
    this.#items.splice(0, this.#head);
    this.#head = 0;
  }
}
