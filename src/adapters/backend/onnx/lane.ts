import type { InferResult } from '../../../ports/model-backend.ts';
import type { LoadMessage } from '../../../protocol/runner/load-message.ts';
import type { ReadyMessage, RefusedMessage } from '../../../protocol/runner/message.ts';
import { Courtesy } from './courtesy.ts';
import { isCopy } from './pending.ts';
import type { Pending } from './pending.ts';
import { RunnerChild } from './runner-child.ts';
import type { Answer } from './runner-child.ts';
import type { RunnerOptions } from './spawn.ts';
import { onProcessorNs, processUse } from './system-memory.ts';

/** Work handed to a runner that takes no time worth mentioning, so that it never runs dry. */
const AHEAD_MS = 5;
const AHEAD_ROWS_MIN = 2;
const AHEAD_ROWS_MAX = 512;
const AHEAD_BYTES_MAX = 4 * 1024 * 1024;
/** A runner may take this many times what a full batch took when it was warm. */
const SLOW_FACTOR = 10;
const STUCK_MS_MIN = 50;
/** How long a silent runner is watched to see whether it works or merely is not let. */
const WATCH_MS = 20;
/** It works when it had this part of a processor. */
const WORKING_SHARE = 0.4;
/** A runner that neither answers nor works is given up after this many times its time. */
const IDLE_FACTOR = 4;

/** Copies handed out together: a write and waking a process cost the gateway more than they do. */
const COPIES_AHEAD_MAX = 8;
/** A copy whose runner was kept from working for this part of its deadline says nothing. */
const HELD_OFF_SHARE = 0.25;

/** What is told of a request a runner answered. */
export type Told =
  | Extract<InferResult, { readonly type: 'ok' | 'model_error' }>
  | { readonly type: 'skipped' };

/** Who is told what happens in a lane. */
export type LaneEvents = {
  onReady(lane: Lane): void;
  onAnswer(pending: Pending, answer: Told): void;
  onPause(lane: Lane): void;
  /** The runner is gone; `lane.inWork` is what it was at. */
  onEnd(lane: Lane, how: string): void;
};

/** What a lane needs. */
export type LaneOptions = RunnerOptions & {
  readonly load: LoadMessage;
  readonly nowMs: () => number;
};

type Answered = Extract<Answer, { readonly type: 'ok' }>;
type AnsweredCopy = Omit<Answered, 'type'> & { readonly pending: Pending };

/** One runner with the requests it has in work. */
export class Lane {
  readonly #child: RunnerChild;
  readonly #courtesy: Courtesy;
  readonly #nowMs: () => number;
  readonly #inWork = new Map<number, Pending>();
  #ready: ReadyMessage | null = null;
  #refusal: RefusedMessage | null = null;
  #readyAt = 0;
  #baselineBytes = 0;
  #rows = 0;
  #bytes = 0;
  #progressAt = 0;
  #isKilled = false;
  /** Copies answered since the last pause, with what each took. */
  #copies: AnsweredCopy[] = [];
  /** Processor time the runner has spent on copies. */
  #copiesMs = 0;
  /** What the copies of one write all begin with. */
  #heldFromMs: number | null = null;
  #watch: { readonly at: number; readonly ns: number | null } | null = null;

  constructor(options: LaneOptions, events: LaneEvents) {
    this.#nowMs = options.nowMs;
    this.#child = new RunnerChild(options.load, options, {
      onReady: (ready) => {
        this.#ready = ready;
        this.#readyAt = this.#nowMs();
        this.#baselineBytes = processUse(this.#child.pid).rssBytes;
        events.onReady(this);
      },
      onRefused: (refusal) => {
        this.#refusal = refusal;
      },
      onAnswer: (id, answer) => {
        const pending = this.#answered(id);
        if (pending === undefined) return;
        if (answer.type !== 'ok') events.onAnswer(pending, answer);
        else if (isCopy(pending)) this.#copies.push(this.#spent(pending, answer));
        else events.onAnswer(pending, { type: 'ok', outputs: answer.outputs });
      },
      onPause: () => {
        for (const [pending, told] of this.#toldOfCopies()) events.onAnswer(pending, told);
        events.onPause(this);
      },
      onEnd: (how) => {
        this.#courtesy.close();
        events.onEnd(this, how);
      },
    });
    this.#courtesy = new Courtesy(this.#child.pid, options.nowMs);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get ready(): ReadyMessage | null {
    return this.#ready;
  }

  get refusal(): RefusedMessage | null {
    return this.#refusal;
  }

  /** How long it has been ready; 0 when it never was. */
  get livedMs(): number {
    return this.#ready === null ? 0 : this.#nowMs() - this.#readyAt;
  }

  /** Resident memory when it became ready. */
  get baselineBytes(): number {
    return this.#baselineBytes;
  }

  /** Sent and not answered, oldest first. */
  get inWork(): Iterable<Pending> {
    return this.#inWork.values();
  }

  get isIdle(): boolean {
    return this.#inWork.size === 0;
  }

  /** Whether a request may be sent now: not behind one that is overdue and may never end. */
  accepts(pending: Pending): boolean {
    if (this.#ready === null || this.#isKilled) return false;
    const head = this.#head;
    if (head === undefined) return true;
    if (pending.isAlone || head.isAlone || this.#nowMs() >= head.deadlineAt) return false;
    const rows = this.#weight(pending) + this.#rows;
    return rows <= rowsAhead(this.#ready) && this.#bytes + pending.bytes <= AHEAD_BYTES_MAX;
  }

  /**
   * Whether a copy may be sent now: some together where nobody waits for anything else, or else one
   * when nothing is in work, so that no user is behind more than one of them.
   */
  get acceptsCopy(): boolean {
    if (this.isIdle) return true;
    if (this.#ready === null || !this.#courtesy.isForCopies) return false;
    const inTime = Math.floor(AHEAD_MS / Math.max(this.#ready.oneMs, 0.001));
    return this.#inWork.size < Math.min(inTime, COPIES_AHEAD_MAX);
  }

  /** Sends with the next `flush`. Null, or why it cannot be sent. */
  send(pending: Pending): string | null {
    const refusal = this.#child.send(pending);
    if (refusal !== null) return refusal;
    const now = this.#nowMs();
    if (this.#inWork.size === 0) this.#progressed(now);
    pending.sentAt = now;
    if (isCopy(pending)) {
      if (this.#heldFromMs === null) this.#courtesy.beforeCopy();
      this.#heldFromMs ??= this.#heldMs;
      pending.heldFromMs = this.#heldFromMs;
    } else this.#courtesy.beforeUser();
    this.#inWork.set(pending.id, pending);
    this.#rows += this.#weight(pending);
    this.#bytes += pending.bytes;
    return null;
  }

  /** Lets others go first, until somebody waits for it. */
  yield(): void {
    this.#courtesy.lower();
  }

  /** Whether a copy was not answered in time because it was not begun, or not let work. */
  wasHeldOff(pending: Pending): boolean {
    if (!isCopy(pending)) return false;
    if (pending !== this.#head) return true;
    return this.#heldMs - pending.heldFromMs >= pending.call.deadlineMs * HELD_OFF_SHARE;
  }

  flush(): void {
    this.#heldFromMs = null;
    this.#child.flush();
  }

  /** Asks the runner to pass over a request if it has not begun it. */
  cancel(pending: Pending): void {
    this.#child.cancel(pending.id);
  }

  kill(verdict: string): void {
    this.#isKilled = true;
    this.#child.kill(verdict);
  }

  /** Whether it was ended from here, and not by itself or by somebody else. */
  get wasKilled(): boolean {
    return this.#isKilled;
  }

  /** When the runner should be looked at because it has been silent too long; null: it is idle. */
  get stuckAt(): number | null {
    const head = this.#head;
    if (head === undefined || this.#ready === null) return null;
    const base = this.#progressAt + this.#stuckMs(head, this.#ready);
    return this.#watch === null ? base : Math.max(base, this.#watch.at + WATCH_MS);
  }

  /**
   * Whether the runner is stuck. A busy machine may not let it work, which is no reason to end it:
   * so it is watched for a moment first, unless it has been idle for very long.
   */
  isStuck(): boolean {
    const head = this.#head;
    if (head === undefined || this.#ready === null) return false;
    const now = this.#nowMs();
    const stuckMs = this.#stuckMs(head, this.#ready);
    if (now < this.#progressAt + stuckMs) return false;
    const ns = onProcessorNs(this.pid);
    if (ns === null || now >= this.#progressAt + stuckMs * IDLE_FACTOR) return true;
    const before = this.#watch;
    if (before === null) {
      this.#watch = { at: now, ns };
      return false;
    }
    if (now - before.at < WATCH_MS) return false;
    this.#watch = { at: now, ns };
    return (ns - (before.ns ?? 0)) / 1e6 >= (now - before.at) * WORKING_SHARE;
  }

  get #head(): Pending | undefined {
    for (const pending of this.#inWork.values()) return pending;
    return undefined;
  }

  #stuckMs(head: Pending, ready: ReadyMessage): number {
    return Math.max(head.call.deadlineMs, ready.batchMs * SLOW_FACTOR, STUCK_MS_MIN);
  }

  #answered(id: number): Pending | undefined {
    const pending = this.#inWork.get(id);
    if (pending === undefined) return undefined;
    this.#inWork.delete(id);
    this.#rows -= this.#weight(pending);
    this.#bytes -= pending.bytes;
    this.#progressed(this.#nowMs());
    return pending;
  }

  #spent(pending: Pending, { outputs, tookMs }: Answered): AnsweredCopy {
    this.#copiesMs += tookMs;
    return { pending, outputs, tookMs };
  }

  /**
   * Copies with how long each waited: to be sent, for a processor, and for the other copies it was
   * sent and answered with. What is left is what it had taken by itself.
   */
  *#toldOfCopies(): Iterable<readonly [Pending, Told]> {
    const answered = this.#copies;
    if (answered.length === 0) return;
    this.#copies = [];
    const nowMs = this.#heldMs;
    for (const { pending, outputs, tookMs } of answered) {
      const { sentAt, deadlineAt, call, heldFromMs } = pending;
      const waitedMs = sentAt === null ? 0 : sentAt - (deadlineAt - call.deadlineMs);
      const heldMs = Math.max(0, waitedMs + nowMs - heldFromMs - tookMs);
      yield [pending, { type: 'ok', outputs, heldMs }];
    }
  }

  /** What its runner has waited for a processor, and spent on copies. */
  get #heldMs(): number {
    return this.#courtesy.delayMs() + this.#copiesMs;
  }

  #progressed(now: number): void {
    this.#progressAt = now;
    this.#watch = null;
  }

  /** What a request counts towards the rows handed out ahead. */
  #weight({ rows }: Pending): number {
    return this.#ready !== null && this.#ready.batchRowsMax > 1 ? Math.max(rows, 1) : 1;
  }
}

/**
 * Rows handed to a runner ahead of its answers: the batch it is at and the next, or, where requests
 * run alone, a few milliseconds' worth. More would only make a death hurt more.
 */
function rowsAhead({ batchRowsMax, oneMs }: ReadyMessage): number {
  if (batchRowsMax > 1) return Math.max(AHEAD_ROWS_MIN, batchRowsMax * 2);
  const rows = Math.floor(AHEAD_MS / Math.max(oneMs, 0.001));
  return Math.min(Math.max(rows, AHEAD_ROWS_MIN), AHEAD_ROWS_MAX);
}
