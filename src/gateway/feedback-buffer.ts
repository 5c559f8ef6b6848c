import { bps } from '../core/lib/units.ts';
import { FEEDBACK_PER_BATCH_MAX } from '../protocol/feed/feedback.ts';
import type { FedBack, FeedbackBatch } from '../protocol/feed/feedback.ts';
import type { PredictionOrigin } from '../protocol/inference/prediction-id.ts';

/** A piece of feedback that waits for control. Pieces of one origin share it. */
export type Waiting = {
  readonly said: Omit<FedBack, 'about'>;
  readonly about: Exclude<FedBack['about'], { type: 'prediction' }> | MadeHere;
};

type MadeHere = Omit<Extract<FedBack['about'], { type: 'prediction' }>, 'origin'> & {
  readonly origin: PredictionOrigin;
};

/** Pieces in the form they travel in. */
export type Packed = Pick<FeedbackBatch, 'origins' | 'feedback'>;

type Watcher = { readonly ticket: number; readonly stored: () => void };

/** Feedback on its way to control: in order, bounded, and only let go of when control has it. */
export class FeedbackBuffer {
  readonly #max: number;
  #queue: Waiting[] = [];
  #reserved = 0;
  #taken = 0;
  #confirmed = 0;
  #watchers: Watcher[] = [];

  constructor(piecesMax: number) {
    this.#max = piecesMax;
  }

  /** Pieces that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Keeps room for so many pieces, if there is. What is not needed is given back. */
  reserve(pieces: number): boolean {
    if (this.#queue.length + this.#reserved + pieces > this.#max) return false;
    this.#reserved += pieces;
    return true;
  }

  /** Gives room back. */
  release(pieces: number): void {
    this.#reserved -= pieces;
  }

  /** Takes pieces for which there is room; answers with the ticket to wait for. */
  push(pieces: readonly Waiting[]): number {
    for (const piece of pieces) this.#queue.push(piece);
    this.#taken += pieces.length;
    return this.#taken;
  }

  /** Calls back once when everything up to this ticket is stored; the answer ends the wait. */
  watch(ticket: number, stored: () => void): () => void {
    if (ticket <= this.#confirmed) {
      stored();
      return () => undefined;
    }
    const watcher = { ticket, stored };
    this.#watchers.push(watcher);
    return () => {
      this.#watchers = this.#watchers.filter((one) => one !== watcher);
    };
  }

  /** What to send next. */
  next(): Packed {
    const places = new Map<PredictionOrigin, number>();
    const feedback = this.#queue
      .slice(0, FEEDBACK_PER_BATCH_MAX)
      .map(({ said, about }): FedBack => {
        if (about.type === 'unit') return { ...said, about };
        const origin = places.get(about.origin) ?? places.size;
        places.set(about.origin, origin);
        return { ...said, about: { ...about, origin } };
      });
    return { origins: [...places.keys()].map(packedOrigin), feedback };
  }

  /** Control has stored the first so many pieces. */
  confirm(pieces: number): void {
    this.#queue = this.#queue.slice(pieces);
    this.#confirmed += pieces;
    const ready = this.#watchers.filter(({ ticket }) => ticket <= this.#confirmed);
    this.#watchers = this.#watchers.filter(({ ticket }) => ticket > this.#confirmed);
    for (const { stored } of ready) stored();
  }
}

const packedOrigin = (origin: PredictionOrigin): Packed['origins'][number] => ({
  ...origin,
  shareBps: origin.shareBps === null ? null : bps(origin.shareBps),
});
