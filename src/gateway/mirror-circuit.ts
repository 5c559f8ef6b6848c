import type { RouteMirror } from '../core/routing/table.ts';
import { perReason } from '../core/telemetry/copies.ts';
import type { DropReason } from '../core/telemetry/copies.ts';
import { OUTCOMES, perOutcome } from '../core/telemetry/observation.ts';
import type { Compared, Outcome } from '../core/telemetry/observation.ts';

/** So many strikes in a row without an answer, and the arm is left alone for a while. */
const STRIKES_MAX = 100;
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

/**
 * What an end speaks against trying again. One that costs a whole deadline or a process does after
 * ten in a row; an answer that is none comes quickly and is evidence, but a hundred prove it.
 */
const strikes: Readonly<Record<Outcome, number>> = {
  ok: 0,
  null_prediction: 1,
  model_error: 1,
  timeout: 10,
  crash: 10,
  overload: 10,
  client_error: 0,
  cancelled: 0,
};

/**
 * What keeps copies from ever costing users anything: a token bucket per second, a cap of copies
 * under way, and a circuit breaker that opens after copies in a row that came to nothing, tries one
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
  #strikes = 0;
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

  /** An admitted copy came to its end; `user`: how the request itself had ended. */
  ended(nowMs: number, outcome: Outcome, user: Outcome = 'ok'): void {
    this.#inFlight -= 1;
    this.counts.outcomes[outcome] += 1;
    // What nobody can answer says nothing about this arm.
    if (outcome === 'cancelled' || (outcome !== 'ok' && outcome === user)) this.#isProbing = false;
    else if (strikes[outcome] > 0) this.#failed(nowMs, strikes[outcome]);
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

  #failed(nowMs: number, more: number): void {
    this.#strikes += more;
    const wasProbe = this.#isProbing;
    this.#isProbing = false;
    if (wasProbe) this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MAX_MS);
    const opens = this.#openUntilMs === null && this.#strikes >= STRIKES_MAX;
    if (wasProbe || opens) this.#openUntilMs = nowMs + this.#pauseMs;
  }

  /** What comes late from before the breaker opened proves nothing about now. */
  #succeeded(): void {
    if (this.#openUntilMs !== null && !this.#isProbing) return;
    this.#strikes = 0;
    this.#pauseMs = PAUSE_FIRST_MS;
    this.#openUntilMs = null;
    this.#isProbing = false;
  }
}

const burstOf = ({ perSecondMax }: MirrorBudget): number => Math.max(1, perSecondMax * BURST_SHARE);

/** Ends of copies that happened at all. */
export const endsOf = ({ outcomes }: CopyCounts): readonly (readonly [Outcome, number])[] =>
  OUTCOMES.flatMap((one) => (outcomes[one] > 0 ? [[one, outcomes[one]] as const] : []));
