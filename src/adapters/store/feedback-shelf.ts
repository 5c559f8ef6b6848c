import { cohortKeyOf, emptyCohort, foldFeedback } from '../../core/feedback/cohort.ts';
import type { Cohort, CohortKey } from '../../core/feedback/cohort.ts';
import { unitValue } from '../../core/feedback/feedback.ts';
import type { Exposure, FeedbackRow, Stretch } from '../../core/feedback/feedback.ts';
import { addUnits, noUnits } from '../../core/feedback/outcome.ts';
import { differenceOf, PAIRED_METRIC } from '../../core/feedback/pair.ts';
import type { CopiedAnswer, PairHalf, PredictionKey } from '../../core/feedback/pair.ts';
import { EXPOSURE, unitStep } from '../../core/feedback/unit-totals.ts';
import type { UnitTotals, UnitTotalsKey, UnitValue } from '../../core/feedback/unit-totals.ts';
import type { Change } from '../../ports/store.ts';

/** The units of one arm of a rollout under one metric, or under `EXPOSURE`. */
export type UnitScope = Omit<UnitTotalsKey, 'stretch'>;

/** What is kept of one unit in a scope. */
export type KeptUnit = UnitValue & { readonly stretch: Stretch };

/**
 * Where a store keeps what feedback is folded into. The folding is the same for every store; only
 * this differs. All of it happens within one transaction.
 */
export type FeedbackShelf = {
  /** Marks the keys of rows as seen; tells which had not been, of equal ones only the first. */
  markSeen(rows: readonly FeedbackRow[]): readonly boolean[];
  cohort(key: CohortKey): Cohort | null;
  putCohort(cohort: Cohort): void;
  unit(scope: UnitScope, unit: number): KeptUnit | null;
  putUnit(scope: UnitScope, unit: number, kept: KeptUnit): void;
  addTotals(added: UnitTotals): void;
  /** All halves of pairs that belong to one prediction. */
  halves(key: PredictionKey): readonly PairHalf[];
  /** Keeps a half; false when it is there already. */
  putHalf(half: PairHalf): boolean;
};

/** Identity of a cohort as a text. */
export function cohortName(key: CohortKey): string {
  const { endpoint, rollout, revision, arm, version, metric, stretch } = key;
  const { start, widthMs } = stretch;
  return JSON.stringify([endpoint, rollout, revision, arm, version, metric, start, widthMs]);
}

/** Identity of totals as a text. */
export const totalsName = ({ stretch, ...scope }: UnitTotalsKey): string =>
  JSON.stringify([scopeName(scope), stretch.start, stretch.widthMs]);

/** Identity of a scope as a text. */
export const scopeName = ({ rollout, arm, metric, segment }: UnitScope): string =>
  JSON.stringify([rollout, arm, metric, ...(segment === undefined ? [] : [segment])]);

/** Folds the feedback and exposures of a change, each exactly once. */
export function foldChange(shelf: FeedbackShelf, change: Change): void {
  const totals = new Totals();
  for (const exposure of change.exposures) {
    const { segment: _segment, ...whole } = exposure;
    for (const place of scopesOf(exposure)) expose(shelf, { ...whole, ...place }, totals);
  }
  if (change.feedback.length > 0) {
    const isNew = shelf.markSeen(change.feedback);
    const rows = change.feedback.filter((_row, index) => isNew[index] === true);
    foldCohorts(shelf, rows);
    for (const row of rows) {
      for (const place of scopesOf(row)) foldUnit(shelf, { row, place }, totals);
      foldTruth(shelf, row, totals);
    }
  }
  for (const copy of change.copies) foldCopy(shelf, copy, totals);
  for (const added of totals.all()) shelf.addTotals(added);
}

/** Rows of one cohort come together, so that it is read and written once. */
function foldCohorts(shelf: FeedbackShelf, rows: readonly FeedbackRow[]): void {
  const open = new Map<string, Cohort>();
  for (const row of rows) {
    const key = cohortKeyOf(row);
    const name = cohortName(key);
    const cohort = open.get(name) ?? shelf.cohort(key) ?? emptyCohort(key, row.shareBps);
    open.set(name, cohort);
    foldFeedback(cohort, row);
  }
  for (const cohort of open.values()) shelf.putCohort(cohort);
}

type Segmented = { readonly segment?: string };

/** A unit counts in the whole, and in its segment if it has one. */
const scopesOf = ({ segment }: Segmented): readonly Segmented[] =>
  segment === undefined ? [{}] : [{}, { segment }];

/** Counts a unit in the segment it is told of in, or in the whole when it is told of in none. */
function expose(shelf: FeedbackShelf, exposure: Exposure, totals: Totals): Stretch {
  const { unit, stretch, ...place } = exposure;
  const scope = { ...place, metric: EXPOSURE };
  const known = shelf.unit(scope, unit);
  if (known !== null) return known.stretch;
  shelf.putUnit(scope, unit, { events: 0, sum: 0, stretch });
  totals.add({ ...noUnits, ...scope, stretch, units: 1 });
  return stretch;
}

/** Adds a value to its unit; feedback about a unit nobody has told of tells of it. */
function foldUnit(
  shelf: FeedbackShelf,
  { row, place }: { readonly row: FeedbackRow; readonly place: Segmented },
  totals: Totals,
): void {
  const { rollout, arm, unit, metric } = row;
  const value = unitValue(row);
  if (rollout === null || unit === null || value === null) return;
  const scope = { rollout, arm, metric, ...place };
  const known = shelf.unit(scope, unit);
  const told = { rollout, arm, ...place, unit, stretch: row.unitStretch };
  const stretch = known?.stretch ?? expose(shelf, told, totals);
  const step = unitStep(known, value);
  const events = (known?.events ?? 0) + 1;
  shelf.putUnit(scope, unit, { events, sum: (known?.sum ?? 0) + value, stretch });
  totals.add({ ...step, ...scope, stretch });
}

/** Holds copies of a prediction against its label, those that are there and those that come. */
function foldTruth(shelf: FeedbackShelf, row: FeedbackRow, totals: Totals): void {
  const { key, at, value, isForCopies } = row;
  if (isForCopies !== true || key.type !== 'prediction') return;
  const { maker, number } = key;
  const truth = String(value);
  for (const half of shelf.halves(key)) {
    if (half.side === 'copy') foldPair(shelf, { copy: half, truth }, totals);
  }
  shelf.putHalf({ side: 'truth', maker, number, at, truth });
}

function foldCopy(shelf: FeedbackShelf, copy: CopiedAnswer, totals: Totals): void {
  if (!shelf.putHalf({ side: 'copy', ...copy })) return;
  for (const half of shelf.halves(copy)) {
    if (half.side === 'truth') foldPair(shelf, { copy, truth: half.truth }, totals);
  }
}

/** Requests of one unit are no evidence of each other: its first pair counts. */
function foldPair(
  shelf: FeedbackShelf,
  { copy, truth }: { readonly copy: CopiedAnswer; readonly truth: string },
  totals: Totals,
): void {
  const { rollout, arm, unit, unitStretch } = copy;
  const scope = { rollout, arm, metric: PAIRED_METRIC };
  const difference = differenceOf(copy, truth);
  if (difference === null || shelf.unit(scope, unit) !== null) return;
  const stretch = expose(shelf, { rollout, arm, unit, stretch: unitStretch }, totals);
  shelf.putUnit(scope, unit, { events: 1, sum: difference, stretch });
  totals.add({ ...unitStep(null, difference), ...scope, stretch });
}

/** Gathers what is to be added, so that each sum is written once a change. */
class Totals {
  readonly #added = new Map<string, UnitTotals>();

  add(step: UnitTotals): void {
    const name = totalsName(step);
    const before = this.#added.get(name) ?? { ...step, ...noUnits };
    this.#added.set(name, { ...before, ...addUnits(before, step) });
  }

  all(): Iterable<UnitTotals> {
    return this.#added.values();
  }
}
