/** What a check says at a moment, with the numbers that prove it. */
export type Verdict = {
  readonly check: string;
  /** The candidate's arm it is about. */
  readonly arm: string;
  /**
   * `fail`: evidence of harm. `pass`: evidence of safety within the margin. `unsure`: neither yet.
   * `starved`: no traffic to judge by.
   */
  readonly outcome: 'pass' | 'fail' | 'unsure' | 'starved';
  readonly candidate: ArmCount;
  readonly baseline: ArmCount;
  /** Stratified (Mantel–Haenszel) estimate of candidate over baseline rate; null: undefined. */
  readonly ratio: number | null;
  /** Always-valid interval for the ratio at 95 %; `high` null: unbounded; null: undefined. */
  readonly interval: RatioInterval | null;
  /** Natural logarithms of e-values: harm at its highest so far, safety as it stands. */
  readonly evidence: {
    readonly harm: number;
    readonly harmNeeded: number;
    readonly safety: number;
    readonly safetyNeeded: number;
  };
  /** Estimate of the time until `pass` at the current traffic, if the candidate is healthy. */
  readonly etaMs: number | null;
  /** One sentence a person can follow. */
  readonly sentence: string;
  /** Of a check on feedback only. */
  readonly effect?: OutcomeEffect | undefined;
};

/** How far apart two arms are in what came back about them. */
export type OutcomeEffect = {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  /** How people read its values: a part in per cent, or a number. */
  readonly scale: 'part' | 'number';
  /** Means; null: too little for one. */
  readonly candidate: number | null;
  readonly baseline: number | null;
  /** Candidate against baseline, compared at the same times and shares; above 0 is better. */
  readonly advantage: number | null;
  /** Always-valid interval of the advantage at 95 %; null: none. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly margin: number;
  /** Complete units of each arm that are asked for before anything is concluded. */
  readonly minUnits: number;
};

/** Units seen and losses counted for one arm; of feedback, what was counted and its sum. */
export type ArmCount = { readonly units: number; readonly losses: number };

/** Ends of an interval of ratios. Never infinite, so that a verdict survives JSON. */
export type RatioInterval = readonly [low: number, high: number | null];
