import { WHOLE_BPS, bps } from '../lib/units.ts';
import { duration } from '../lib/wording.ts';
import type { StrategySpec } from './spec.ts';
import { checkTime, gather } from './stage-problems.ts';
import { plainStage, type Stage } from './stage.ts';
import type { Place, Situation, SpecProblem, Step, Strategy } from './strategy.ts';
import { watch } from './watch.ts';

/** Everything at once, then a window of close watching; instant rollback, else done (S7). */
export const gradual: Strategy<'gradual'> = { check, stages, decide, explain };

/** Nothing is compared at 100 %; the field needs a value that asks for nothing. */
const NO_MARGIN = 2;

function stages({ watchMs }: StrategySpec<'gradual'>): readonly Stage[] {
  const share = bps(WHOLE_BPS);
  return [plainStage({ name: 'watch', share, margin: NO_MARGIN, leastMs: watchMs })];
}

function decide(situation: Situation<'gradual'>): Step {
  return watch(situation, 'It was watched');
}

function check({ watchMs }: StrategySpec<'gradual'>): readonly SpecProblem[] {
  return gather((found) => {
    if (watchMs <= 0) found('watch', 'a window of 0 s watches nothing; write one like 30m');
    checkTime(watchMs, 'watch', found);
  });
}

function explain({ spec }: Place<'gradual'>): readonly string[] {
  return [
    'All of the traffic goes to the candidate.',
    `For ${duration(spec.watchMs)} it is held against what the baseline did before; ` +
      'the first guardrail that fails takes it out again.',
  ];
}
