import type { Bps, Instant } from '../lib/units.ts';
import type { Mirror } from './stage.ts';

/** How the feedback of a metric is summed up. */
export const METRIC_KINDS = [
  /** Part of the units that did it: a unit's value is 0 or 1. */
  'proportion',
  /** Mean over units of all that came back for each. */
  'mean',
  /** Mean over pieces of feedback, where a unit may have several (delta method). */
  'ratio',
] as const;

/** See `METRIC_KINDS`. */
export type MetricKind = (typeof METRIC_KINDS)[number];

/** A metric of the feedback, and which way is good. */
export type OutcomeMetric = {
  /** As feedback names it: `label`, `reward`, `conversion`. */
  readonly name: string;
  readonly kind: MetricKind;
  readonly better: 'higher' | 'lower';
};

/** The metric that decides, with what its sample size is computed from. */
export type PrimaryMetric = OutcomeMetric & {
  /** What the baseline is expected to reach. */
  readonly expected: number;
  /** Standard deviation of one unit; null for a proportion, which has its own. */
  readonly sd: number | null;
  /** The smallest effect that must be found (MDE), absolute, above 0. */
  readonly effectMin: number;
};

/** When an A/B test is looked at. */
export type Stopping =
  /** Once, when sample and time are complete: the sharpest, and never before. */
  | { readonly kind: 'horizon' }
  /** At any time, by a confidence sequence; about twice the sample. */
  | { readonly kind: 'anytime' }
  /** At this many equally spaced looks, by O'Brien–Fleming bounds. */
  | { readonly kind: 'looks'; readonly looks: number };

/** Who makes the winner the version in production. */
export const WINNERS = ['manual', 'automatic'] as const;

/** See `WINNERS`. */
export type WinnerBy = (typeof WINNERS)[number];

/** Fixed shares, a plan made first, one result (S4). */
export type AbTestSpec = {
  readonly primary: PrimaryMetric;
  readonly secondary: readonly OutcomeMetric[];
  /** Chance of any false finding in the primary metric, over all arms. Two-sided. */
  readonly alpha: number;
  /** Chance to find an effect of `effectMin`. */
  readonly power: number;
  readonly stopping: Stopping;
  /** Share of each candidate, in order; the baseline has the rest. */
  readonly split: readonly Bps[];
  readonly audience: string | null;
  /** No winner before this. */
  readonly leastMs: number;
  /** The test ends after whole cycles only, a week, so that all kinds of days are in it alike. */
  readonly cycleMs: number;
  /** Over at the latest, whatever there is; null: when the sample is complete. */
  readonly until: Instant | null;
  /** What was known of the traffic when it was planned; null: nothing. */
  readonly unitsPerDay: number | null;
  readonly winner: WinnerBy;
  /** The sample, as computed when it was declared; null: the declaration is not sound. */
  readonly planned: AbPlan | null;
};

/** What an A/B test needs. */
export type AbPlan = {
  /** Units of the baseline and of each candidate. */
  readonly units: readonly number[];
  readonly unitsInAll: number;
  /** Chance of error of each comparison: `alpha` over the number of candidates. */
  readonly alphaEach: number;
  /** How long it takes at the traffic it was planned for, in whole cycles; null: not known. */
  readonly expectedMs: number | null;
};

/** Challengers without end; one that is shown to be better becomes the champion (S5). */
export type ChampionChallengerSpec = {
  readonly metric: OutcomeMetric;
  /** How much better a challenger must be shown to be, in the metric's unit; 0: at all. */
  readonly advantageMin: number;
  /** Share of each challenger, in order; the champion has the rest. All 0 when they are paired. */
  readonly split: readonly Bps[];
  /**
   * Copies of requests on which challengers are scored beside the champion, request by request;
   * absent: they have shares.
   */
  readonly pairing?: Mirror;
  readonly audience: string | null;
  /** Older units do not count. */
  readonly windowMs: number;
  /** Chance of a false swap per window, over all challengers. */
  readonly alpha: number;
  /** Units of both that must be in the window before anything is compared. */
  readonly unitsMin: number;
  readonly gate: 'automatic' | 'approval';
};

/** How a bandit divides the traffic. */
export const BANDIT_ALGORITHMS = [
  /** Shares are the chances to be the best; rewards are 0 or 1 (Thompson 1933). */
  'thompson-beta',
  /** The same for rewards of any size, by their means and variances. */
  'thompson-gaussian',
  /** For finding the best rather than earning (Russo 2016). */
  'top-two',
  /** Most to the highest upper bound; wasteful when rewards come late. */
  'ucb1',
  /** The same with the sharper bound for rates. */
  'kl-ucb',
  /** Most to the best mean, `epsilon` to all alike. */
  'epsilon-greedy',
  /** Chances to be the best in each segment, by a linear model (Agrawal & Goyal 2013). */
  'linear-thompson',
  /** Most to the highest upper bound in each segment, by the same (LinUCB, Li et al. 2010). */
  'linear-ucb',
] as const;

/** See `BANDIT_ALGORITHMS`. */
export type BanditAlgorithm = (typeof BANDIT_ALGORITHMS)[number];

/** Those that give every segment shares of its own. */
const CONTEXTUAL: ReadonlySet<BanditAlgorithm> = new Set(['linear-thompson', 'linear-ucb']);

/** Whether a bandit gives every segment shares of its own. */
export const isContextual = ({ algorithm }: Pick<BanditSpec, 'algorithm'>): boolean =>
  CONTEXTUAL.has(algorithm);

/** What of the past counts. */
export type BanditMemory =
  | { readonly kind: 'all' }
  /** An update later everything counts this much, in (0, 1). */
  | { readonly kind: 'discount'; readonly gamma: number }
  /** The latest updates only. */
  | { readonly kind: 'window'; readonly updates: number };

/** Shares that follow what comes back (S6). */
export type BanditSpec = {
  readonly reward: OutcomeMetric;
  readonly algorithm: BanditAlgorithm;
  /** `epsilon-greedy`: the part that explores. */
  readonly epsilon: number;
  readonly memory: BanditMemory;
  /** The baseline and this many candidates. */
  readonly candidates: number;
  readonly audience: string | null;
  /** How often the shares move. */
  readonly updateMs: number;
  /** Least share of every arm, the baseline too. */
  readonly floor: Bps;
  /** What every arm must have before the shares move. */
  readonly burnIn: BurnIn;
  /** When the best arm is promoted; null: never, it goes on for ever. */
  readonly stop: BanditStop | null;
};

/** Enough to begin with: before, chance alone would move the shares. */
export type BurnIn = {
  readonly units: number;
  /** Units that did it, of a proportion; else units of which anything came back. */
  readonly responses: number;
};

/** The best arm is known well enough. */
export type BanditStop = {
  /** The chance to be the best, at least. */
  readonly chance: number;
  /** What choosing it is expected to lose per unit, at the most, in the metric's unit. */
  readonly lossMax: number;
};
