import { versionName } from '../../../core/catalog/version.ts';
import type { CatalogVersion } from '../../../core/routing/table.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Entropy } from '../../../ports/entropy.ts';
import type { BackendHealth, InferCall, InferResult } from '../../../ports/model-backend.ts';
import { Fault } from '../../../protocol/errors.ts';
import { Dispatch } from './dispatch.ts';
import { Lane } from './lane.ts';
import type { LaneEvents } from './lane.ts';
import type { OnnxLimits } from './limits.ts';
import { loadFault } from './load-fault.ts';
import { Restarts } from './restarts.ts';
import { processUse } from './system-memory.ts';

/** Between two replacements, so that a model that simply needs more is not replaced for ever. */
const RECYCLE_PAUSE_MS = 60_000;
/** A runner may hold this on top of what its model may take. */
const IDLE_RSS_BYTES = 128 * 1024 * 1024;

/** What a served version needs from outside. */
export type ServedOptions = {
  /** The model file. */
  readonly path: string;
  readonly scratch: string;
  readonly limits: OnnxLimits;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Whether there is memory for one more runner of this version. */
  readonly hasRoom: () => boolean;
};

type Waiter = { readonly resolve: () => void; readonly reject: (fault: Fault) => void };

/**
 * One version and the runners that answer for it: at most one in service, one being started, and
 * those that still finish what they were given.
 */
export class ServedVersion {
  readonly version: CatalogVersion;
  readonly #options: ServedOptions;
  readonly #nowMs: () => number;
  readonly #dispatch: Dispatch;
  readonly #restarts: Restarts;
  readonly #waiters = new Set<Waiter>();
  readonly #retiring = new Set<Lane>();
  readonly #events: LaneEvents;
  #state: BackendHealth['state'] = 'loading';
  #detail = '';
  #current: Lane | null = null;
  #next: Lane | null = null;
  #restartTimer: NodeJS.Timeout | null = null;
  #loadTimer: NodeJS.Timeout | null = null;
  #onGone: (() => void) | null = null;
  #recycleAfter = 0;
  #endedCpuMs = 0;
  readonly #cpuMs = new Map<Lane, number>();

  constructor(version: CatalogVersion, options: ServedOptions) {
    this.version = version;
    this.#options = options;
    this.#nowMs = () => options.clock.monotonicMs();
    this.#restarts = new Restarts(options.entropy);
    this.#dispatch = new Dispatch({
      limits: options.limits,
      nowMs: this.#nowMs,
      lanes: () => this.#lanes(),
      onEmpty: () => this.#onEmpty(),
    });
    this.#events = {
      onReady: (lane) => this.#adopt(lane),
      onAnswer: (pending, answer) => this.#dispatch.answered(pending, answer),
      onPause: (lane) => this.#afterAnswers(lane),
      onEnd: (lane, how) => this.#ended(lane, how),
    };
  }

  /** True while its first runner, or one after a refusal, is being started. */
  get isLoading(): boolean {
    return this.#state === 'loading';
  }

  /** Resolves when it answers; rejects with a fault when it will not, or nobody waits any more. */
  async whenReady(signal: AbortSignal): Promise<void> {
    if (this.#state === 'ready') return;
    if (this.#state === 'failed') {
      const resting = this.#restartTimer !== null;
      if (resting) throw new Fault('MODEL_FAILED', `${this.#name}: ${this.#detail}`);
      this.#state = 'loading';
      this.#dispatch.use(null);
    }
    if (this.#next === null && this.#restartTimer === null) this.#start();
    await this.#wait(signal);
  }

  /** See `ModelBackend.infer`. */
  async infer(call: InferCall, signal: AbortSignal): Promise<InferResult> {
    return this.#dispatch.infer(call, signal);
  }

  /** Ends all runners once nothing is in work; resolves when they are gone. */
  async unload(): Promise<void> {
    for (const waiter of this.#waiters) {
      waiter.reject(new Fault('LOAD_CANCELLED', `${this.#name} is being unloaded`));
    }
    await new Promise<void>((resolve) => {
      this.#onGone = resolve;
      if (this.#dispatch.open === 0) this.#onEmpty();
    });
  }

  /** State and use of resources, as of now. */
  health(): BackendHealth {
    let rssBytes = 0;
    let cpuMs = this.#endedCpuMs;
    for (const lane of this.#lanes()) {
      const use = processUse(lane.pid);
      rssBytes += use.rssBytes;
      cpuMs += Math.max(use.cpuMs, this.#cpuMs.get(lane) ?? 0);
    }
    return {
      digest: this.version.digest,
      state: this.#state,
      detail: this.#detail,
      rssBytes,
      cpuMs,
      answers: this.#dispatch.answers,
      restarts: this.#restarts.count,
      quarantined: this.#dispatch.quarantined,
    };
  }

  /** Looks at the memory of the runners: ends those beyond the limit, replaces one that grew. */
  watch(): void {
    const { memoryBytesMax } = this.#options.limits;
    for (const lane of this.#lanes()) {
      const { rssBytes, cpuMs } = processUse(lane.pid);
      this.#cpuMs.set(lane, cpuMs);
      if (rssBytes > memoryBytesMax + IDLE_RSS_BYTES) {
        lane.kill(`took ${rssBytes} bytes of memory, at most ${memoryBytesMax} are allowed`);
      } else if (lane === this.#current && this.#isBloated(lane, rssBytes)) {
        this.#recycleAfter = this.#nowMs() + RECYCLE_PAUSE_MS;
        if (this.#options.hasRoom()) this.#start();
      }
    }
  }

  get #name(): string {
    return versionName(this.version);
  }

  #isBloated(lane: Lane, rssBytes: number): boolean {
    const { growthFactor, growthBytes } = this.#options.limits;
    const most = Math.max(lane.baselineBytes * growthFactor, lane.baselineBytes + growthBytes);
    return rssBytes > most && this.#next === null && this.#nowMs() >= this.#recycleAfter;
  }

  *#lanes(): Iterable<Lane> {
    if (this.#current !== null) yield this.#current;
    if (this.#next !== null) yield this.#next;
    yield* this.#retiring;
  }

  #start(): void {
    const { path, scratch, limits } = this.#options;
    const { digest, signature } = this.version;
    const { frameBytesMax, batchRowsMax, memoryBytesMax, loadMsMax } = limits;
    const isRestart = this.#state === 'restarting';
    const isUrgent = isRestart && this.#dispatch.isForUsers;
    const load = { path, digest, signature, frameBytesMax, batchRowsMax, isUrgent };
    const lane = new Lane({ load, memoryBytesMax, scratch, nowMs: this.#nowMs }, this.#events);
    this.#next = lane;
    if (isRestart && !isUrgent) lane.yield();
    this.#loadTimer = setTimeout(() => {
      lane.kill(`was not ready within ${loadMsMax} ms`);
    }, loadMsMax);
  }

  /** A runner is ready: it takes over, and one that served before finishes what it has. */
  #adopt(lane: Lane): void {
    if (this.#next !== lane) return;
    this.#clearLoadTimer();
    const before = this.#current;
    this.#next = null;
    this.#current = lane;
    this.#state = 'ready';
    this.#detail = lane.ready?.detail ?? '';
    this.#dispatch.use(lane);
    if (before !== null) this.#retire(before);
    for (const waiter of this.#waiters) waiter.resolve();
  }

  #retire(lane: Lane): void {
    this.#retiring.add(lane);
    if (lane.isIdle) lane.kill('was replaced');
  }

  #afterAnswers(lane: Lane): void {
    if (this.#retiring.has(lane)) {
      if (lane.isIdle) lane.kill('was replaced');
      return;
    }
    this.#dispatch.pump();
  }

  #onEmpty(): void {
    if (this.#onGone === null) return;
    this.#clearLoadTimer();
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    this.#restartTimer = null;
    this.#dispatch.stop();
    for (const lane of this.#lanes()) lane.kill('was unloaded');
    this.#resolveGone();
  }

  #resolveGone(): void {
    const isGone = this.#current === null && this.#next === null && this.#retiring.size === 0;
    if (!isGone || this.#dispatch.open > 0 || this.#restartTimer !== null) return;
    this.#onGone?.();
  }

  #ended(lane: Lane, how: string): void {
    this.#endedCpuMs += this.#cpuMs.get(lane) ?? 0;
    this.#cpuMs.delete(lane);
    const role = this.#roleOf(lane);
    if (this.#current === lane) this.#current = null;
    if (this.#next === lane) this.#next = null;
    this.#retiring.delete(lane);
    if (role === 'next') this.#clearLoadTimer();
    this.#dispatch.lost(lane, how);
    const isUnloaded = this.#onGone !== null && this.#dispatch.open === 0;
    // A replacement that does not come up leaves the one in service where it is.
    const isNeeded = role !== 'retiring' && this.#current === null && this.#next === null;
    if (isNeeded && !isUnloaded) this.#recover(lane, how);
    this.#resolveGone();
  }

  #roleOf(lane: Lane): 'current' | 'next' | 'retiring' {
    if (this.#current === lane) return 'current';
    return this.#next === lane ? 'next' : 'retiring';
  }

  #recover(lane: Lane, how: string): void {
    if (this.#state === 'loading') {
      this.#fail(loadFault(this.version, { refusal: lane.refusal, how }));
      return;
    }
    const why = lane.refusal === null ? `the runner ${how}` : lane.refusal.message;
    const { hasFailed, delayMs } = this.#restarts.died(this.#nowMs(), lane.livedMs);
    this.#restartTimer = setTimeout(() => {
      this.#restartTimer = null;
      this.#state = 'restarting';
      if (hasFailed) this.#dispatch.use(null);
      this.#start();
    }, delayMs);
    this.#state = 'restarting';
    this.#detail = why;
    if (!hasFailed) return;
    const seconds = Math.ceil(delayMs / 1_000);
    this.#detail = `died too often, is tried again in ${seconds} s; last: ${why}`;
    this.#fail(new Fault('MODEL_FAILED', `${this.#name}: ${this.#detail}`));
  }

  #fail(fault: Fault): void {
    this.#state = 'failed';
    if (this.#detail === '' || this.#restartTimer === null) this.#detail = fault.message;
    this.#dispatch.close(`the model is not served: ${fault.message}`);
    for (const waiter of this.#waiters) waiter.reject(fault);
  }

  /** Nobody waits for the first load any more. */
  #giveUpLoading(): void {
    const lane = this.#next;
    if (lane === null) return;
    this.#clearLoadTimer();
    this.#next = null;
    this.#retiring.add(lane);
    lane.kill('was not waited for');
    this.#fail(new Fault('LOAD_CANCELLED', `loading ${this.#name} was cancelled`));
  }

  #clearLoadTimer(): void {
    if (this.#loadTimer !== null) clearTimeout(this.#loadTimer);
    this.#loadTimer = null;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const forget = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        resolve: () => {
          forget();
          resolve();
        },
        reject: (fault) => {
          forget();
          reject(fault);
        },
      };
      const onAbort = (): void => {
        waiter.reject(new Fault('LOAD_CANCELLED', `loading ${this.#name} was cancelled`));
        if (this.#waiters.size === 0 && this.isLoading) this.#giveUpLoading();
      };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
  }
}
