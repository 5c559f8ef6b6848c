import { normalUpperQuantile } from '../stats/normal.ts';
import type { Interval } from '../stats/proportion.ts';
import { INTERVAL_ALPHA, meanInterval } from './measure.ts';
import type { Measure } from './measure.ts';
import { addScores, emptyScores } from './score-counts.ts';
import type { ScoreCounts } from './score-counts.ts';

/** Measures of probabilities of one class, by true class. None without both kinds of rows. */
export function scoreMeasures(
  scores: Readonly<Record<string, ScoreCounts>>,
  positive: string,
): readonly Measure[] {
  const found = emptyScores();
  const others = emptyScores();
  for (const [name, counts] of Object.entries(scores)) {
    addScores(JSON.parse(name) === positive ? found : others, counts);
  }
  const n = found.n + others.n;
  if (n === 0) return [];
  const sum = -(found.logSum + others.restSum);
  const squares = found.logSquares + others.restSquares;
  // Σ (s − y)² with y = 1 for the positive class, 0 for the others.
  const brier = (found.squares - 2 * found.sum + found.n + others.squares) / n;
  return [
    ...auc(found, others),
    { name: 'log_loss', value: sum / n, interval: meanInterval({ n, sum, squares }), n },
    { name: 'brier', value: brier, interval: null, n },
    calibration(found, others),
  ];
}

/** Calibration of the probabilities of named classes; none when nothing gave them. */
export function topCalibration(tops: Readonly<Record<string, ScoreCounts>>): readonly Measure[] {
  const hits = tops['"1"'] ?? emptyScores();
  const misses = tops['"0"'] ?? emptyScores();
  return hits.n + misses.n === 0 ? [] : [calibration(hits, misses)];
}

/**
 * Expected calibration error over tenths of [0, 1] (Naeini, Cooper & Hauskrecht 2015): the mean gap
 * between the probability said and the share that came true, weighted by rows.
 */
function calibration(hits: ScoreCounts, misses: ScoreCounts): Measure {
  const n = hits.n + misses.n;
  const tenths = new Set([...Object.keys(hits.tenths), ...Object.keys(misses.tenths)]);
  let gap = 0;
  for (const tenth of tenths) {
    const [came, cameSum] = hits.tenths[tenth] ?? [0, 0];
    const [, missedSum] = misses.tenths[tenth] ?? [0, 0];
    gap += Math.abs(came - cameSum - missedSum);
  }
  return { name: 'calibration_error', value: gap / n, interval: null, n };
}

/**
 * Area under the ROC curve from rank bins, ties within a bin counting half, with the interval of
 * DeLong, DeLong & Clarke-Pearson (1988) computed from the same placements.
 */
function auc(found: ScoreCounts, others: ScoreCounts): readonly Measure[] {
  if (found.n === 0 || others.n === 0) return [];
  const names = new Set([...Object.keys(found.ranks), ...Object.keys(others.ranks)]);
  const bins = [...names].map(Number).sort((a, b) => a - b);
  let below = 0;
  let passed = 0;
  const placed = bins.map((bin) => {
    const positives = found.ranks[bin] ?? 0;
    const negatives = others.ranks[bin] ?? 0;
    // Share of negatives below a positive of this bin; of positives above a negative of it.
    const over = (below + negatives / 2) / others.n;
    const under = (found.n - passed - positives / 2) / found.n;
    below += negatives;
    passed += positives;
    return { positives, negatives, over, under };
  });
  const value = placed.reduce((sum, { positives, over }) => sum + positives * over, 0) / found.n;
  const spread = (of: (bin: (typeof placed)[number]) => readonly [n: number, at: number]): number =>
    placed.reduce((sum, bin) => sum + of(bin)[0] * (of(bin)[1] - value) ** 2, 0);
  const variance =
    spread(({ positives, over }) => [positives, over]) / Math.max(1, found.n - 1) / found.n +
    spread(({ negatives, under }) => [negatives, under]) / Math.max(1, others.n - 1) / others.n;
  return [{ name: 'auc', value, interval: within(value, variance), n: found.n + others.n }];
}

function within(value: number, variance: number): Interval {
  const half = normalUpperQuantile(INTERVAL_ALPHA / 2) * Math.sqrt(variance);
  return { lower: Math.max(0, value - half), upper: Math.min(1, value + half) };
}
