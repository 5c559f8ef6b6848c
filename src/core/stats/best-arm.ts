/**
 * Which arm is the best, by integrating over beliefs: chances and expected losses without a single
 * random number, the same on every machine.
 */
import type { Belief } from './bandit.ts';
import { requireThat } from './domain.ts';
import { betaTailsAt } from './incomplete-beta.ts';
import { normalCdf } from './normal.ts';

/** For every arm, its chance to be the best, and what choosing it is expected to lose. */
export type BestArm = { readonly chance: readonly number[]; readonly loss: readonly number[] };

/** Points laid over each belief, and how many standard deviations they reach on either side. */
const POINTS = 120;
const REACH = 7;

/**
 * P(arm i is the largest) = ∫ Π_{j≠i} F_j dF_i, and E[max] - mean_i with E[max] from ∫ (1 - Π F_j),
 * by the trapezoidal rule on points laid over every belief. Exact to about 1e-4.
 */
export function bestArm(beliefs: readonly Belief[]): BestArm {
  requireThat(beliefs.length > 0, 'no arms');
  const grid = gridOver(beliefs);
  const cdfs = beliefs.map((belief) => grid.map((x) => cdf(belief, x)));
  const chance = beliefs.map(() => 0);
  let expectedMax = grid.at(-1) ?? 0;
  let before = 0;
  for (const [k, x] of grid.entries()) {
    const product = cdfs.reduce((all, own) => all * (own[k] ?? 0), 1);
    if (k > 0) {
      expectedMax -= ((product + before) / 2) * (x - (grid[k - 1] ?? x));
      for (const i of chance.keys()) chance[i] = (chance[i] ?? 0) + massWon(cdfs, { i, k });
    }
    before = product;
  }
  const all = chance.reduce((sum, one) => sum + one, 0);
  return {
    chance: chance.map((one) => (all > 0 ? one / all : 1 / beliefs.length)),
    loss: beliefs.map((belief) => Math.max(0, expectedMax - meanOf(belief))),
  };
}

/** The mass of arm i between two points at which all others are below. */
function massWon(
  cdfs: readonly (readonly number[])[],
  { i, k }: { readonly i: number; readonly k: number },
): number {
  const own = cdfs[i] ?? [];
  const othersAt = (at: number): number =>
    cdfs.reduce((all, other, j) => (j === i ? all : all * (other[at] ?? 0)), 1);
  const mass = (own[k] ?? 0) - (own[k - 1] ?? 0);
  return mass <= 0 ? 0 : (mass * (othersAt(k) + othersAt(k - 1))) / 2;
}

function gridOver(beliefs: readonly Belief[]): readonly number[] {
  const points = beliefs.flatMap((belief) => {
    const sd = sdOf(belief);
    const mean = meanOf(belief);
    const laid = Array.from(
      { length: POINTS + 1 },
      (_, k) => mean + sd * REACH * ((2 * k) / POINTS - 1),
    );
    return belief.kind === 'beta' ? laid.map((x) => Math.min(1, Math.max(0, x))) : laid;
  });
  return [...new Set(points)].sort((a, b) => a - b);
}

function cdf(belief: Belief, x: number): number {
  if (belief.kind === 'normal') {
    return belief.sd > 0 ? normalCdf((x - belief.mean) / belief.sd) : Number(x >= belief.mean);
  }
  if (x <= 0) return 0;
  return x >= 1 ? 1 : betaTailsAt({ ...belief.beta, x, y: 1 - x }).lower;
}

function meanOf(belief: Belief): number {
  if (belief.kind === 'normal') return belief.mean;
  const { a, b } = belief.beta;
  return a / (a + b);
}

function sdOf(belief: Belief): number {
  if (belief.kind === 'normal') return belief.sd;
  const { a, b } = belief.beta;
  return Math.sqrt((a * b) / ((a + b) ** 2 * (a + b + 1)));
}
