import { WHOLE_BPS } from '../lib/units.ts';
import { count, duration } from '../lib/wording.ts';
import type { BanditMemory } from './outcome-spec.ts';
import { CANDIDATES_MAX, checkMetric } from './split.ts';
import type { StrategySpec } from './spec.ts';
import { gather } from './stage-problems.ts';
import type { Found } from './stage-problems.ts';
import type { SpecProblem } from './strategy.ts';

/** Shares that move faster than feedback can be counted would move for nothing. */
const UPDATE_MS_MIN = 1_000;
const UPDATE_MS_MAX = 30 * 86_400_000;
const UPDATES_MAX = 10_000;

/** What is wrong with a bandit's declaration. */
export function banditProblems(spec: StrategySpec<'bandit'>): readonly SpecProblem[] {
  return gather((found) => {
    checkMetric(spec.reward, 'reward', found);
    checkAlgorithm(spec, found);
    checkMemory(spec.memory, found);
    checkShares(spec, found);
    checkStop(spec, found);
  });
}

const RATES_ONLY: ReadonlySet<string> = new Set(['thompson-beta', 'ucb1', 'kl-ucb']);

function checkAlgorithm(spec: StrategySpec<'bandit'>, found: Found): void {
  const { algorithm, reward, epsilon, updateMs, burnIn } = spec;
  if (RATES_ONLY.has(algorithm) && reward.kind !== 'proportion') {
    found(
      'algorithm',
      `${algorithm} is for proportions; a ${reward.kind} goes with thompson-gaussian, top-two or ` +
        'epsilon-greedy',
    );
  }
  if (!(epsilon > 0 && epsilon < 1)) found('epsilon', 'the part that explores is 0 % to 100 %');
  if (!(updateMs >= UPDATE_MS_MIN && updateMs <= UPDATE_MS_MAX)) {
    const range = `${duration(UPDATE_MS_MIN)} to ${duration(UPDATE_MS_MAX)}`;
    found('update', `shares move every ${range}`);
  }
  for (const [name, value] of Object.entries(burnIn)) {
    if (Number.isInteger(value) && value >= 2) continue;
    found(`burnIn.${name}`, 'a burn-in is a whole number of at least 2: one has no variance');
  }
}

function checkMemory(memory: BanditMemory, found: Found): void {
  if (memory.kind === 'discount' && !(memory.gamma > 0 && memory.gamma < 1)) {
    found('memory.discount', 'a discount is between 0 and 1; 1 would forget nothing');
  }
  if (memory.kind !== 'window') return;
  const { updates } = memory;
  if (Number.isInteger(updates) && updates >= 1 && updates <= UPDATES_MAX) return;
  found('memory.window', `a window holds 1 to ${count(UPDATES_MAX)} updates`);
}

function checkShares({ candidates, floor }: StrategySpec<'bandit'>, found: Found): void {
  if (!(candidates >= 1 && candidates <= CANDIDATES_MAX)) {
    found('candidates', `there are 1 to ${CANDIDATES_MAX} candidates, not ${candidates}`);
  }
  const all = floor * (candidates + 1);
  if (floor === 0) found('floor', 'an arm without a floor is never tried again');
  if (all > WHOLE_BPS) {
    found(
      'floor',
      `the floors of ${candidates + 1} arms sum to ${count(all / 100)} %, above 100 %`,
    );
  }
}

function checkStop({ stop }: StrategySpec<'bandit'>, found: Found): void {
  if (stop === null) return;
  const { chance, lossMax } = stop;
  if (!(chance > 0.5 && chance < 1)) found('stop.best', 'a chance to stop at is 50 % to 100 %');
  if (!(lossMax > 0 && lossMax < Infinity)) found('stop.loss', 'the loss to stop at is above 0');
}
