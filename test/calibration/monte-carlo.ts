/** What every calibration suite needs: seeded repetition and the error of a counted share. */
import { fork, prng } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';

/** Share of `runs` seeded repetitions in which `holds`. */
export function shareOf(seed: string, runs: number, holds: (rng: Prng) => boolean): number {
  const rng = prng(seed);
  let count = 0;
  for (let run = 0; run < runs; run += 1) if (holds(fork(rng, 'run'))) count += 1;
  return count / runs;
}

/** Mean of `runs` seeded repetitions. */
export function meanOf(seed: string, runs: number, value: (rng: Prng) => number): number {
  const rng = prng(seed);
  let sum = 0;
  for (let run = 0; run < runs; run += 1) sum += value(fork(rng, 'run'));
  return sum / runs;
}

/** Median of `runs` seeded repetitions. */
export function medianOf(seed: string, runs: number, value: (rng: Prng) => number): number {
  const rng = prng(seed);
  const values = Array.from({ length: runs }, () => value(fork(rng, 'run')));
  return values.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

/** A share of at most `level` may be counted as this much: three standard errors more. */
export function atMost(level: number, runs: number): number {
  return level + 3 * Math.sqrt((level * (1 - level)) / runs);
}

/** A share of at least `level` may be counted as this little. */
export function atLeast(level: number, runs: number): number {
  return level - 3 * Math.sqrt((level * (1 - level)) / runs);
}
