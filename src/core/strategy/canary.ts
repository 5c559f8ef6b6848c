import { count, factor } from '../lib/wording.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import { bake, explainBake, isBake, withBake } from './bake.ts';
import type { CanarySpec, StrategySpec } from './spec.ts';
import { byHand, explainStage, goOn, stageGate } from './stage-gate.ts';
import { STAGES_MAX, checkMargin, checkTime, gather } from './stage-problems.ts';
import { plainStage, type Stage } from './stage.ts';
import type { Place, Situation, SpecProblem, Step, Strategy } from './strategy.ts';

/** Stages of rising share, each of which lasts until the evidence suffices (S2). */
export const canary: Strategy<'canary'> = { check, stages, decide, explain };

function stages(spec: CanarySpec): readonly Stage[] {
  const { stages: rungs, audience } = spec;
  const ladder = rungs.map(({ share, margin, leastMs }) => {
    return plainStage({ name: `${count(share / 100)} %`, share, audience, margin, leastMs });
  });
  return withBake(ladder, spec);
}

function decide(situation: Situation<'canary'>): Step {
  const { advance } = situation.spec;
  if (isBake(situation, situation.spec)) return bake(situation, advance);
  const command = situation.index + 1 === situation.stages.length ? 'promote' : 'advance';
  return goOn(situation, byHand(stageGate(situation, advance), advance, command));
}

function explain(place: Place<'canary'>): readonly string[] {
  return isBake(place, place.spec) ? explainBake(place) : explainStage(place);
}

function check({ stages: rungs, bakeMs = 0 }: StrategySpec<'canary'>): readonly SpecProblem[] {
  return gather((found) => {
    checkTime(bakeMs, 'bake', found);
    if (rungs.length === 0 || rungs.length > STAGES_MAX) {
      found('stages', `a canary has 1 to ${STAGES_MAX} stages, not ${rungs.length}`);
    }
    for (const [index, { share, margin, leastMs }] of rungs.entries()) {
      const at = `stages[${index}]`;
      const before = rungs[index - 1];
      const shareText = `${count(share / 100)} %`;
      if (share <= (before?.share ?? 0)) {
        const floor = `${count((before?.share ?? 0) / 100)} %`;
        found(`${at}.share`, `shares must rise, but ${shareText} follows ${floor}`);
      }
      checkMargin(margin, `${at}.margin`, found);
      checkTime(leastMs, `${at}.least`, found);
      if (share < WHOLE_BPS) continue;
      if (before === undefined) {
        found(
          `${at}.share`,
          'the first stage must leave the baseline traffic to be compared with, so not 100 %; ' +
            'to switch at once, use the strategy gradual or blue-green',
        );
      } else if (margin < before.margin) {
        found(
          `${at}.margin`,
          `at 100 % nothing is compared: no closer margin than the ${factor(before.margin)} before`,
        );
      }
    }
  });
}
