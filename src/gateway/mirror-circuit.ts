import type { RouteMirror } from '../core/routing/table.ts';
import { perReason } from '../core/telemetry/copies.ts';
import type { DropReason } from '../core/telemetry/copies.ts';
import { OUTCOMES, perOutcome } from '../core/telemetry/observation.ts';
import type { Compared, Outcome } from '../core/telemetry/observation.ts';

/** So many copies in a row without an answer, and the arm is left alone for a while. */
const FAILURES_MAX = 10;
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAX_MS = 30_000;
/** Part of a second's budget that may be used at once: a burst of copies is a burst of load. */
const BURST_SHARE = 0.1;
const MS_PER_S = 1_000;

/** What a copy may cost now. */
export type MirrorBudget = Pick<RouteMirror, 'perSecondMax' | 'inFlightMax'>;

/** The numbers of one mirrored arm, over all tables of its rollout. */
export type CopyCounts = {
  sampled: number;
  readonly dropped: Record<DropReason, number>;
  /** How copies ended that the arm was asked for. */
  readonly outcomes: Record<Outcome, number>;
  /** Rows compared, and of them those that differed. */
  rows: number;
  differing: number;
};

/** Ends that cost a whole deadline or a process: reason to leave the arm alone. */
const isGrave: Readonly<Record<Outcome, boolean>> = {
  ok: false,
  null_prediction: false,
  model_error: false,
  timeout: true,
  crash: true,
  overload: true,
  client_error: false,
  cancelled: false,
};

/**
 * What keeps copies from ever costing users anything: a token bucket per second, a cap of copies
 * under way, and a circuit breaker that opens after copies in a row that ended gravely, tries one
 * copy again after a pause, and pauses twice as long when that fails. Time is an argument.
 */
export class MirrorCircuit {
  readonly counts: CopyCounts = {
    sampled: 0,
    dropped: perReason(() => 0),
    outcomes: perOutcome(() => 0),
    rows: 0,
    differing: 0,
  };
  #budget: MirrorBudget;
  #tokens: number;
  #filledMs: number;
  #inFlight = 0;
  #failures = 0;
  #pauseMs = PAUSE_FIRST_MS;
  /** When the next copy may be tried; null while the breaker is closed. */
  #openUntilMs: number | null = null;
  #isProbing = false;

  constructor(budget: MirrorBudget, nowMs: number) {
    this.#budget = budget;
    this.#tokens = burstOf(budget);
    this.#filledMs = nowMs;
  }

  /** Copies under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether the breaker keeps copies away. */
  get isOpen(): boolean {
    return this.#openUntilMs !== null;
  }

  /** A new table may have another budget. */
  use(budget: MirrorBudget): void {
    this.#budget = budget;
  }

  /** Takes a place for a copy, to be given back by `ended`; else says why there is none. */
  admit(nowMs: number): DropReason | null {
    if (this.#openUntilMs !== null && (this.#isProbing || nowMs < this.#openUntilMs)) {
      return 'breaker';
    }
    if (this.#inFlight >= this.#budget.inFlightMax) return 'in_flight';
    this.#fill(nowMs);
    if (this.#tokens < 1) return 'rate';
    this.#tokens -= 1;
    this.#inFlight += 1;
    this.#isProbing = this.#openUntilMs !== null;
    return null;
  }

  /** An admitted copy came to its end. */
  ended(nowMs: number, outcome: Outcome): void {
    this.#inFlight -= 1;
    this.counts.outcomes[outcome] += 1;
    if (outcome === 'cancelled') this.#isProbing = false;
    else if (isGrave[outcome]) this.#failed(nowMs);
    else this.#succeeded();
  }

  /** A copy that was sampled; `dropped`: why it came to nothing. */
  count(dropped: DropReason | null): void {
    this.counts.sampled += 1;
    if (dropped !== null) this.counts.dropped[dropped] += 1;
  }

  /** Two answers were compared. */
  compared({ rows, differing }: Compared): void {
    this.counts.rows += rows;
    this.counts.differing += differing;
  }

  #fill(nowMs: number): void {
    const { perSecondMax } = this.#budget;
    const more = ((nowMs - this.#filledMs) / MS_PER_S) * perSecondMax;
    this.#tokens = Math.min(burstOf(this.#budget), this.#tokens + more);
    this.#filledMs = nowMs;
  }

  #failed(nowMs: number): void {
    this.#failures += 1;
    const wasProbe = this.#isProbing;
    this.#isProbing = false;
    if (wasProbe) this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MAX_MS);
    const opens = this.#openUntilMs === null && this.#failures >= FAILURES_MAX;
    if (wasProbe || opens) this.#openUntilMs = nowMs + this.#pauseMs;
  }

  /** What comes late from before the breaker opened proves nothing about now. */
  #succeeded(): void {
    if (this.#openUntilMs !== null && !this.#isProbing) return;
    this.#failures = 0;
    this.#pauseMs = PAUSE_FIRST_MS;
    this.#openUntilMs = null;
    this.#isProbing = false;
  }
}

const burstOf = ({ perSecondMax }: MirrorBudget): number => Math.max(1, perSecondMax * BURST_SHARE);

/** Ends of copies that happened at all. */
export const endsOf = ({ outcomes }: CopyCounts): readonly (readonly [Outcome, number])[] =>
  OUTCOMES.flatMap((one) => (outcomes[one] > 0 ? [[one, outcomes[one]] as const] : []));
