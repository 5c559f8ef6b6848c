import { ProcessorPolicy } from './processor-policy.ts';
import { RunDelay } from './system-memory.ts';

/** A runner that users ask as well stays as it is for this long after the last of them. */
const USERS_MS = 10_000;
const NS_PER_MS = 1e6;

/**
 * Lets users go first where processors are scarce: a runner that is given nothing but copies works
 * on processors nobody else wants, until the first request somebody waits for. What a copy waited
 * for a processor is said, so that it is not taken for the slowness of its model.
 */
export class Courtesy {
  readonly #policy: ProcessorPolicy;
  readonly #nowMs: () => number;
  readonly #delay: RunDelay;
  #isLow = false;
  #usersMs = Number.NEGATIVE_INFINITY;

  constructor(pid: number, nowMs: () => number) {
    this.#policy = new ProcessorPolicy(pid);
    this.#nowMs = nowMs;
    this.#delay = new RunDelay(pid);
  }

  /** Whether nobody has waited for anything it does for a while. */
  get isForCopies(): boolean {
    return this.#isLow;
  }

  /** Somebody waits for what is sent now. */
  beforeUser(): void {
    this.#usersMs = this.#nowMs();
    if (!this.#isLow) return;
    this.#isLow = false;
    this.#policy.ask('usual');
  }

  /** Nobody waits for what is sent now. */
  beforeCopy(): void {
    const isForUsers = this.#nowMs() - this.#usersMs < USERS_MS;
    if (!this.#isLow && !isForUsers) this.lower();
  }

  /** Lets others go first. */
  lower(): void {
    this.#isLow = true;
    this.#policy.ask('yielding');
  }

  /** How long the runner has waited for a processor in all; 0 where that is not told. */
  delayMs(): number {
    return (this.#delay.ns() ?? 0) / NS_PER_MS;
  }

  /** The runner has ended. */
  close(): void {
    this.#delay.close();
  }
}
