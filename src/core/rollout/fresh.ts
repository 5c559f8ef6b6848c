import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { noThresholds } from '../routing/table.ts';
import type { Rollout } from './rollout.ts';
import type { RolloutSpec } from './spec.ts';

/** What differs between rollouts that begin. */
export type Beginning = Pick<
  Rollout,
  'id' | 'endpoint' | 'baseline' | 'candidate' | 'others' | 'spec' | 'salt' | 'createdBy'
> & {
  readonly now: Instant;
};

/** A rollout of which nothing has happened yet: it is prepared, and nobody is assigned. */
export const freshRollout = ({ now, ...given }: Beginning): Rollout => ({
  ...given,
  revision: 1,
  phase: 'preparing',
  stage: 0,
  thresholdsMs: { ...noThresholds, late: objectiveOf(given.spec) },
  createdAt: now,
  phaseSince: now,
  stageSince: now,
  hold: null,
  accepted: [],
  weights: null,
  dropped: [],
  winner: null,
  evidenceFrom: instant(0),
  cause: null,
});

const objectiveOf = ({ checks }: RolloutSpec): number | null =>
  checks.find(({ metric }) => metric === 'latency_objective')?.objectiveMs ?? null;
