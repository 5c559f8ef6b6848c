import type { Clock } from '../ports/clock.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';

/** Gateway processes that are remembered; the longest silent are forgotten. */
const INSTANCES_MAX = 256;
/** Who was not heard of for so long is not there any more. */
const SILENT_MS = 10_000;

type Word<Said> = { readonly atMs: number; readonly said: Said };

/** What was known of a gateway process when it was heard of again. */
export type HeardBefore<Said> = {
  readonly said: Said;
  /** How long ago. */
  readonly passedMs: number;
  readonly wasSilent: boolean;
};

/** What each gateway process said last, and when. */
export class Heard<Said> {
  readonly #clock: Clock;
  readonly #words = new Map<string, Word<Said>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of what a process says, and gives what it had said; null: it is new. */
  hear(
    { gateway, instance }: Pick<GatewayReport, 'gateway' | 'instance'>,
    said: Said,
  ): HeardBefore<Said> | null {
    const atMs = this.#clock.monotonicMs();
    const name = JSON.stringify([gateway, instance]);
    const before = this.#words.get(name);
    this.#words.delete(name);
    this.#words.set(name, { atMs, said });
    forgetFirst(this.#words, INSTANCES_MAX);
    if (before === undefined) return null;
    const passedMs = atMs - before.atMs;
    return { said: before.said, passedMs, wasSilent: passedMs >= SILENT_MS };
  }

  /** What those said last who are not silent. */
  *lately(): Iterable<Said> {
    const nowMs = this.#clock.monotonicMs();
    for (const { atMs, said } of this.#words.values()) if (nowMs - atMs < SILENT_MS) yield said;
  }
}

/** Keeps a map from growing: what was put in first goes first. */
export function forgetFirst(map: Map<unknown, unknown>, max: number): void {
  if (map.size <= max) return;
  const [first] = map.keys();
  map.delete(first);
}
