import { Pool } from 'undici';
import { prng, uniform, type Prng } from '../../src/core/lib/prng.ts';
import type { Row } from './rows.ts';

/** What the clients of the demonstration saw. */
export type TrafficCount = {
  readonly requests: number;
  /** Requests without a usable prediction: refused, broken, not 200, or not one of the classes. */
  readonly failed: number;
  readonly candidate: number;
  readonly correct: number;
};

type Options = {
  readonly predict: string;
  readonly endpoint: string;
  readonly rows: readonly Row[];
  readonly seed: number;
  /** Requests per second, sent on time whatever the answers do (open loop). */
  readonly rate: number;
  readonly tells: Telling;
};

/** What clients say afterwards: nothing, whether an answer was right, or what would have been. */
export type Telling = 'nothing' | 'rewards' | 'labels';

const USERS = 5_000;
const CONNECTIONS = 32;
const SLICE_MS = 20;
const FEEDBACK_MS = 500;
const CLASSES = new Set([0, 1]);

/** Of a hundred users, four are of the house and sixteen use it all day. */
function groupOf(user: number): string {
  if (user % 100 < 2) return 'dev';
  if (user % 100 < 4) return 'qa';
  return user % 100 < 20 ? 'power' : 'public';
}

/** Sends real rows as many users would, until it is stopped. */
export class Traffic {
  readonly #options: Options;
  readonly #prng: Prng;
  readonly #pool: Pool;
  readonly #pending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #mail: NodeJS.Timeout | null = null;
  #known: string[] = [];
  #owed = 0;
  #requests = 0;
  #failed = 0;
  #candidate = 0;
  #correct = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#prng = prng(options.seed);
    this.#pool = new Pool(options.predict, { connections: CONNECTIONS });
  }

  get count(): TrafficCount {
    const [requests, failed] = [this.#requests, this.#failed];
    return { requests, failed, candidate: this.#candidate, correct: this.#correct };
  }

  start(): void {
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.#owed += ((nowMs - lastMs) / 1_000) * this.#options.rate;
      lastMs = nowMs;
      while (this.#owed >= 1) {
        this.#owed -= 1;
        const one = this.#sendOne();
        this.#pending.add(one);
        void one.finally(() => this.#pending.delete(one));
      }
    }, SLICE_MS);
    if (this.#options.tells !== 'nothing') {
      this.#mail = setInterval(() => void this.#tell(), FEEDBACK_MS);
    }
  }

  /** Stops sending and waits for the answers that are still to come. */
  async stop(): Promise<void> {
    for (const timer of [this.#timer, this.#mail]) if (timer !== null) clearInterval(timer);
    await Promise.all(this.#pending);
    if (!this.#pool.closed) await this.#pool.close();
  }

  async #sendOne(): Promise<void> {
    const { endpoint, rows } = this.#options;
    const row = rows[Math.floor(uniform(this.#prng) * rows.length)];
    const number = Math.floor(uniform(this.#prng) * USERS);
    this.#requests += 1;
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        path: `/v1/endpoints/${endpoint}/predict`,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-unit-id': `user-${number}`,
          'x-group': groupOf(number),
        },
        body: JSON.stringify({ features: row?.features }),
      });
      const answer = (await body.json()) as { readonly prediction?: unknown };
      if (headers['x-understudy-arm'] === 'candidate') this.#candidate += 1;
      if (statusCode !== 200 || !CLASSES.has(answer.prediction as number)) this.#failed += 1;
      const isRight = answer.prediction === row?.label;
      if (isRight) this.#correct += 1;
      if (statusCode !== 200 || this.#options.tells === 'nothing') return;
      const known =
        this.#options.tells === 'labels' ? { label: row?.label } : { reward: isRight ? 1 : 0 };
      this.#known.push(JSON.stringify({ prediction_id: headers['x-prediction-id'], ...known }));
    } catch {
      this.#failed += 1;
    }
  }

  /** What came of the predictions, as far as it is known by now. */
  async #tell(): Promise<void> {
    const body = this.#known.join('\n');
    this.#known = [];
    if (body === '') return;
    const headers = { 'content-type': 'application/x-ndjson' };
    try {
      const told = await fetch(`${this.#options.predict}/v1/feedback`, {
        method: 'POST',
        headers,
        body,
      });
      if (!told.ok) this.#failed += 1;
    } catch {
      this.#failed += 1;
    }
  }
}
