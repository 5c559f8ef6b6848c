import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import type { StrategySpec } from './spec.ts';
import { plainStage, type Stage } from './stage.ts';
import { OUTCOME_KINDS, stagesOfStrategy } from './strategies.ts';
import type { Place } from './strategy.ts';

/** The strategies of a rollout, in order: one may follow another (`shadow → canary`). */
export const sequenceOf = ({ strategy, followers }: RolloutSpec): readonly StrategySpec[] => [
  strategy,
  ...followers,
];

/** Whether some of its strategies judge by what comes back (feedback). */
export const usesOutcomes = (spec: RolloutSpec): boolean =>
  sequenceOf(spec).some(({ kind }) => OUTCOME_KINDS.has(kind));

/** Whether what comes back bears on its decisions: by its strategies, or by checks on feedback. */
export const readsOutcomes = (spec: RolloutSpec): boolean =>
  usesOutcomes(spec) || (spec.outcomeChecks ?? []).length > 0;

/** Whether users get answers of both versions at some time, so that the two can be compared. */
export const isCompared = (spec: RolloutSpec): boolean =>
  ladderOf(spec).some(({ share }) => share > 0 && share < WHOLE_BPS);

/** All stages of all its strategies: what `Rollout.stage` is an index into. */
export function ladderOf(spec: RolloutSpec): readonly Stage[] {
  const known = ladders.get(spec);
  if (known !== undefined) return known;
  const ladder = sequenceOf(spec).flatMap(stagesIn);
  ladders.set(spec, ladder);
  return ladder;
}

/** A declaration never changes, and its ladder is asked for at every step of every bucket. */
const ladders = new WeakMap<RolloutSpec, readonly Stage[]>();

function stagesIn(one: StrategySpec): readonly Stage[] {
  const known = stagesKnown.get(one);
  if (known !== undefined) return known;
  const stages = stagesOfStrategy(one);
  stagesKnown.set(one, stages);
  return stages;
}

const stagesKnown = new WeakMap<StrategySpec, readonly Stage[]>();

/** The stage a rollout is in. */
export const stageOf = ({ spec, stage }: Rollout): Stage => ladderOf(spec)[stage] ?? NO_STAGE;

/** A rollout without such a stage cannot be started; giving nothing is the safe reading of one. */
const NO_STAGE = plainStage({ name: 'none', share: bps(0), margin: 1, leastMs: 0 });

/** Which of its strategies a rollout is in, and where in that. */
export function placeOf(rollout: Rollout): Place {
  let before = 0;
  for (const spec of sequenceOf(rollout.spec)) {
    const stages = stagesIn(spec);
    const index = rollout.stage - before;
    const stage = stages[index];
    if (stage !== undefined) return { rollout, spec, stages, index, stage };
    before += stages.length;
  }
  return { rollout, spec: rollout.spec.strategy, stages: [], index: 0, stage: NO_STAGE };
}
