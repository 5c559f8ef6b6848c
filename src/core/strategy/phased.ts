import { WHOLE_BPS } from '../lib/units.ts';
import { bake, explainBake, isBake, withBake } from './bake.ts';
import type { StrategySpec } from './spec.ts';
import { byHand, explainStage, goOn, stageGate } from './stage-gate.ts';
import { STAGES_MAX, checkMargin, checkTime, gather } from './stage-problems.ts';
import { plainStage, type Stage } from './stage.ts';
import type { Place, Situation, SpecProblem, Step, Strategy } from './strategy.ts';

/** Internal, alpha, beta, everybody: each phase its audience, share, time and margin (S8). */
export const phased: Strategy<'phased'> = { check, stages, decide, explain };

function stages(spec: StrategySpec<'phased'>): readonly Stage[] {
  const ladder = spec.phases.map((phase) => plainStage(phase));
  return withBake(ladder, spec);
}

function decide(situation: Situation<'phased'>): Step {
  const { advance } = situation.spec;
  if (isBake(situation, situation.spec)) return bake(situation, advance);
  const command = situation.index + 1 === situation.stages.length ? 'promote' : 'advance';
  return goOn(situation, byHand(stageGate(situation, advance), advance, command));
}

function check({ phases, bakeMs = 0 }: StrategySpec<'phased'>): readonly SpecProblem[] {
  return gather((found) => {
    checkTime(bakeMs, 'bake', found);
    if (phases.length === 0 || phases.length > STAGES_MAX) {
      found('phases', `a phased rollout has 1 to ${STAGES_MAX} phases, not ${phases.length}`);
    }
    for (const [index, phase] of phases.entries()) {
      const at = `phases[${index}]`;
      const { name, audience, share, margin, leastMs } = phase;
      const earlier = phases.slice(0, index);
      if (earlier.some((one) => one.name === name)) {
        found(`${at}.name`, `two phases are named ${name}`);
      }
      if (share === 0) found(`${at}.share`, `${name} would give the candidate nothing`);
      const open = earlier.find((one) => one.audience === null);
      if (open !== undefined && audience !== null) {
        found(`${at}.audience`, `the order is broken: ${open.name} was open to everybody before`);
      }
      const wider = earlier.findLast((one) => one.audience === audience);
      if (wider !== undefined && wider.share >= share) {
        found(`${at}.share`, `the order is broken: ${wider.name} gave the same audience as much`);
      }
      checkMargin(margin, `${at}.margin`, found);
      checkTime(leastMs, `${at}.least`, found);
    }
    const last = phases.at(-1);
    if (last !== undefined && (last.audience !== null || last.share < WHOLE_BPS)) {
      const at = `phases[${phases.length - 1}]`;
      found(at, `the last phase, ${last.name}, must be 100 % of everybody`);
    }
  });
}

function explain(place: Place<'phased'>): readonly string[] {
  if (isBake(place, place.spec)) return explainBake(place);
  return [`Phase ${place.stage.name}.`, ...explainStage(place)];
}
