import type { InferCall, InferResult } from '../../../ports/model-backend.ts';
import { DueTimer } from './due-timer.ts';
import type { Lane, Told } from './lane.ts';
import type { OnnxLimits } from './limits.ts';
import { isCopy, TwoLines } from './pending.ts';
import type { Pending } from './pending.ts';
import { hashOf, Quarantine } from './quarantine.ts';
import { bytesOf } from './runner-child.ts';

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5_000;
const ID_MAX = 2 ** 32;
/** A version is for users for so long after the last of them. */
const FOR_USERS_MS = 10_000;
/** Part of the queue that copies may fill besides it. */
const COPIES_SHARE = 0.25;

/** What the requests of one version need to know of it. */
export type DispatchOptions = {
  readonly limits: OnnxLimits;
  readonly nowMs: () => number;
  /** Every runner that may have requests in work. */
  readonly lanes: () => Iterable<Lane>;
  /** The last request has been answered. */
  readonly onEmpty: () => void;
};

/** The requests of one version, waiting and in work. Each is answered exactly once. */
export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #nowMs: () => number;
  readonly #line = new TwoLines();
  readonly #quarantine = new Quarantine();
  readonly #due: DueTimer;
  #lane: Lane | null = null;
  #closed: string | null = null;
  #isPumpDue = false;
  #answers = 0;
  #open = 0;
  #openBytes = 0;
  /** Of those, copies. */
  #copies = 0;
  #copyBytes = 0;
  #lastId = 0;
  #lastUserMs = Number.NEGATIVE_INFINITY;

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs;
    this.#due = new DueTimer(options.nowMs, () => this.#lookAtTime());
  }

  /** Requests not answered yet. */
  get open(): number {
    return this.#open;
  }

  /** Predictions that runners made so far. */
  get answers(): number {
    return this.#answers;
  }

  get quarantined(): number {
    return this.#quarantine.quarantined;
  }

  /** Whether somebody waited for an answer lately. */
  get isForUsers(): boolean {
    return this.#nowMs() - this.#lastUserMs < FOR_USERS_MS;
  }

  /** From now on requests go to `lane`; null: they wait. */
  use(lane: Lane | null): void {
    this.#lane = lane;
    this.#closed = null;
    this.pump();
  }

  /** From now on requests, and those that wait, are answered with this sentence. */
  close(sentence: string): void {
    this.#lane = null;
    this.#closed = sentence;
    for (const pending of this.#line.waiting()) {
      pending.settle({ type: 'crash', message: sentence });
    }
  }

  /** See `ModelBackend.infer`. */
  async infer(call: InferCall, signal: AbortSignal): Promise<InferResult> {
    if (call.yields !== true) this.#lastUserMs = this.#nowMs();
    if (signal.aborted) return { type: 'cancelled' };
    if (call.deadlineMs <= 0) return { type: 'timeout' };
    if (this.#closed !== null) return { type: 'crash', message: this.#closed };
    const bytes = bytesOf(call.inputs);
    if (!this.#hasRoom(call, bytes)) {
      return { type: 'overload', retryAfterMs: this.#retryAfterMs() };
    }
    return new Promise((resolve) => this.#enter({ call, bytes, signal }, resolve));
  }

  /** Copies have a part of the places only, so that they never take one from a user. */
  #hasRoom({ yields = false }: InferCall, bytes: number): boolean {
    const { limits } = this.#options;
    const part = yields ? COPIES_SHARE : 1;
    const open = yields ? this.#copies : this.#open - this.#copies;
    const openBytes = yields ? this.#copyBytes : this.#openBytes - this.#copyBytes;
    const isTooMany = open >= Math.max(1, limits.queueMax * part);
    return !isTooMany && (open === 0 || openBytes + bytes <= limits.queueBytesMax * part);
  }

  /** A runner answered. */
  answered(pending: Pending, answer: Told): void {
    if (answer.type !== 'skipped') this.#answers += 1;
    if (pending.isAlone && pending.hash !== null) this.#quarantine.clear(pending.hash);
    pending.settle(answer.type === 'skipped' ? { type: 'cancelled' } : answer);
  }

  /** A runner is gone: what it had in work is lost, and under suspicion. */
  lost(lane: Lane, how: string): void {
    if (this.#lane === lane) this.#lane = null;
    const inWork = [...lane.inWork];
    const hashes = inWork.map((pending) => pending.hash ?? hashOf(pending.call.inputs));
    this.#quarantine.blame({ hashes, wasStuck: lane.wasKilled, nowMs: this.#nowMs() });
    for (const pending of inWork) {
      pending.settle({ type: 'crash', message: `the model runner ${how}` });
    }
  }

  /** Sends what may be sent, in one write. */
  pump(): void {
    const lane = this.#lane;
    if (lane === null) return;
    for (;;) {
      const next = this.#line.peek();
      if (next === undefined || !this.#inspect(next)) {
        if (next === undefined) break;
        continue;
      }
      if (!lane.accepts(next)) break;
      if (isCopy(next) && !lane.acceptsCopy) break;
      this.#line.shift(next);
      const refusal = lane.send(next);
      if (refusal !== null) next.settle({ type: 'model_error', message: refusal });
    }
    lane.flush();
  }

  /** Stops the timer; for a version without requests. */
  stop(): void {
    this.#due.stop();
  }

  #enter({ call, bytes, signal }: Entering, resolve: (result: InferResult) => void): void {
    this.#lastId = (this.#lastId + 1) % ID_MAX;
    const onAbort = (): void => {
      this.#giveUp(pending, { type: 'cancelled' });
    };
    const pending: Pending = {
      id: this.#lastId,
      call,
      bytes,
      rows: call.inputs[0]?.shape[0] ?? 1,
      deadlineAt: this.#nowMs() + call.deadlineMs,
      sentAt: null,
      heldFromMs: 0,
      isAlone: false,
      hash: null,
      isSettled: false,
      settle: (result) => {
        if (pending.isSettled) return;
        pending.isSettled = true;
        signal.removeEventListener('abort', onAbort);
        this.#entered(call, -1, -bytes);
        resolve(result);
        if (this.#open === 0) this.#options.onEmpty();
      },
    };
    signal.addEventListener('abort', onAbort);
    this.#entered(call, 1, bytes);
    this.#line.push(pending);
    this.#due.notLaterThan(pending.deadlineAt);
    this.#pumpSoon();
  }

  #entered({ yields = false }: InferCall, count: number, bytes: number): void {
    this.#open += count;
    this.#openBytes += bytes;
    if (!yields) return;
    this.#copies += count;
    this.#copyBytes += bytes;
  }

  /** After all that happens in this turn of the event loop, so that it leaves in one write. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    setImmediate(() => {
      this.#isPumpDue = false;
      this.pump();
    });
  }

  /** False when the request is not to be run at all. */
  #inspect(next: Pending): boolean {
    if (this.#quarantine.isEmpty) return true;
    next.hash ??= hashOf(next.call.inputs);
    const suspicion = this.#quarantine.look(next.hash, this.#nowMs());
    next.isAlone = suspicion === 'suspect';
    if (suspicion !== 'quarantined') return true;
    const message = 'these inputs are in quarantine: a model runner died of them';
    next.settle({ type: 'crash', message });
    return false;
  }

  #giveUp(pending: Pending, result: InferResult): void {
    if (pending.isSettled) return;
    pending.settle(result);
    if (pending.sentAt === null) return;
    this.#lane?.cancel(pending);
    this.#pumpSoon();
  }

  /** Answers those whose time is over, ends stuck runners, and says when to look again. */
  #lookAtTime(): number | null {
    const now = this.#nowMs();
    let next = Number.POSITIVE_INFINITY;
    for (const pending of this.#line.waiting()) {
      if (pending.deadlineAt <= now) pending.settle(this.#lateIn(null, pending));
      else next = Math.min(next, pending.deadlineAt);
    }
    for (const lane of this.#options.lanes()) {
      for (const pending of lane.inWork) {
        if (pending.isSettled) continue;
        if (pending.deadlineAt <= now) this.#giveUp(pending, this.#lateIn(lane, pending));
        else next = Math.min(next, pending.deadlineAt);
      }
      if (lane.isStuck()) lane.kill('did not answer in time');
      else next = Math.min(next, lane.stuckAt ?? next);
    }
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  /** A copy that was not let begin, or not let work, says nothing of its model. */
  #lateIn(lane: Lane | null, pending: Pending): InferResult {
    const hadNoRoom = lane === null ? isCopy(pending) : lane.wasHeldOff(pending);
    if (!hadNoRoom) return { type: 'timeout' };
    return { type: 'overload', retryAfterMs: this.#retryAfterMs() };
  }

  /** How long what is open should take, by what runs took when the model was warm. */
  #retryAfterMs(): number {
    const ready = this.#lane?.ready;
    const rowMs = ready === null || ready === undefined ? 1 : ready.batchMs / ready.batchRowsMax;
    return Math.min(Math.max(Math.ceil(this.#open * rowMs), RETRY_MS_MIN), RETRY_MS_MAX);
  }
}

type Entering = {
  readonly call: InferCall;
  readonly bytes: number;
  readonly signal: AbortSignal;
};
