import type { Bps } from '../lib/units.ts';
import { LABEL_METRIC, unitValue, type FeedbackRow, type Stretch } from './feedback.ts';
import { addScores, countScore, emptyScores, type ScoreCounts } from './score-counts.ts';

/** Whose feedback a cohort sums up. */
export type CohortKey = {
  readonly endpoint: string;
  readonly rollout: string | null;
  readonly revision: number;
  readonly arm: string;
  readonly version: number;
  readonly metric: string;
  readonly stretch: Stretch;
};

/**
 * What came back about the predictions of one arm in one stretch of time, for one metric. Written
 * in place, row by row; its size does not depend on how many rows there were.
 */
export type Cohort = CohortKey & {
  /** Null where it had several: segments with shares of their own. */
  shareBps: Bps | null;
  /** Pieces of feedback. */
  events: number;
  /** Of these, with a number in them: see `unitValue`. */
  numbers: number;
  sum: number;
  squares: number;
  /** Null until a class was held against a label. */
  classes: ClassCounts | null;
  /** Scores by true class: the probability of the second of two classes. */
  readonly scores: Record<string, ScoreCounts>;
  /** Probabilities of the named class among several, by whether it was right (`1`) or not (`0`). */
  readonly tops: Record<string, ScoreCounts>;
  /** Null until a number was held against a number. */
  errors: ErrorSums | null;
};

/** Labels held against the classes that were named. */
export type ClassCounts = {
  n: number;
  right: number;
  /** Count by `[named, true]` as JSON. */
  readonly pairs: Record<string, number>;
  /** Labels whose pair found no room: they count in `n` and `right` only. */
  dropped: number;
};

/** Sums of predicted − true. */
export type ErrorSums = {
  n: number;
  sum: number;
  absolute: number;
  squares: number;
  fourths: number;
};

/** Pairs of classes told apart in a cohort. */
export const PAIRS_MAX = 1_024;
/** True classes whose scores are told apart in a cohort. */
export const SCORED_CLASSES_MAX = 16;

/** A cohort of nobody. */
export const emptyCohort = (key: CohortKey, shareBps: Bps | null): Cohort => ({
  ...key,
  shareBps,
  events: 0,
  numbers: 0,
  sum: 0,
  squares: 0,
  classes: null,
  scores: {},
  tops: {},
  errors: null,
});

/** The cohort a row belongs to. */
export const cohortKeyOf = (row: FeedbackRow): CohortKey => ({
  endpoint: row.endpoint,
  rollout: row.rollout,
  revision: row.revision,
  arm: row.arm,
  version: row.version,
  metric: row.metric,
  stretch: row.cohort,
});

/** Adds a row to its cohort. That it is no repeat has been seen to. */
export function foldFeedback(cohort: Cohort, row: FeedbackRow): void {
  cohort.events += 1;
  if (cohort.shareBps !== row.shareBps) cohort.shareBps = null;
  const number = unitValue(row);
  if (number !== null) {
    cohort.numbers += 1;
    cohort.sum += number;
    cohort.squares += number * number;
  }
  if (row.metric === LABEL_METRIC) judge(cohort, row);
}

function judge(cohort: Cohort, row: FeedbackRow): void {
  const { value, predicted } = row;
  const truth = String(value);
  const { label, score } = predicted;
  if (label !== null) {
    cohort.classes ??= noClasses();
    countClass(cohort.classes, label, truth);
  }
  if (score === null) return;
  const counts = score.value >= 0 && score.value <= 1 ? scoresFor(cohort, row) : null;
  if (counts !== null) countScore(counts, score.value);
  const number = Number(value);
  if (score.kind !== 'value' || truth === '' || !Number.isFinite(number)) return;
  cohort.errors ??= noErrors();
  countError(cohort.errors, score.value - number);
}

/** Where a probability counts; null where it says nothing of the classes. */
function scoresFor(cohort: Cohort, { value, predicted }: FeedbackRow): ScoreCounts | null {
  const truth = String(value);
  const { label, score } = predicted;
  switch (score?.kind) {
    case undefined:
      return null;
    case 'top':
      return scoresIn(cohort.tops, label === truth ? '1' : '0');
    case 'positive':
      return scoresIn(cohort.scores, truth);
    case 'value':
      // A lone number from 0 to 1 may be a probability: it is kept for labels that are 0 and 1.
      return truth === '0' || truth === '1' ? scoresIn(cohort.scores, truth) : null;
  }
}

function countClass(counts: ClassCounts, named: string, truth: string): void {
  counts.n += 1;
  if (named === truth) counts.right += 1;
  addPair(counts, JSON.stringify([named, truth]), 1);
}

/** Counts a pair while there is room for it. */
function addPair(counts: ClassCounts, pair: string, n: number): void {
  const known = counts.pairs[pair];
  if (known === undefined && Object.keys(counts.pairs).length >= PAIRS_MAX) counts.dropped += n;
  else counts.pairs[pair] = (known ?? 0) + n;
}

/** The counts of a true class, while there is room for one more. */
function scoresIn(all: Record<string, ScoreCounts>, truth: string): ScoreCounts | null {
  // Quoted, a class may be called anything, also what every object has.
  const name = JSON.stringify(truth);
  const known = all[name];
  if (known !== undefined) return known;
  if (Object.keys(all).length >= SCORED_CLASSES_MAX) return null;
  const made = emptyScores();
  all[name] = made;
  return made;
}

function countError(errors: ErrorSums, error: number): void {
  const square = error * error;
  errors.n += 1;
  errors.sum += error;
  errors.absolute += Math.abs(error);
  errors.squares += square;
  errors.fourths += square * square;
}

/** Adds what another cohort summed up: of other stretches, revisions, or whatever is compared. */
export function addCohort(into: Cohort, from: Cohort): void {
  into.events += from.events;
  into.numbers += from.numbers;
  into.sum += from.sum;
  into.squares += from.squares;
  if (from.classes !== null) {
    into.classes ??= noClasses();
    into.classes.n += from.classes.n;
    into.classes.right += from.classes.right;
    into.classes.dropped += from.classes.dropped;
    for (const [pair, n] of Object.entries(from.classes.pairs)) addPair(into.classes, pair, n);
  }
  for (const [name, counts] of Object.entries(from.scores)) {
    const held = scoresIn(into.scores, JSON.parse(name) as string);
    if (held !== null) addScores(held, counts);
  }
  for (const [name, counts] of Object.entries(from.tops)) {
    const held = scoresIn(into.tops, JSON.parse(name) as string);
    if (held !== null) addScores(held, counts);
  }
  if (from.errors === null) return;
  into.errors ??= noErrors();
  into.errors.n += from.errors.n;
  into.errors.sum += from.errors.sum;
  into.errors.absolute += from.errors.absolute;
  into.errors.squares += from.errors.squares;
  into.errors.fourths += from.errors.fourths;
}

const noClasses = (): ClassCounts => ({ n: 0, right: 0, pairs: {}, dropped: 0 });
const noErrors = (): ErrorSums => ({ n: 0, sum: 0, absolute: 0, squares: 0, fourths: 0 });
