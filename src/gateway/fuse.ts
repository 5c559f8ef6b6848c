import { sameVersion } from '../core/catalog/version.ts';
import type { FuseReport } from '../core/rollout/fleet.ts';
import type { Contender } from '../core/rollout/rollout.ts';
import { hardTrigger, spikeWindowStep, EMPTY_SPIKE_WINDOW } from '../core/stats/hard-trigger.ts';
import type { SpikeWindow } from '../core/stats/hard-trigger.ts';
import { rateRatioEvidence, rateRatioStart, rateRatioStep } from '../core/stats/rate-ratio.ts';
import type { RateRatioState } from '../core/stats/rate-ratio.ts';
import type { Clock } from '../ports/clock.ts';

/** Evidence is gathered in buckets of this length. */
export const FUSE_BUCKET_MS = 1_000;
/** Buckets the evidence is planned for: an hour; it stays valid beyond. */
const HORIZON_BUCKETS = 3_600;
/** Failures of a candidate in a row, with nothing else between, after which it may be cut off. */
export const STREAK_SHORT = 20;
/** The same when they come from few units: it may be their input. */
export const STREAK_LONG = 40;
/** Units that are not few. */
const STREAK_UNITS_MIN = 3;
/** Chance of such a contrast between equal arms that is small enough: one in a million. */
const LOG_CONTRAST_MIN = Math.log(1e6);
/** Failures beyond these say nothing new. */
const CONTRAST_FAILURES_MAX = 200;
/** An attempt without an answer is stuck after this, if its arm has been silent since it began. */
export const STUCK_MS = 600;
/** A slow baseline leads one to expect slow answers: none is stuck before so many of its means. */
const STUCK_MEANS = 4;
/** Weight of the newest answer in the mean. */
const MEAN_WEIGHT = 0.05;
/** Stuck attempts that cut a candidate off. */
export const STUCK_MAX = 12;
/** Attempts under way that are watched. */
const ATTEMPTS_WATCHED_MAX = 4_096;
/** Units told apart per bucket and arm. */
const UNITS_MAX = 20_000;

/** What an attempt came to; `none` says nothing of the arm (the caller's mistake, or he left). */
export type FuseOutcome = 'good' | 'loss' | 'none';

/** The begin of an attempt. */
export type Begun = {
  /** Monotonic. */
  readonly startedMs: number;
  readonly beside: Beside;
  /** Ends the attempt because its arm was cut off. */
  readonly cut: () => void;
};

/** An attempt under way. */
export type Attempt = {
  readonly startedMs: number;
  readonly arm: CandidateWatch | null;
  readonly cut: () => void;
};

/** What the baseline has to do meanwhile: requests of its own, only fallbacks, or nothing. */
export type Beside = 'traffic' | 'fallback' | 'nothing';

/** The end of an attempt. */
export type Ended = {
  readonly outcome: FuseOutcome;
  readonly unit: number;
  /** Monotonic. */
  readonly nowMs: number;
};

/** What is known of one candidate arm. */
type CandidateWatch = Contender & {
  /** It was cut off. */
  isOut: boolean;
  readonly underWay: Set<Attempt>;
  readonly streakUnits: Set<number>;
  streak: number;
  /** Baseline answers since the streak began. */
  baselineGood: number;
  baselineLoss: number;
  /** Monotonic time of the last end of an attempt. */
  heardMs: number;
  /** Baseline answers since the candidate was last heard of. */
  baselineSinceHeard: number;
  beside: Beside;
  units: Set<number>;
  lossUnits: Set<number>;
  spike: SpikeWindow;
  evidence: RateRatioState;
};

/**
 * Cuts candidates of one rollout off when they plainly fail while the baseline does not: each by
 * itself, the others keep what they have. It only ever moves traffic to the baseline (law 6), needs
 * nobody, and stays cut. Three rules:
 *
 *  - evidence: the rate-ratio process and the hard trigger of the core over one-second buckets;
 *  - streak: nothing but failures in a row, while the baseline answers (its own requests, or the
 *    very same ones as fallback) more than chance would have it; for breaks so total that a second
 *    is too long;
 *  - silence: attempts get stuck and none comes back, while the baseline answers.
 *
 * An incident that hits both arms shows in the baseline's answers and trips none of them.
 */
export class FuseCircuit {
  readonly rollout: string;
  readonly #watches = new Map<string, CandidateWatch>();
  readonly #clock: Clock;
  readonly #onTrip: (report: FuseReport) => void;
  #bucketMs: number | null = null;
  #baselineUnits = new Set<number>();
  #baselineLossUnits = new Set<number>();
  #baselineMeanMs = 0;
  /** How all candidates were cut off at once. */
  #whole: FuseReport | null;
  /** How single ones were, one after the other. */
  readonly #ofOne: FuseReport[];

  constructor(options: {
    readonly rollout: string;
    readonly candidates: readonly Contender[];
    /** Trips from before this process started. */
    readonly reports: readonly FuseReport[];
    readonly onTrip: (report: FuseReport) => void;
    readonly clock: Clock;
  }) {
    this.rollout = options.rollout;
    this.#whole = options.reports.find(({ contender }) => contender === undefined) ?? null;
    this.#ofOne = options.reports.filter(({ contender }) => contender !== undefined);
    this.#clock = options.clock;
    this.#onTrip = options.onTrip;
    this.follow(options.candidates);
  }

  /** How it tripped, all candidates before single ones; empty while it holds. */
  get reports(): readonly FuseReport[] {
    return this.#whole === null ? this.#ofOne : [this.#whole, ...this.#ofOne];
  }

  /** Whether a candidate is cut off. */
  isOut(arm: string): boolean {
    return this.#whole !== null || this.#watches.get(arm)?.isOut === true;
  }

  /** Another version under an arm, after a swap, is another candidate: nothing is held to it. */
  follow(candidates: readonly Contender[]): void {
    for (const { arm, version } of candidates) {
      const known = this.#watches.get(arm);
      if (known !== undefined && sameVersion(known.version, version)) continue;
      const isOut = this.#ofOne.some(
        ({ contender }) => contender?.arm === arm && sameVersion(contender.version, version),
      );
      this.#watches.set(arm, { ...freshWatch({ arm, version }), isOut });
    }
  }

  /** A candidate's attempt begins. */
  begin(arm: string, begun: Begun): Attempt {
    const watch = this.#watches.get(arm) ?? null;
    const { startedMs, cut } = begun;
    const attempt = { startedMs, arm: watch, cut };
    if (watch === null) return attempt;
    watch.beside = begun.beside;
    if (watch.underWay.size < ATTEMPTS_WATCHED_MAX) {
      if (watch.underWay.size === 0) {
        watch.heardMs = startedMs;
        watch.baselineSinceHeard = 0;
      }
      watch.underWay.add(attempt);
    }
    return attempt;
  }

  /** A candidate's attempt has ended. */
  end(attempt: Attempt, ended: Ended): void {
    const watch = attempt.arm;
    if (watch === null) return;
    watch.underWay.delete(attempt);
    watch.heardMs = ended.nowMs;
    watch.baselineSinceHeard = 0;
    if (ended.outcome === 'none') return;
    this.#roll(ended.nowMs);
    count(watch.units, ended.unit);
    if (ended.outcome === 'good') {
      endStreak(watch);
      return;
    }
    count(watch.lossUnits, ended.unit);
    watch.streak += 1;
    if (watch.streakUnits.size < STREAK_UNITS_MIN) watch.streakUnits.add(ended.unit);
    this.#judgeStreak(watch);
  }

  /** The baseline answered a request: its own, or one a candidate failed. */
  baseline(ended: Ended & { readonly isOwn: boolean; readonly latencyMs: number }): void {
    if (ended.outcome === 'none' || this.#whole !== null) return;
    this.#roll(ended.nowMs);
    this.#baselineMeanMs += (ended.latencyMs - this.#baselineMeanMs) * MEAN_WEIGHT;
    if (ended.isOwn) count(this.#baselineUnits, ended.unit);
    if (ended.isOwn && ended.outcome === 'loss') count(this.#baselineLossUnits, ended.unit);
    for (const watch of this.#watches.values()) {
      if (ended.outcome === 'good') watch.baselineSinceHeard += 1;
      if (watch.streak === 0) continue;
      if (ended.outcome === 'good') watch.baselineGood += 1;
      else watch.baselineLoss += 1;
      this.#judgeStreak(watch);
    }
  }

  /** To be called some times a second: closes buckets, and notices what never comes back. */
  tick(nowMs: number): void {
    if (this.#whole !== null) return;
    this.#roll(nowMs);
    for (const watch of this.#watches.values()) this.#judgeSilence(watch, nowMs);
  }

  /** Cuts all candidates off, for a person. */
  trip(report: FuseReport): void {
    if (this.#whole !== null) return;
    this.#whole = report;
    for (const watch of this.#watches.values()) cutAttempts(watch);
    this.#onTrip(report);
  }

  /** Cuts one candidate off, unless another version has its arm by now. */
  #tripBySelf(watch: CandidateWatch, sentence: string): void {
    const { arm, version } = watch;
    if (this.isOut(arm) || this.#watches.get(arm) !== watch) return;
    const at = this.#clock.now();
    const contender = { arm, version };
    const { rollout } = this;
    const report = { rollout, contender, at, by: 'gateway', who: null, sentence } as const;
    watch.isOut = true;
    this.#ofOne.push(report);
    cutAttempts(watch);
    this.#onTrip(report);
  }

  #judgeStreak(watch: CandidateWatch): void {
    const { streak, streakUnits, baselineGood, baselineLoss, beside } = watch;
    const isManyUnits = streakUnits.size >= STREAK_UNITS_MIN;
    if (streak < (isManyUnits ? STREAK_SHORT : STREAK_LONG)) return;
    // Without any baseline traffic nobody can say how the baseline is; twice as many must do then.
    const isAlone = beside === 'nothing' && streak >= STREAK_LONG;
    const isContrast = logContrast(streak, baselineGood, baselineLoss) >= LOG_CONTRAST_MIN;
    if (!isContrast && !isAlone) return;
    const besides = isContrast
      ? `the baseline answered ${baselineGood} of ${baselineGood + baselineLoss} meanwhile`
      : 'the baseline has no traffic';
    this.#tripBySelf(watch, `${watch.arm} failed ${streak} requests in a row; ${besides}`);
  }

  #judgeSilence(watch: CandidateWatch, nowMs: number): void {
    const stuckMs = Math.max(STUCK_MS, this.#baselineMeanMs * STUCK_MEANS);
    if (watch.underWay.size < STUCK_MAX || nowMs - watch.heardMs < stuckMs) return;
    let stuck = 0;
    for (const { startedMs } of watch.underWay) {
      if (nowMs - startedMs >= stuckMs) stuck += 1;
    }
    if (stuck < STUCK_MAX) return;
    const contrast = logContrast(stuck, watch.baselineSinceHeard, 0);
    if (contrast < LOG_CONTRAST_MIN && watch.beside === 'traffic') return;
    const silence = Math.round(nowMs - watch.heardMs);
    this.#tripBySelf(
      watch,
      `${watch.arm} has ${stuck} requests without an answer and has been silent for ${silence} ms`,
    );
  }

  /** Closes the bucket when it is over and judges the evidence. */
  #roll(nowMs: number): void {
    if (this.#bucketMs === null) this.#bucketMs = nowMs;
    if (nowMs - this.#bucketMs < FUSE_BUCKET_MS || this.#whole !== null) return;
    this.#bucketMs = nowMs;
    const [baselineUnits, baselineLoss] = [this.#baselineUnits.size, this.#baselineLossUnits.size];
    this.#baselineUnits = new Set();
    this.#baselineLossUnits = new Set();
    for (const watch of this.#watches.values()) {
      const bucket = {
        candidateLoss: watch.lossUnits.size,
        candidateUnits: watch.units.size,
        baselineLoss,
        baselineUnits,
      };
      watch.units = new Set();
      watch.lossUnits = new Set();
      watch.spike = spikeWindowStep(watch.spike, bucket);
      watch.evidence = rateRatioStep(watch.evidence, bucket);
      const verdict = hardTrigger(watch.spike, rateRatioEvidence(watch.evidence).logE);
      if (!verdict.fires) continue;
      const expected = verdict.expectedLoss.toFixed(1);
      this.#tripBySelf(
        watch,
        `${watch.arm} failed ${verdict.candidateLoss} units in ${verdict.buckets} s where the ` +
          `baseline leads one to expect ${expected}`,
      );
    }
  }
}

function freshWatch(contender: Contender): CandidateWatch {
  return {
    ...contender,
    isOut: false,
    underWay: new Set(),
    streakUnits: new Set(),
    streak: 0,
    baselineGood: 0,
    baselineLoss: 0,
    heardMs: 0,
    baselineSinceHeard: 0,
    beside: 'traffic',
    units: new Set(),
    lossUnits: new Set(),
    spike: EMPTY_SPIKE_WINDOW,
    evidence: rateRatioStart({ horizonBuckets: HORIZON_BUCKETS }),
  };
}

/**
 * How surprising it is that all `good` answers came from the baseline, and none from the
 * candidate's `failures` in a row, if the arms were equal: minus the logarithm of the
 * hypergeometric chance C(good + loss, good) / C(failures + good + loss, good) of Fisher's
 * exact test.
 */
function logContrast(failures: number, good: number, loss: number): number {
  let sum = 0;
  for (let i = 1; i <= Math.min(failures, CONTRAST_FAILURES_MAX); i += 1) {
    sum += Math.log1p(good / (loss + i));
  }
  return sum;
}

function cutAttempts({ underWay }: CandidateWatch): void {
  for (const attempt of underWay) attempt.cut();
}

function count(units: Set<number>, unit: number): void {
  if (units.size < UNITS_MAX) units.add(unit);
}

function endStreak(watch: CandidateWatch): void {
  if (watch.streak === 0) return;
  watch.streak = 0;
  watch.streakUnits.clear();
  watch.baselineGood = 0;
  watch.baselineLoss = 0;
}
