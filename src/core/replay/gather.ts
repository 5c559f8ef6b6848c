import { mergeWindows } from '../telemetry/merge.ts';
import type { Window } from '../telemetry/window.ts';
import { hadCome, wasIn } from './grounds.ts';
import type { SentWindow } from './grounds.ts';
import type { ReceiptStep, ReceiptWindow, Since } from './receipt.ts';
import { windowKeyText } from './window-table.ts';

/**
 * Puts the stored windows of a rollout together as its decisions saw them: windows of one key that
 * were known to the same decisions become one, so that what is held grows with the buckets and not
 * with the gateways.
 */
export class Gathering {
  readonly #steps: readonly ReceiptStep[];
  readonly #windows = new Map<string, ReceiptWindow>();

  /** `steps`: the rollout's transitions, oldest first. */
  constructor(steps: readonly ReceiptStep[]) {
    this.#steps = steps;
  }

  /** How many windows are held. */
  get size(): number {
    return this.#windows.size;
  }

  /** Takes a stored window. */
  add(sent: SentWindow): void {
    const since = this.#since(sent) ?? NEVER;
    const key = `${since.join('/')} ${windowKeyText(sent.window)}`;
    const found = this.#windows.get(key);
    const window = found === undefined ? sent.window : mergeWindows(found.window, sent.window);
    this.#windows.set(key, { since, window });
  }

  /** What decisions rested on, in a fixed order. */
  get windows(): readonly ReceiptWindow[] {
    return this.#sorted().filter(({ since }) => since !== NEVER);
  }

  /** What no decision rested on. */
  get later(): readonly Window[] {
    const later = this.#sorted().filter(({ since }) => since === NEVER);
    // What a rollout does not ask for when it is judged next is none of its business.
    return later.map(({ window }) => window).filter(({ rollout }) => rollout !== null);
  }

  #sorted(): readonly ReceiptWindow[] {
    const byKey = [...this.#windows].sort(([a], [b]) => (a < b ? -1 : 1));
    return byKey.map(([, one]) => one).sort((a, b) => a.window.start - b.window.start);
  }

  /** The first judgement that rested on it. */
  #since(sent: SentWindow): Since | undefined {
    for (const { seq, detail } of this.#steps) {
      const grounds = detail.judged?.grounds ?? [];
      const place = grounds.findIndex((one) => hadCome(one, sent) && wasIn(one, sent.window));
      if (place >= 0) return [seq, place];
    }
    return undefined;
  }
}

/** Of windows that no transition rested on. */
const NEVER: Since = [Infinity, 0];
