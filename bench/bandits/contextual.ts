import { fork, prng } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import {
  linThompsonDraw,
  linUcbIndex,
  ridgeStart,
  ridgeStep,
} from '../../src/core/stats/linear-bandit.ts';
import type { Ridge } from '../../src/core/stats/linear-bandit.ts';
import { sampleIndex, sampleNormal } from '../../src/core/stats/samplers.ts';
import { meanOf } from '../estimate.ts';
import type { Estimate } from '../estimate.ts';

const FEATURES = 4;
const ARMS = 3;
const STEPS = 1_000;
const NOISE = 0.3;
const SCALE = 0.5;

/** How an arm is chosen for a context. */
type Choice = (rng: Prng, ridges: readonly Ridge[], x: readonly number[]) => number;

const best = (values: readonly number[]): number => values.indexOf(Math.max(...values));

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Ways to choose; the one without context sees a constant instead of it. */
export const CHOICES: readonly {
  readonly name: string;
  readonly sees: 'context' | 'nothing';
  readonly choose: Choice;
}[] = [
  {
    name: 'equal split',
    sees: 'nothing',
    choose: (rng, ridges) =>
      sampleIndex(
        rng,
        ridges.map(() => 1),
      ),
  },
  {
    name: 'Thompson without the context',
    sees: 'nothing',
    choose: (rng, ridges, x) =>
      best(ridges.map((ridge) => linThompsonDraw(rng, ridge, { x, scale: SCALE }))),
  },
  {
    name: 'LinUCB',
    sees: 'context',
    choose: (_rng, ridges, x) => best(ridges.map((ridge) => linUcbIndex(ridge, x, SCALE))),
  },
  {
    name: 'linear Thompson',
    sees: 'context',
    choose: (rng, ridges, x) =>
      best(ridges.map((ridge) => linThompsonDraw(rng, ridge, { x, scale: SCALE }))),
  },
];

/**
 * Mean regret over a thousand requests with four features: which of three arms is best depends on
 * the request alone, by coefficients drawn anew in each run.
 */
export function contextualRegret(way: (typeof CHOICES)[number], runs: number): Estimate {
  const rng = prng('contextual');
  return meanOf(Array.from({ length: runs }, () => regretOnce(fork(rng, 'run'), way)));
}

function regretOnce(rng: Prng, { sees, choose }: (typeof CHOICES)[number]): number {
  const vector = (): readonly number[] => Array.from({ length: FEATURES }, () => sampleNormal(rng));
  const truth = Array.from({ length: ARMS }, vector);
  let ridges = truth.map(() => ridgeStart(sees === 'context' ? FEATURES : 1));
  let regret = 0;
  for (let step = 0; step < STEPS; step += 1) {
    const context = vector();
    const x = sees === 'context' ? context : [1];
    const arm = choose(rng, ridges, x);
    const expected = truth.map((coefficients) => dot(coefficients, context));
    const earned = expected[arm] ?? 0;
    regret += Math.max(...expected) - earned;
    const reward = earned + sampleNormal(rng, 0, NOISE);
    ridges = ridges.map((ridge, i) => (i === arm ? ridgeStep(ridge, x, reward) : ridge));
  }
  return regret;
}
