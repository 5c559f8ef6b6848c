import type { Cohort } from '../../core/feedback/cohort.ts';
import type { FeedbackRow } from '../../core/feedback/feedback.ts';
import { addUnits } from '../../core/feedback/outcome.ts';
import { PAIR_HALVES_MAX } from '../../core/feedback/pair.ts';
import type { PairHalf, PredictionKey } from '../../core/feedback/pair.ts';
import type { UnitTotals } from '../../core/feedback/unit-totals.ts';
import { instant } from '../../core/lib/units.ts';
import type { Change, ScanQuery } from '../../ports/store.ts';
import { cohortName, foldChange, scopeName, totalsName } from './feedback-shelf.ts';
import type { FeedbackShelf, KeptUnit } from './feedback-shelf.ts';

/** What a memory store keeps of feedback. */
export type FeedbackMemory = {
  /** Moment of the prediction by identity. */
  readonly seen: Map<string, number>;
  readonly cohorts: Map<string, Cohort>;
  /** By scope, then by unit. */
  readonly units: Map<string, Map<number, KeptUnit>>;
  readonly totals: Map<string, UnitTotals>;
  /** By prediction, then by the arm of a copy; of what was true, under none. */
  readonly halves: Map<string, Map<string, PairHalf>>;
};

/** Nothing has come back. */
export const emptyFeedback = (): FeedbackMemory => ({
  seen: new Map(),
  cohorts: new Map(),
  units: new Map(),
  totals: new Map(),
  halves: new Map(),
});

function seenName({ key, endpoint, metric }: FeedbackRow): string {
  const own = key.type === 'own' ? [endpoint, key.id] : [key.maker, key.number];
  return JSON.stringify([metric, ...own]);
}

const predictionName = ({ maker, number }: PredictionKey): string => `${maker} ${number}`;

/** Halves that are kept, as a text under which a second one of the same kind is found. */
const sideOf = (half: PairHalf): string => (half.side === 'copy' ? half.arm : '');

function shelfOf({ seen, cohorts, units, totals, halves }: FeedbackMemory): FeedbackShelf {
  return {
    markSeen: (rows) =>
      rows.map((row) => {
        const name = seenName(row);
        const isNew = !seen.has(name);
        if (isNew) seen.set(name, row.at);
        return isNew;
      }),
    cohort: (key) => cohorts.get(cohortName(key)) ?? null,
    putCohort: (cohort) => void cohorts.set(cohortName(cohort), cohort),
    unit: (scope, unit) => units.get(scopeName(scope))?.get(unit) ?? null,
    putUnit: (scope, unit, kept) => {
      const name = scopeName(scope);
      const own = units.get(name) ?? new Map<number, KeptUnit>();
      units.set(name, own);
      own.set(unit, kept);
    },
    addTotals: (added) => {
      const name = totalsName(added);
      const before = totals.get(name);
      totals.set(name, before === undefined ? added : { ...before, ...addUnits(before, added) });
    },
    halves: (key) => [...(halves.get(predictionName(key))?.values() ?? [])],
    putHalf: (half) => {
      const name = predictionName(half);
      const own = halves.get(name) ?? new Map<string, PairHalf>();
      if (own.has(sideOf(half))) return false;
      own.set(sideOf(half), half);
      halves.set(name, own);
      const [oldest] = halves.keys();
      if (halves.size > PAIR_HALVES_MAX && oldest !== undefined) halves.delete(oldest);
      return true;
    },
  };
}

/** Folds and forgets what a change says of feedback. */
export function applyFeedback(memory: FeedbackMemory, change: Change): void {
  foldChange(shelfOf(memory), change);
  const before = change.feedbackForgottenBefore;
  if (before === null) return;
  const { seen, cohorts, units, totals, halves } = memory;
  for (const [name, own] of halves) {
    if ([...own.values()].every(({ at }) => at < before)) halves.delete(name);
  }
  for (const [name, at] of seen) if (at < before) seen.delete(name);
  for (const [name, { stretch }] of cohorts) if (stretch.start < before) cohorts.delete(name);
  const all = [...totals.values()];
  const kept = new Set(all.filter((one) => one.stretch.start >= before).map((one) => one.rollout));
  for (const [name, { rollout }] of totals) if (!kept.has(rollout)) totals.delete(name);
  for (const name of units.keys()) {
    const [rollout] = JSON.parse(name) as [string];
    if (!kept.has(rollout)) units.delete(name);
  }
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Cohorts in their order, as copies: those kept are written in place. */
export function scanCohorts(
  { cohorts }: FeedbackMemory,
  { endpoint, rollout, from = instant(0), limit }: ScanQuery<'cohort'>,
): readonly Cohort[] {
  return [...cohorts.values()]
    .filter((one) => endpoint === undefined || one.endpoint === endpoint)
    .filter((one) => rollout === undefined || one.rollout === rollout)
    .filter(({ stretch }) => stretch.start >= from)
    .sort(
      (a, b) =>
        a.stretch.start - b.stretch.start ||
        byText(a.endpoint, b.endpoint) ||
        byText(a.rollout ?? '', b.rollout ?? '') ||
        byText(a.arm, b.arm) ||
        a.revision - b.revision ||
        a.version - b.version ||
        byText(a.metric, b.metric) ||
        a.stretch.widthMs - b.stretch.widthMs,
    )
    .slice(0, limit)
    .map((cohort) => structuredClone(cohort));
}

/** Totals in their order. */
export function scanTotals(
  { totals }: FeedbackMemory,
  { rollout, from = instant(0), limit }: ScanQuery<'total'>,
): readonly UnitTotals[] {
  return [...totals.values()]
    .filter((one) => rollout === undefined || one.rollout === rollout)
    .filter(({ stretch }) => stretch.start >= from)
    .sort(
      (a, b) =>
        byText(a.rollout, b.rollout) ||
        byText(a.arm, b.arm) ||
        byText(a.metric, b.metric) ||
        a.stretch.start - b.stretch.start ||
        a.stretch.widthMs - b.stretch.widthMs ||
        byText(a.segment ?? '', b.segment ?? ''),
    )
    .slice(0, limit);
}
