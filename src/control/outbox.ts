import type { Logger } from 'pino';
import type { Effect } from '../core/rollout/effect.ts';
import type { Clock } from '../ports/clock.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Store } from '../ports/store.ts';
import type { Journal } from './journal.ts';
import { Wakeup } from './wakeup.ts';

const BATCH = 100;
const RETRY_MS = 1_000;
const IDLE_MS = 5_000;
const SEND_MS = 10_000;

type Dependencies = {
  readonly store: Store;
  readonly journal: Journal;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
};

/**
 * Performs effects after they have become durable (law 7): first perform, then mark. A crash
 * between the two performs one again; its id tells the receiver.
 */
export class Outbox {
  readonly #deps: Dependencies;
  readonly #wakeup: Wakeup;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#wakeup = new Wakeup(deps.clock);
  }

  /** Says that there may be something to perform. */
  wake(): void {
    this.#wakeup.wake();
  }

  /** Performs what is pending until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#wakeup.sleep(await this.#drainOrWait(signal), signal);
    }
  }

  /** A store that is away for a while must end nothing: what is pending stays pending. */
  async #drainOrWait(signal: AbortSignal): Promise<number> {
    try {
      return await this.#drain(signal);
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'effects could not be read or marked');
      return RETRY_MS;
    }
  }

  async #drain(signal: AbortSignal): Promise<number> {
    const { store, journal, log } = this.#deps;
    for (;;) {
      const pending = await store.scan({ log: 'outbox', limit: BATCH });
      if (pending.length === 0 || signal.aborted) return IDLE_MS;
      const performed: string[] = [];
      for (const effect of pending) {
        if (await this.#perform(effect, signal)) performed.push(effect.id);
      }
      if (performed.length > 0) await journal.run(() => ({ performed, answer: undefined }));
      if (performed.length < pending.length) {
        log.warn({ left: pending.length - performed.length }, 'effects are left to be repeated');
        return RETRY_MS;
      }
    }
  }

  async #perform(effect: Effect, signal: AbortSignal): Promise<boolean> {
    const { notifier, clock, log } = this.#deps;
    const ending = new AbortController();
    const either = AbortSignal.any([signal, ending.signal]);
    // Whoever does not answer is not waited for, even if he does not heed the signal.
    const late = clock.sleep(SEND_MS, either).then(() => {
      ending.abort();
      throw new Error(`not sent within ${SEND_MS} ms`);
    });
    try {
      await Promise.race([notifier.send(effect, either), late]);
      return true;
    } catch (error) {
      log.warn({ effect: effect.id, error: String(error) }, 'an effect failed');
      return false;
    } finally {
      late.catch(() => undefined);
      ending.abort();
    }
  }
}
