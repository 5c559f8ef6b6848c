import { WHOLE_BPS, bps } from '../lib/units.ts';
import { duration, percent } from '../lib/wording.ts';
import type { StrategySpec } from './spec.ts';
import { byHand, goOn, hold, stageGate } from './stage-gate.ts';
import { checkMirror, checkTime, gather, within } from './stage-problems.ts';
import { plainStage, type Stage } from './stage.ts';
import type { Place, Situation, SpecProblem, Step, Strategy } from './strategy.ts';
import { watch } from './watch.ts';

/** Green is proved unseen, then gets everything at once; blue stays warm for a while (S1). */
export const blueGreen: Strategy<'blue-green'> = { check, stages, decide, explain };

/** Green is compared with blue on copies; nobody waits for fine distinctions before a switch. */
const PROOF_MARGIN = 4;

function stages({ prove, proveMs, keepWarmMs }: StrategySpec<'blue-green'>): readonly Stage[] {
  const margin = PROOF_MARGIN;
  return [
    plainStage({ name: 'green', share: bps(0), mirror: prove, margin, leastMs: proveMs }),
    plainStage({ name: 'live', share: bps(WHOLE_BPS), margin, leastMs: keepWarmMs }),
  ];
}

function decide(situation: Situation<'blue-green'>): Step {
  const { spec, index, rollout, now, stage } = situation;
  if (index > 0) return watch(situation, 'Blue was kept warm');
  if (spec.prove !== null) {
    return goOn(situation, byHand(stageGate(situation, 'evidence'), spec.cutOver, 'advance'));
  }
  const waitMs = stage.leastMs - (now - rollout.stageSince);
  if (waitMs > 0) {
    const sentence = `Green is loaded and warm; the switch comes in ${duration(waitMs)}.`;
    return hold({ code: 'soaking', sentence }, waitMs);
  }
  const gate = { open: true, grounds: 'green is loaded and warm everywhere' } as const;
  return goOn(situation, byHand(gate, spec.cutOver, 'advance'));
}

function check(spec: StrategySpec<'blue-green'>): readonly SpecProblem[] {
  return gather((found) => {
    if (spec.prove !== null) checkMirror(spec.prove, within('prove', found));
    checkTime(spec.proveMs, 'proveFor', found);
    checkTime(spec.keepWarmMs, 'keepWarm', found);
  });
}

function explain({ spec, index }: Place<'blue-green'>): readonly string[] {
  const { prove, keepWarmMs, cutOver } = spec;
  if (index > 0) {
    return [
      'Green has all of the traffic.',
      `Blue stays loaded for ${duration(keepWarmMs)}: going back is one generation of the table.`,
      'Both are paid for until then.',
    ];
  }
  const proof =
    prove === null
      ? 'Green is loaded and warm on every gateway; users do not see it.'
      : `Green answers copies of ${percent(prove.sample / WHOLE_BPS)} of the requests, unseen.`;
  const who = cutOver === 'manual' ? 'when somebody says `advance`' : 'by itself';
  return [proof, `Then all traffic is switched to it at once, ${who}.`];
}
