import type { Bps } from '../lib/units.ts';
import type { AbTestSpec, BanditSpec, ChampionChallengerSpec } from './outcome-spec.ts';
import type { Mirror } from './stage.ts';

/** Every kind of strategy with what is declared for it. */
export type StrategySpecs = {
  readonly canary: CanarySpec;
  readonly 'blue-green': BlueGreenSpec;
  readonly shadow: ShadowSpec;
  readonly gradual: GradualSpec;
  readonly phased: PhasedSpec;
  readonly 'ab-test': AbTestSpec;
  readonly 'champion-challenger': ChampionChallengerSpec;
  readonly bandit: BanditSpec;
};

/** The name of a strategy. */
export type StrategyKind = keyof StrategySpecs;

/** How a rollout moves traffic. A closed union: one member a strategy. */
export type StrategySpec<K extends StrategyKind = StrategyKind> = {
  readonly [P in K]: { readonly kind: P } & StrategySpecs[P];
}[K];

/** How a ladder of stages may end. */
export type Baking = {
  /**
   * How long guardrails watch the candidate alone, once it has everything, before it is promoted
   * and the version before is let go. Absent: no longer than the last stage lasts.
   */
  readonly bakeMs?: number;
};

/** Stages of rising share; each lasts until the evidence suffices (S2). */
export type CanarySpec = Baking & {
  readonly stages: readonly CanaryStage[];
  readonly advance: Advance;
  /** Who may get the candidate, in every stage; null: everybody. */
  readonly audience: string | null;
};

/** One stage of a canary; see `Stage` for the fields. */
export type CanaryStage = {
  readonly share: Bps;
  readonly margin: number;
  readonly leastMs: number;
};

/**
 * What ends a stage. `evidence`: every check has passed. `manual`: the same, and a person says so.
 * `schedule`: its time is over and no check failed; for people who accept less than evidence.
 */
export const ADVANCES = ['evidence', 'manual', 'schedule'] as const;

/** See `ADVANCES`. */
export type Advance = (typeof ADVANCES)[number];

/**
 * Green is loaded and proved unseen, then one generation of the table gives it everything; blue
 * stays warm (S1).
 */
export type BlueGreenSpec = {
  /** Copies of requests that prove green before the switch; null: none. */
  readonly prove: Mirror | null;
  /** Green is proved for at least this long. */
  readonly proveMs: number;
  /** Blue stays loaded, and the guardrails on, for this long after the switch. */
  readonly keepWarmMs: number;
  /** Whether somebody must say `advance` before the switch. */
  readonly cutOver: CutOver;
};

/** Who starts a cut-over that the evidence allows. */
export const CUT_OVERS = ['automatic', 'manual'] as const;

/** See `CUT_OVERS`. */
export type CutOver = (typeof CUT_OVERS)[number];

/** The candidate answers copies of requests, never the users (S3). */
export type ShadowSpec = {
  readonly mirror: Mirror;
  readonly audience: string | null;
  readonly leastMs: number;
  readonly cutOver: CutOver;
};

/** Everything at once, a window of close watching, then done (S7). */
export type GradualSpec = {
  readonly watchMs: number;
};

/** Phases with an audience, a share of it, a least duration and a margin each (S8). */
export type PhasedSpec = Baking & {
  readonly phases: readonly AudiencePhase[];
  readonly advance: Advance;
};

/** One phase of a phased rollout; see `Stage` for the fields. */
export type AudiencePhase = {
  readonly name: string;
  readonly audience: string | null;
  readonly share: Bps;
  readonly margin: number;
  readonly leastMs: number;
};
