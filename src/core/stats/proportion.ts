/** Intervals of one proportion and of the difference or ratio of two. */
import { betaQuantile, chiSquareQuantile } from './distributions.ts';
import { requireCount, requireOpenUnit, requireThat } from './domain.ts';
import { normalUpperQuantile } from './normal.ts';

/** A closed interval. */
export type Interval = { readonly lower: number; readonly upper: number };

/** Successes among trials, 0 <= hits <= trials. */
export type Proportion = { readonly hits: number; readonly trials: number };

function requireProportion({ hits, trials }: Proportion): void {
  requireCount(trials, 'trials', 1);
  requireThat(hits >= 0 && hits <= trials, `hits must lie between 0 and ${trials}, got ${hits}`);
}

/**
 * Wilson's score interval at level 1 - alpha (Wilson 1927): for display, close to nominal on
 * average.
 */
export function wilson(data: Proportion, alpha: number): Interval {
  requireProportion(data);
  requireOpenUnit(alpha, 'alpha');
  const { hits, trials } = data;
  const z2 = normalUpperQuantile(alpha / 2) ** 2;
  const rate = hits / trials;
  const centre = (rate + z2 / (2 * trials)) / (1 + z2 / trials);
  const half =
    Math.sqrt((rate * (1 - rate)) / trials + z2 / (4 * trials * trials)) *
    (Math.sqrt(z2) / (1 + z2 / trials));
  return {
    lower: hits === 0 ? 0 : Math.max(0, centre - half),
    upper: hits === trials ? 1 : Math.min(1, centre + half),
  };
}

/**
 * Clopper & Pearson's exact interval (1934): for decisions at a fixed n, never below its nominal
 * level.
 */
export function clopperPearson(data: Proportion, alpha: number): Interval {
  requireOpenUnit(alpha, 'alpha');
  return {
    lower: clopperPearsonLower(data, alpha / 2),
    upper: clopperPearsonUpper(data, alpha / 2),
  };
}

/** Exact one-sided lower bound at level 1 - alpha. */
export function clopperPearsonLower(data: Proportion, alpha: number): number {
  requireProportion(data);
  const { hits, trials } = data;
  return hits === 0 ? 0 : betaQuantile(hits, trials - hits + 1, { lower: alpha });
}

/** Exact one-sided upper bound at level 1 - alpha. */
export function clopperPearsonUpper(data: Proportion, alpha: number): number {
  requireProportion(data);
  const { hits, trials } = data;
  return hits === trials ? 1 : betaQuantile(hits + 1, trials - hits, { upper: alpha });
}

/**
 * Largest number of misses among `trials` at which the exact lower bound still reaches `goal`, or
 * undefined.
 */
export function missesAllowed(trials: number, goal: number, alpha: number): number | undefined {
  requireOpenUnit(goal, 'goal');
  const reaches = (misses: number): boolean =>
    clopperPearsonLower({ hits: trials - misses, trials }, alpha) >= goal;
  if (!reaches(0)) return undefined;
  let yes = 0;
  let no = trials + 1;
  while (no - yes > 1) {
    const middle = Math.trunc((yes + no) / 2);
    if (reaches(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/** What the score interval is about: p1 - p2 or p1 / p2. */
export type Comparison = 'difference' | 'ratio';

/** Rates under H0 that fit the data best, for the null value `delta` of the comparison. */
function restrictedRates(
  first: Proportion,
  second: Proportion,
  at: { readonly comparison: Comparison; readonly delta: number },
): readonly [number, number] {
  return at.comparison === 'difference'
    ? restrictedByDifference(first, second, at.delta)
    : restrictedByRatio(first, second, at.delta);
}

/** Root of the cubic likelihood equation in closed form (Farrington & Manning 1990, appendix). */
function restrictedByDifference(
  first: Proportion,
  second: Proportion,
  delta: number,
): readonly [number, number] {
  const n1 = first.trials;
  const n2 = second.trials;
  const [x1, x2] = [first.hits, second.hits];
  const n = n1 + n2;
  const l3 = n;
  const l2 = (n1 + 2 * n2) * delta - n - (x1 + x2);
  const l1 = (n2 * delta - n - 2 * x2) * delta + x1 + x2;
  const l0 = x2 * delta * (1 - delta);
  const q = l2 ** 3 / (3 * l3) ** 3 - (l1 * l2) / (6 * l3 * l3) + l0 / (2 * l3);
  const p = (q < 0 ? -1 : 1) * Math.sqrt(Math.max(0, l2 ** 2 / (3 * l3) ** 2 - l1 / (3 * l3)));
  const cosine = p === 0 ? 0 : Math.max(-1, Math.min(1, q / p ** 3));
  const angle = (Math.PI + Math.acos(cosine)) / 3;
  const rate2 = Math.max(0, Math.min(1, 2 * p * Math.cos(angle) - l2 / (3 * l3)));
  return [Math.max(0, Math.min(1, rate2 + delta)), rate2];
}

function restrictedByRatio(
  first: Proportion,
  second: Proportion,
  ratio: number,
): readonly [number, number] {
  const n1 = first.trials;
  const n2 = second.trials;
  const [x1, x2] = [first.hits, second.hits];
  const a = (n1 + n2) * ratio;
  const b = -(n1 * ratio + x1 + n2 + x2 * ratio);
  const c = x1 + x2;
  const root = Math.sqrt(Math.max(0, b * b - 4 * a * c));
  // 2c/(-b + √…) is the smaller root without cancellation.
  const rate2 = a === 0 ? -c / b : (2 * c) / (-b + root);
  return [Math.min(1, rate2 * ratio), Math.min(1, rate2)];
}

/**
 * Miettinen & Nurminen's score statistic (1985), χ² with one degree of freedom, for the null value
 * `delta`; with the correction N/(N - 1) of their paper.
 */
export function scoreStatistic(
  first: Proportion,
  second: Proportion,
  at: { readonly comparison: Comparison; readonly delta: number },
): number {
  const [rate1, rate2] = restrictedRates(first, second, at);
  const observed1 = first.hits / first.trials;
  const observed2 = second.hits / second.trials;
  const n = first.trials + second.trials;
  const factor = at.comparison === 'ratio' ? at.delta : 1;
  const gap = observed1 - factor * observed2 - (at.comparison === 'ratio' ? 0 : at.delta);
  const variance =
    ((rate1 * (1 - rate1)) / first.trials +
      (factor * factor * rate2 * (1 - rate2)) / second.trials) *
    (n / (n - 1));
  if (gap === 0) return 0;
  return variance <= 0 ? Infinity : (gap * gap) / variance;
}

const BISECTIONS = 200;
const RATIO_MAX = 1e12;

/**
 * Miettinen-Nurminen interval at level 1 - alpha: the null values that the score statistic does not
 * reject. Differences lie in [-1, 1], ratios in [0, Infinity].
 */
export function miettinenNurminen(
  first: Proportion,
  second: Proportion,
  options: { readonly comparison: Comparison; readonly alpha: number },
): Interval {
  requireProportion(first);
  requireProportion(second);
  const { comparison, alpha } = options;
  const critical = chiSquareQuantile(1, { upper: alpha });
  const accepted = (delta: number): boolean =>
    scoreStatistic(first, second, { comparison, delta }) <= critical;
  const observed1 = first.hits / first.trials;
  const observed2 = second.hits / second.trials;
  if (comparison === 'difference') {
    const estimate = observed1 - observed2;
    return { lower: edge(accepted, estimate, -1), upper: edge(accepted, estimate, 1) };
  }
  const estimate = observed1 / observed2;
  const acceptedLog = (u: number): boolean => accepted(Math.exp(u));
  const limit = Math.log(RATIO_MAX);
  if (Number.isNaN(estimate)) return { lower: 0, upper: Infinity };
  const start = Math.max(-limit, Math.min(limit, Math.log(estimate)));
  return {
    lower: first.hits === 0 ? 0 : Math.exp(edge(acceptedLog, start, -limit)),
    upper: second.hits === 0 ? Infinity : Math.exp(edge(acceptedLog, start, limit)),
  };
}

/** Last accepted point on the way from `inside` to `limit`. */
function edge(accepted: (x: number) => boolean, inside: number, limit: number): number {
  if (accepted(limit)) return limit;
  let yes = inside;
  let no = limit;
  for (let i = 0; i < BISECTIONS && yes !== no; i += 1) {
    const middle = (yes + no) / 2;
    if (middle === yes || middle === no) break;
    if (accepted(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/** The test of H0 "p1 - p2 = delta" or "p1/p2 = delta" by the same statistic, two-sided. */
export function scoreTestZ(
  first: Proportion,
  second: Proportion,
  at: { readonly comparison: Comparison; readonly delta: number },
): number {
  const factor = at.comparison === 'ratio' ? at.delta : 1;
  const shift = at.comparison === 'ratio' ? 0 : at.delta;
  const gap = first.hits / first.trials - (factor * second.hits) / second.trials - shift;
  return Math.sign(gap) * Math.sqrt(scoreStatistic(first, second, at));
}
