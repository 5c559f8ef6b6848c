import { WHOLE_BPS, bps } from '../lib/units.ts';
import { duration } from '../lib/wording.ts';
import type { Advance, Baking } from './spec.ts';
import { byHand } from './stage-gate.ts';
import { plainStage, type Stage } from './stage.ts';
import type { Place, Situation, Step } from './strategy.ts';
import { watch } from './watch.ts';

/**
 * The stages with a bake at their end, for everybody: a last look while the version before is still
 * loaded. Nobody is left to compare with, so the margin is that of the stage before.
 */
export function withBake(stages: readonly Stage[], { bakeMs }: Baking): readonly Stage[] {
  const last = stages.at(-1);
  if (bakeMs === undefined || last === undefined) return stages;
  const share = bps(WHOLE_BPS);
  return [...stages, plainStage({ name: 'bake', share, margin: last.margin, leastMs: bakeMs })];
}

/** Whether this is the stage in which it bakes. */
export const isBake = ({ index, stages }: Place, { bakeMs }: Baking): boolean =>
  bakeMs !== undefined && index + 1 === stages.length;

/** Watches until the time is over; by hand, somebody then says `promote`. */
export function bake(situation: Situation, advance: Advance): Step {
  const step = watch(situation, 'It baked');
  if (step.type !== 'done') return step;
  const baked = `it baked for ${duration(situation.stage.leastMs)}, and no guardrail failed`;
  const gate = byHand({ open: true, grounds: baked }, advance, 'promote');
  return 'open' in gate ? step : gate;
}

/** What a bake is, in sentences. */
export const explainBake = ({ stage }: Place): readonly string[] => [
  'All of the traffic goes to the candidate; the version before stays loaded.',
  `For ${duration(stage.leastMs)} it is held against what the baseline did before; ` +
    'the first guardrail that fails takes it out again.',
];
