/**
 * How the scores of one true class are spread: enough for log loss, calibration and the area under
 * the ROC curve from memory that does not grow with the number of labels.
 */
export type ScoreCounts = {
  n: number;
  sum: number;
  squares: number;
  /** Σ ln s and Σ ln² s: what the class loses when it is the one scored. */
  logSum: number;
  logSquares: number;
  /** The same for 1 − s. */
  restSum: number;
  restSquares: number;
  /** Count by rank bin: see `rankBin`. */
  readonly ranks: Record<string, number>;
  /** Count and sum of scores by tenth of [0, 1]. */
  readonly tenths: Record<string, [n: number, sum: number]>;
};

/** Bins of scores that calibration compares with what came true. */
export const TENTHS = 10;

/** Rank bins have this width in log-odds: fine near 0 and 1, where scores of rare classes are. */
const LOGIT_WIDTH = 0.1;
/** Log-odds beyond this are one bin. */
const LOGIT_MAX = 16;
/** Nearest to 0 and 1 that a logarithm is taken of. */
const CLIP = 2 ** -52;

/** No scores. */
export const emptyScores = (): ScoreCounts => ({
  n: 0,
  sum: 0,
  squares: 0,
  logSum: 0,
  logSquares: 0,
  restSum: 0,
  restSquares: 0,
  ranks: {},
  tenths: {},
});

/** Number of the bin of a score: equal scores share one, higher scores never have a lower one. */
export function rankBin(score: number): number {
  const odds = Math.log(Math.max(score, CLIP)) - Math.log(Math.max(1 - score, CLIP));
  return Math.round(Math.max(-LOGIT_MAX, Math.min(LOGIT_MAX, odds)) / LOGIT_WIDTH);
}

/** Adds a score in [0, 1]. */
export function countScore(counts: ScoreCounts, score: number): void {
  const log = Math.log(Math.max(score, CLIP));
  const rest = Math.log(Math.max(1 - score, CLIP));
  counts.n += 1;
  counts.sum += score;
  counts.squares += score * score;
  counts.logSum += log;
  counts.logSquares += log * log;
  counts.restSum += rest;
  counts.restSquares += rest * rest;
  const bin = rankBin(score);
  counts.ranks[bin] = (counts.ranks[bin] ?? 0) + 1;
  // As in scikit-learn's `calibration_curve`: a bin has its upper edge, the first also 0.
  const tenth = Math.min(TENTHS - 1, Math.max(0, Math.ceil(score * TENTHS) - 1));
  const held = counts.tenths[tenth] ?? [0, 0];
  counts.tenths[tenth] = [held[0] + 1, held[1] + score];
}

/** Adds what other counts counted. */
export function addScores(into: ScoreCounts, from: ScoreCounts): void {
  into.n += from.n;
  into.sum += from.sum;
  into.squares += from.squares;
  into.logSum += from.logSum;
  into.logSquares += from.logSquares;
  into.restSum += from.restSum;
  into.restSquares += from.restSquares;
  for (const [bin, n] of Object.entries(from.ranks)) into.ranks[bin] = (into.ranks[bin] ?? 0) + n;
  for (const [tenth, [n, sum]] of Object.entries(from.tenths)) {
    const held = into.tenths[tenth] ?? [0, 0];
    into.tenths[tenth] = [held[0] + n, held[1] + sum];
  }
}
