import { fork, prng } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { sampleGamma, sampleNormal } from '../../src/core/stats/samplers.ts';
import { shareOf } from '../estimate.ts';
import type { Estimate } from '../estimate.ts';
import type { Pair } from './families.ts';

/** How values lie around their level. `heavy`: Student's t with three degrees of freedom. */
export type Noise = 'normal' | 'heavy';

/** A series around a level that keeps `memory` of each value, and the level of the other arm. */
export type Course = {
  readonly level: number;
  readonly memory: number;
  readonly points: number;
  readonly noise: Noise;
  /** The experiment's level as a multiple of the control's; 1: the arms are the same. */
  readonly factor: number;
};

/** An hour, independent minutes, both arms the same. */
export const SAME: Course = { level: 100, memory: 0, points: 60, noise: 'normal', factor: 1 };

/** A tenth of the level: noise that no tolerance swallows. */
const NOISE_PART = 0.1;
const HEAVY_DF = 3;

function step(rng: Prng, noise: Noise): number {
  if (noise === 'normal') return sampleNormal(rng);
  return sampleNormal(rng) / Math.sqrt((2 * sampleGamma(rng, HEAVY_DF / 2)) / HEAVY_DF);
}

/** A first-order autoregression, with the same spread whatever its memory. */
function series(rng: Prng, course: Course, level: number): readonly number[] {
  const { memory, points, noise } = course;
  let state = step(rng, noise);
  return Array.from({ length: points }, () => {
    state = memory * state + Math.sqrt(1 - memory * memory) * step(rng, noise);
    return level + NOISE_PART * course.level * state;
  });
}

/** How often a judge fails the experiment. All judges meet the same series. */
export function failures(
  fails: (pairs: readonly Pair[]) => boolean,
  course: Course,
  runs: number,
): Estimate {
  const rng = prng(`fresh/${JSON.stringify(course)}`);
  let failed = 0;
  for (let run = 0; run < runs; run += 1) {
    const one = fork(rng, 'run');
    const control = series(one, course, course.level);
    const experiment = series(one, course, course.level * course.factor);
    if (fails([{ control, experiment }])) failed += 1;
  }
  return shareOf(failed, runs);
}
