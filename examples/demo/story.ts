/** Tells what happens, on standard error when only JSON may go to standard output. */
export class Story {
  readonly #quiet: boolean;
  readonly #startMs = performance.now();

  constructor(options: { readonly quiet: boolean }) {
    this.#quiet = options.quiet;
  }

  /** A line with the time since the start. */
  say(line: string): void {
    if (this.#quiet) return;
    const seconds = ((performance.now() - this.#startMs) / 1_000).toFixed(1).padStart(5);
    process.stdout.write(`${seconds} s  ${line}\n`);
  }

  /** A heading. */
  chapter(title: string): void {
    if (!this.#quiet) process.stdout.write(`\n── ${title} ──\n`);
  }
}

/** `█████░░░░░` for a part of one. */
export function bar(part: number, width = 10): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
