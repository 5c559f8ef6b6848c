import { Line } from '../load/line.ts';
import { requestsTo } from '../load/requests.ts';

const CONNECTIONS = 32;
const TICK_MS = 2;
const STATUS_OK = 200;
const BY_CANDIDATE = /\r\nx-understudy-arm: candidate\r\n/i;

/** Clients that send at an even rate, and remember when which arm answered them. */
export class Clients {
  readonly #requests: readonly Buffer[];
  readonly #idle: Line[];
  readonly #lines: readonly Line[];
  readonly #timer: NodeJS.Timeout;
  #candidateAnswers: number[] = [];
  #baselineAnswers: number[] = [];
  #due = 0;
  #sent = 0;
  #failed = 0;

  constructor(url: string, rate: number) {
    const target = new URL(url);
    this.#requests = requestsTo(target, 'simple');
    this.#lines = Array.from({ length: CONNECTIONS }, () => new Line(target));
    this.#idle = [...this.#lines];
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.#due += ((nowMs - lastMs) / 1_000) * rate;
      lastMs = nowMs;
      this.#sendDue();
    }, TICK_MS);
  }

  /** When the candidate's answers arrived, on the clock of `performance.now`. */
  get candidateAnswers(): readonly number[] {
    return this.#candidateAnswers;
  }

  /** When the baseline's answers arrived. */
  get baselineAnswers(): readonly number[] {
    return this.#baselineAnswers;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Answered by something else than 200, or not at all. */
  get failed(): number {
    return this.#failed;
  }

  /** Begins to remember anew. */
  forget(): void {
    this.#candidateAnswers = [];
    this.#baselineAnswers = [];
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const line of this.#lines) line.close();
  }

  #sendDue(): void {
    for (; this.#due >= 1; this.#due -= 1) {
      const line = this.#idle.pop();
      const request = this.#requests[this.#sent % this.#requests.length];
      if (line === undefined || request === undefined) return;
      this.#sent += 1;
      line.send(request, (reply) => {
        this.#idle.push(line);
        if (reply?.status !== STATUS_OK) this.#failed += 1;
        else if (BY_CANDIDATE.test(reply.head)) this.#candidateAnswers.push(performance.now());
        else this.#baselineAnswers.push(performance.now());
      });
    }
  }
}
