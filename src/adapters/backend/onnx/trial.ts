import type { Tensor } from '../../../protocol/inference/tensor.ts';
import type { ProbeResult } from '../../../ports/model-probe.ts';
import type { LoadMessage } from '../../../protocol/runner/load-message.ts';
import type { ReadyMessage, RefusedMessage } from '../../../protocol/runner/message.ts';
import { RunnerChild } from './runner-child.ts';
import type { Answer } from './runner-child.ts';
import type { RunnerOptions } from './spawn.ts';
import { peakBytes, processUse } from './system-memory.ts';

/** Shorter than it takes to fill a machine's memory. */
const WATCH_MS = 20;
/** A runner may hold this on top of what its model may take. */
const IDLE_RSS_BYTES = 128 * 1024 * 1024;

/** How starting a runner for trials ended. */
export type Started =
  | { readonly type: 'ready'; readonly ready: ReadyMessage }
  | { readonly type: 'refused'; readonly refusal: RefusedMessage }
  | { readonly type: 'timeout' | 'cancelled' }
  | { readonly type: 'ended'; readonly how: string };

type Ending = { readonly type: 'ended'; readonly how: string };
type Over = { readonly type: 'timeout' | 'cancelled' };
type Reply = Answer | Ending | Over;

/** True when a sentence about an end or an error says that memory ran out. */
export const isMemory = (sentence: string): boolean => /memory|bad_alloc|allocat/i.test(sentence);

/** A runner for trials: one request at a time, its memory watched closely. */
export class Trial {
  readonly #child: RunnerChild;
  readonly #signal: AbortSignal;
  readonly #ended: Promise<Ending>;
  readonly #started: Promise<Started>;
  readonly #timer: NodeJS.Timeout;
  #peak = 0;
  #isOver = false;
  #answer: ((answer: Answer) => void) | null = null;

  constructor(load: LoadMessage, options: RunnerOptions, signal: AbortSignal) {
    this.#signal = signal;
    const ended = Promise.withResolvers<Ending>();
    const started = Promise.withResolvers<Started>();
    this.#ended = ended.promise;
    this.#started = started.promise;
    this.#child = new RunnerChild(load, options, {
      onReady: (ready) => started.resolve({ type: 'ready', ready }),
      onRefused: (refusal) => started.resolve({ type: 'refused', refusal }),
      onAnswer: (_id, answer) => this.#answer?.(answer),
      onPause: () => {},
      onEnd: (how) => {
        this.#isOver = true;
        clearInterval(this.#timer);
        ended.resolve({ type: 'ended', how });
      },
    });
    const most = options.memoryBytesMax + IDLE_RSS_BYTES;
    this.#timer = setInterval(() => this.#watch(most), WATCH_MS);
  }

  /** False once its process is gone. */
  get isAlive(): boolean {
    return !this.#isOver;
  }

  /** Highest resident memory seen. */
  get peak(): number {
    return this.#peak;
  }

  async started(loadMsMax: number): Promise<Started> {
    const seen = await this.#within(loadMsMax, this.#started);
    if (seen.type === 'timeout' || seen.type === 'cancelled') await this.stop();
    return seen;
  }

  /** Runs the model once. After anything but an answer the process is gone. */
  async run(inputs: readonly Tensor[], msMax: number): Promise<ProbeResult> {
    const start = performance.now();
    const reply = await this.#ask(inputs, msMax);
    switch (reply.type) {
      case 'ok':
        return { type: 'ok', outputs: reply.outputs, runMs: performance.now() - start };
      case 'model_error':
        return isMemory(reply.message) ? { ...reply, type: 'memory' } : reply;
      case 'ended':
        return { type: isMemory(reply.how) ? 'memory' : 'crash', message: reply.how };
      default:
        await this.stop();
        return reply.type === 'timeout' ? { type: 'timeout' } : { type: 'skipped' };
    }
  }

  /** Ends the process; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#look();
    this.#child.kill('was ended after the trial');
    await this.#ended;
  }

  async #ask(inputs: readonly Tensor[], msMax: number): Promise<Reply> {
    const answer = Promise.withResolvers<Answer>();
    this.#answer = answer.resolve;
    const message = this.#child.send({ id: 1, call: { inputs, outputs: null } });
    if (message !== null) return { type: 'model_error', message };
    this.#child.flush();
    return this.#within(msMax, answer.promise);
  }

  async #within<T>(msMax: number, wanted: Promise<T>): Promise<T | Ending | Over> {
    const over = Promise.withResolvers<Over>();
    const timer = setTimeout(() => over.resolve({ type: 'timeout' }), Math.max(0, msMax));
    const onAbort = (): void => over.resolve({ type: 'cancelled' });
    this.#signal.addEventListener('abort', onAbort);
    if (this.#signal.aborted) onAbort();
    try {
      return await Promise.race([wanted, this.#ended, over.promise]);
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener('abort', onAbort);
      this.#look();
    }
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, peakBytes(this.#child.pid));
  }

  #watch(most: number): void {
    this.#look();
    const { rssBytes } = processUse(this.#child.pid);
    if (rssBytes > most) this.#child.kill(`took ${rssBytes} bytes of memory`);
  }
}
