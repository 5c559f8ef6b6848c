import { fork, prng } from '../../src/core/lib/prng.ts';
import type { Family, Pair } from './families.ts';
import { kayentaFails, kayentaFailsByDefault } from './kayenta-judge.ts';
import { judgeSeries } from './series-judge.ts';

/** Something that says whether a canary fails. */
export type Judge = {
  readonly name: string;
  readonly fails: (pairs: readonly Pair[]) => boolean;
};

/** The judge of this folder. */
export const OURS: Judge = {
  name: 'series judge',
  fails: (pairs) => judgeSeries(pairs).outcome === 'fail',
};

/** Kayenta as its documentation advises. */
export const KAYENTA: Judge = { name: 'Kayenta mode, as advised', fails: kayentaFails };

/** Kayenta as it comes. */
export const KAYENTA_DEFAULT: Judge = {
  name: 'Kayenta mode, defaults',
  fails: kayentaFailsByDefault,
};

/** Scenarios of each family in a benchmark. */
export const PER_FAMILY = 20;

/** How many of a family's scenarios a judge fails. */
export function failedIn(judge: Judge, family: Family, seed: string): number {
  const rng = prng(`${seed}/${family.name}`);
  const scenarios = Array.from({ length: PER_FAMILY }, () => family.draw(fork(rng, 'scenario')));
  return scenarios.filter((pairs) => judge.fails(pairs)).length;
}

/** Parts of the bad that fail, and of the good. */
export type Score = {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly accuracy: number;
  /** The mean of the parts of good and bad that are judged right. */
  readonly balanced: number;
};

/** Scores a judge on all scenarios of a seed. */
export function scoreOf(judge: Judge, families: readonly Family[], seed: string): Score {
  const failed = (truth: Family['truth']): number => {
    const some = families.filter((one) => one.truth === truth);
    const count = some.reduce((sum, family) => sum + failedIn(judge, family, seed), 0);
    return count / (some.length * PER_FAMILY);
  };
  const [truePositive, falsePositive] = [failed('fail'), failed('pass')];
  const badPart = families.filter(({ truth }) => truth === 'fail').length / families.length;
  return {
    truePositive,
    falsePositive,
    accuracy: badPart * truePositive + (1 - badPart) * (1 - falsePositive),
    balanced: (truePositive + 1 - falsePositive) / 2,
  };
}
