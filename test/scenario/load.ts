import { request, Agent } from 'node:http';
import { prng, uniform, type Prng } from '../../src/core/lib/prng.ts';

/** One request that did not get a usable answer. */
export type Failure = {
  readonly sentAtMs: number;
  readonly failedAtMs: number;
  readonly why: string;
};

/** One request that did. */
export type Served = { readonly atMs: number; readonly unit: string; readonly arm: string };

type Options = {
  readonly url: string;
  readonly rows: readonly (readonly number[])[];
  readonly rate: number;
  readonly seed: number;
  readonly users?: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** Connections of the clients together, so the most requests that can be in flight. */
export const CONNECTIONS_MAX = 64;
const SLICE_MS = 10;
const TIMEOUT_MS = 60_000;
const USERS_DEFAULT = 500;

/** Clients with keep-alive connections that send on time, whatever the answers do. */
export class Load {
  readonly failures: Failure[] = [];
  readonly served: Served[] = [];
  readonly #options: Options;
  readonly #prng: Prng;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  readonly #pending = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #owed = 0;
  #sent = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#prng = prng(options.seed);
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.#owed += ((nowMs - lastMs) / 1_000) * options.rate;
      lastMs = nowMs;
      for (; this.#owed >= 1; this.#owed -= 1) this.#launch();
    }, SLICE_MS);
  }

  get sent(): number {
    return this.#sent;
  }

  /** Answers since a moment, by arm. */
  armsSince(sinceMs: number): Readonly<Record<string, number>> {
    const recent = this.served.filter(({ atMs }) => atMs >= sinceMs);
    const groups = Object.groupBy(recent, ({ arm }) => arm);
    return Object.fromEntries(Object.entries(groups).map(([arm, all]) => [arm, all?.length ?? 0]));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    this.#agent.destroy();
  }

  #launch(): void {
    this.#sent += 1;
    const { rows, users = USERS_DEFAULT } = this.#options;
    const unit = `user-${Math.floor(uniform(this.#prng) * users)}`;
    const row = rows[Math.floor(uniform(this.#prng) * rows.length)];
    // No two requests are alike, as in life: what killed a runner twice would be quarantined.
    const [first = 0, ...others] = row ?? [];
    const features = [first * (1 + uniform(this.#prng) / 1_000), ...others];
    const one = this.#send(unit, JSON.stringify({ features }));
    this.#pending.add(one);
    void one.finally(() => this.#pending.delete(one));
  }

  #send(unit: string, body: string): Promise<void> {
    const sentAtMs = performance.now();
    return new Promise((resolve) => {
      const fail = (why: string): void => {
        this.failures.push({ sentAtMs, failedAtMs: performance.now(), why });
        resolve();
      };
      const outgoing = request(this.#options.url, {
        method: 'POST',
        agent: this.#agent,
        timeout: TIMEOUT_MS,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-unit-id': unit,
          ...this.#options.headers,
        },
      });
      outgoing.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      outgoing.once('timeout', () => outgoing.destroy(new Error('timed out')));
      outgoing.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', (error) => fail(error.message));
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode !== 200) return fail(`${response.statusCode} ${text}`);
          const arm = String(response.headers['x-understudy-arm']);
          this.served.push({ atMs: performance.now(), unit, arm });
          resolve();
        });
      });
      outgoing.end(body);
    });
  }
}
