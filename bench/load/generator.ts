import { prng, uniform } from '../../src/core/lib/prng.ts';
import { quantileOf } from '../quantile.ts';
import { Line } from './line.ts';
import type { LoadPlan, LoadResult, LoadWord } from './plan.ts';
import { requestsTo } from './requests.ts';

const TICK_MS = 1;
const SEED = 11;
const STATUS_OK = 200;

/** A process of its own that sends requests and tells the one that started it what it saw. */
class Generator {
  readonly #plan: LoadPlan;
  readonly #requests: readonly Buffer[];
  readonly #idle: Line[];
  readonly #lines: readonly Line[];
  /** Moments at which requests became due for which no connection was free. */
  readonly #waiting: number[] = [];
  #latencies: number[] = [];
  #late: number[] = [];
  #failed = 0;
  #sent = 0;
  #isOver = false;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    const url = new URL(plan.url);
    this.#requests = requestsTo(url, plan.dialect);
    this.#lines = Array.from({ length: plan.connections }, () => new Line(url));
    this.#idle = [...this.#lines];
  }

  async run(tell: (word: LoadWord) => void): Promise<void> {
    const { rate, warmUpMs, measureMs } = this.#plan;
    if (rate === null) this.#startClosed();
    else this.#startOpen(rate);
    await pause(warmUpMs);
    this.#reset();
    tell({ type: 'begin' });
    await pause(measureMs);
    const result = this.#result();
    this.#isOver = true;
    tell({ type: 'end', result });
    for (const line of this.#lines) line.close();
  }

  #startClosed(): void {
    for (let line = this.#idle.pop(); line !== undefined; line = this.#idle.pop()) {
      this.#send(line, performance.now());
    }
  }

  /** Poisson arrivals; each tick sends those that have become due since the last. */
  #startOpen(rate: number): void {
    const random = prng(SEED);
    const gapMs = (): number => (-Math.log(1 - uniform(random)) * 1_000) / rate;
    let dueMs = performance.now() + gapMs();
    const timer = setInterval(() => {
      if (this.#isOver) clearInterval(timer);
      const nowMs = performance.now();
      for (; dueMs <= nowMs && !this.#isOver; dueMs += gapMs()) {
        this.#late.push(nowMs - dueMs);
        const line = this.#idle.pop();
        if (line === undefined) this.#waiting.push(nowMs);
        else this.#send(line, nowMs);
      }
    }, TICK_MS);
  }

  #send(line: Line, dueMs: number): void {
    const request = this.#requests[this.#sent % this.#requests.length];
    if (request === undefined) return;
    this.#sent += 1;
    line.send(request, (reply) => {
      const nowMs = performance.now();
      if (reply?.status === STATUS_OK) this.#latencies.push(nowMs - dueMs);
      else this.#failed += 1;
      this.#next(line, nowMs);
    });
  }

  #next(line: Line, nowMs: number): void {
    if (this.#isOver) return;
    if (this.#plan.rate === null) {
      this.#send(line, nowMs);
      return;
    }
    const dueMs = this.#waiting.shift();
    if (dueMs === undefined) this.#idle.push(line);
    else this.#send(line, dueMs);
  }

  #reset(): void {
    this.#latencies = [];
    this.#late = [];
    this.#failed = 0;
  }

  #result(): LoadResult {
    const sorted = Float64Array.from(this.#latencies).sort();
    const late = Float64Array.from(this.#late).sort();
    return {
      requests: sorted.length,
      failed: this.#failed,
      p50Ms: quantileOf(sorted, 0.5),
      p99Ms: quantileOf(sorted, 0.99),
      latenciesMs: [...sorted],
      lateP99Ms: late.length === 0 ? 0 : quantileOf(late, 0.99),
    };
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

// Whoever asked has ended: there is nobody to tell.
process.once('disconnect', () => process.exit(0));
const plan = JSON.parse(process.argv[2] ?? '{}') as LoadPlan;
const told: Promise<unknown>[] = [];
await new Generator(plan).run((word) => {
  told.push(new Promise((resolve) => process.send?.(word, resolve)));
});
// What has not left yet would not leave any more.
await Promise.all(told);
process.disconnect();
