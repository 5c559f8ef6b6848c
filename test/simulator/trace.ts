import { createHash } from 'node:crypto';
import type { Timeline } from './timeline.ts';

const LINES_KEPT = 4_000;

/** What happened in a world, as lines for people and as a digest that tells two runs apart. */
export class Trace {
  readonly #timeline: Timeline;
  readonly #digest = createHash('sha256');
  readonly #lines: string[] = [];
  readonly #isLoud: boolean;

  constructor(timeline: Timeline, isLoud: boolean) {
    this.#timeline = timeline;
    this.#isLoud = isLoud;
  }

  /** Something a reader wants to know. */
  say(line: string): void {
    const at = (this.#timeline.nowMs / 1_000).toFixed(3).padStart(9);
    const text = `${at}  ${line}`;
    this.#digest.update(text);
    this.#lines.push(text);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    if (this.#isLoud) process.stdout.write(`${text}\n`);
  }

  /** Something that must be the same in a replay but interests nobody. */
  note(line: string): void {
    this.#digest.update(`${this.#timeline.nowMs} ${line}`);
  }

  /** The last lines. */
  tail(count: number): string {
    return this.#lines.slice(-count).join('\n');
  }

  /** The digest of everything; ends the trace. */
  end(): string {
    return this.#digest.digest('hex');
  }
}

/** What must never happen has happened. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Breaks off the run when something that must be so is not. */
export function must(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Violation(what);
}
