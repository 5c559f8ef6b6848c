import { assertNever } from '../lib/invariant.ts';
import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { addUnits, noUnits } from '../feedback/outcome.ts';
import type { MetricOutcome, UnitCohort, UnitSums } from '../feedback/outcome.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { contendersOf } from '../rollout/contenders.ts';
import { looksAt } from './ab-plan.ts';
import { unitsWithin } from './compare.ts';
import type { AbTestSpec } from './outcome-spec.ts';

/** The data one look at an A/B test is made on. */
export type AbLook = {
  readonly units: ReadonlyMap<string, UnitSums>;
  /** They were first seen before this. */
  readonly to: number;
  /** Fractions of the planned sample at this look and those before it. */
  readonly information: readonly number[];
  /** Nothing more will be gathered. */
  readonly isLast: boolean;
};

/** A running A/B test as a look finds it. */
export type AbData = {
  readonly rollout: Rollout;
  readonly spec: AbTestSpec;
  readonly outcome: MetricOutcome;
};

/** Since when the units of a test count: a person who resumed a broken one began it anew. */
export const countedFrom = ({ stageSince, evidenceFrom }: Rollout): Instant =>
  instant(Math.max(stageSince, evidenceFrom));

/**
 * Units first seen before this do not count. Nobody is seen before the first stage, so that of it
 * everybody counts, from whatever stretch; later, some of a stretch met other arms or shares.
 */
export const unitsFrom = (rollout: Rollout): Instant =>
  rollout.stage === 0 && rollout.evidenceFrom < rollout.stageSince
    ? instant(0)
    : countedFrom(rollout);

/** How long the mature units cover. */
export const matureMs = ({ rollout, outcome }: Omit<AbData, 'spec'>): number =>
  Math.max(0, outcome.asOf - outcome.maturityMs - countedFrom(rollout));

/**
 * The part of the planned sample that is in the smallest arm, 1 when it is complete. Arms that were
 * taken out are not waited for.
 */
export function informationIn({ rollout, spec }: AbData, units: AbLook['units']): number {
  const names = [BASELINE_ARM, ...contendersOf(rollout).map(({ arm }) => arm)];
  return names.reduce((least, arm, index) => {
    if (rollout.dropped.includes(arm)) return least;
    const planned = spec.planned?.units[index] ?? Infinity;
    return Math.min(least, (units.get(arm)?.units ?? 0) / planned);
  }, 1);
}

/**
 * What may be looked at now; null: nothing yet. Looks are made on units first seen before a moment
 * that follows from the plan alone, so that looking again shows the same.
 */
export function lookNow(data: AbData): AbLook | null {
  const { spec, outcome } = data;
  const complete = completeCycles(data);
  const isOver = spec.until !== null && outcome.asOf >= spec.until;
  const { units: all, to } = complete ?? { units: unitsBefore(data, Infinity), to: Infinity };
  const now = { units: all, to, information: [informationIn(data, all)] };
  const last = complete !== null || isOver ? { ...now, isLast: true } : null;
  switch (spec.stopping.kind) {
    case 'horizon':
      return last;
    case 'anytime':
      return last ?? { ...now, isLast: false };
    case 'looks':
      return plannedLook(data, last);
    default:
      return assertNever(spec.stopping, 'lookNow');
  }
}

const unitsBefore = ({ rollout, outcome }: AbData, to: number): AbLook['units'] =>
  unitsWithin(outcome, { from: unitsFrom(rollout), to });

/** The units of the first whole cycles that have the planned sample; null: none have yet. */
function completeCycles(data: AbData): Pick<AbLook, 'units' | 'to'> | null {
  const { rollout, spec } = data;
  const spanMs = matureMs(data);
  if (spanMs < spec.leastMs) return null;
  if (spec.cycleMs === 0) {
    const units = unitsBefore(data, Infinity);
    return informationIn(data, units) < 1 ? null : { units, to: Infinity };
  }
  const from = countedFrom(rollout);
  for (let end = spec.cycleMs; end <= spanMs; end += spec.cycleMs) {
    if (end < spec.leastMs) continue;
    const units = unitsBefore(data, from + end);
    if (informationIn(data, units) >= 1) return { units, to: from + end };
  }
  return null;
}

/**
 * The latest of the planned looks whose part of the sample is there. The last one is made on whole
 * cycles and spends what is left of the chance of error.
 */
function plannedLook(data: AbData, whole: AbLook | null): AbLook | null {
  const { spec } = data;
  const parts = spec.stopping.kind === 'looks' ? looksAt(spec.stopping.looks) : [];
  const information: number[] = [];
  let { units, to }: Partial<AbLook> = whole ?? {};
  for (const { units: seen, end } of growing(data)) {
    const part = informationIn(data, seen);
    if (part >= 1 || part < (parts[information.length] ?? Infinity)) continue;
    information.push(part);
    if (whole !== null) continue;
    units = new Map(seen);
    to = end;
  }
  if (units === undefined || to === undefined) return null;
  return whole === null
    ? { units, to, information, isLast: false }
    : { units, to, information: [...information, 1], isLast: true };
}

type Grown = { readonly units: AbLook['units']; readonly end: number };

/** The units so far at the end of every stretch, in the order of time. The same map every time. */
function* growing({ rollout, outcome }: AbData): Iterable<Grown> {
  const from = unitsFrom(rollout);
  const all = outcome.arms
    .flatMap(({ arm, cohorts }) => cohorts.map((cohort) => ({ arm, cohort, end: endOf(cohort) })))
    .filter(({ cohort }) => cohort.stretch.start >= from)
    .sort((a, b) => a.end - b.end);
  const units = new Map<string, UnitSums>();
  for (const [index, { arm, cohort, end }] of all.entries()) {
    units.set(arm, addUnits(units.get(arm) ?? noUnits, cohort));
    if (all[index + 1]?.end !== end) yield { units, end };
  }
}

const endOf = ({ stretch }: UnitCohort): number => stretch.start + stretch.widthMs;
