import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import type { Cohort } from './cohort.ts';
import type { MetricDeclaration } from './declaration.ts';
import { isMature } from './maturity.ts';
import { addUnits, noUnits } from './outcome.ts';
import type {
  ArmOutcome,
  EpochSums,
  MetricOutcome,
  SegmentOutcome,
  UnitCohort,
  UnitSums,
} from './outcome.ts';
import { EXPOSURE } from './unit-totals.ts';
import type { UnitTotals } from './unit-totals.ts';

/** As much of a cohort as outcomes are made of. */
export type EventSums = Pick<
  Cohort,
  'arm' | 'revision' | 'metric' | 'stretch' | 'shareBps' | 'events' | 'sum' | 'squares'
>;

/** All that came back about one rollout. */
export type RolloutFeedback = {
  /** In the order of the rollout's arms. */
  readonly arms: readonly { readonly arm: string; readonly version: number }[];
  /** In the order of their stretches, within an arm and metric. */
  readonly totals: readonly UnitTotals[];
  readonly events: readonly EventSums[];
  readonly declared: readonly MetricDeclaration[];
  /** What is told by segment: the metrics that decide, and the names; absent: nothing. */
  readonly apart?: { readonly segments: readonly string[]; readonly metrics: readonly string[] };
  readonly now: Instant;
};

/**
 * What came back, metric by metric: of every one that is declared or of which anything came, in the
 * order of their names. First, under `EXPOSURE`, the units alone: they are there before anything
 * has come back, and are what the sample-ratio test is about.
 */
export function outcomesFrom(feedback: RolloutFeedback): readonly MetricOutcome[] {
  const { totals, events, declared } = feedback;
  const names = new Set([...totals, ...events, ...declared].map(({ metric }) => metric));
  names.add(EXPOSURE);
  return [...names].sort().map((metric) => outcomeOf(feedback, metric));
}

function outcomeOf(feedback: RolloutFeedback, metric: string): MetricOutcome {
  const { arms, declared, apart, now } = feedback;
  const maturityMs = declared.find((one) => one.metric === metric)?.maturityMs ?? 0;
  const asked = { feedback, metric, maturityMs };
  const whole = { metric, asOf: now, maturityMs, arms: arms.map((arm) => armOutcome(arm, asked)) };
  if (apart?.metrics.includes(metric) !== true) return whole;
  const seen = new Set(feedback.totals.map(({ segment }) => segment));
  const segments = apart.segments
    .filter((segment) => seen.has(segment))
    .map((segment): SegmentOutcome => ({
      segment,
      arms: arms.map((arm) => armOutcome(arm, { ...asked, segment })),
    }));
  return { ...whole, segments };
}

type Asked = {
  readonly feedback: RolloutFeedback;
  readonly metric: string;
  readonly maturityMs: number;
  /** Absent: all units. */
  readonly segment?: string;
};

function armOutcome({ arm, version }: RolloutFeedback['arms'][number], asked: Asked): ArmOutcome {
  const { feedback, maturityMs } = asked;
  const cohorts = cohortsOf(arm, asked);
  const mature = cohorts.filter(({ stretch }) => isMature(stretch, maturityMs, feedback.now));
  const waiting = cohorts.filter((cohort) => !mature.includes(cohort));
  const provisional = sumOf(waiting);
  return {
    arm,
    version,
    ...sumOf(mature),
    provisionalUnits: provisional.units,
    provisional,
    epochs: asked.segment === undefined ? epochsOf(arm, asked) : [],
    cohorts: mature,
  };
}

const sumOf = (cohorts: readonly UnitCohort[]): UnitSums =>
  cohorts.reduce<UnitSums>((sum, cohort) => addUnits(sum, cohort), noUnits);

/** Units of an arm with what came back of them, by when they were first seen. */
function cohortsOf(arm: string, { feedback, metric, segment }: Asked): readonly UnitCohort[] {
  const byStretch = new Map<string, UnitCohort>();
  for (const row of feedback.totals) {
    if (row.arm !== arm || row.segment !== segment) continue;
    if (row.metric !== metric && row.metric !== EXPOSURE) continue;
    const { stretch } = row;
    const name = `${stretch.start} ${stretch.widthMs}`;
    const before = byStretch.get(name) ?? { ...noUnits, stretch };
    byStretch.set(name, { stretch, ...addUnits(before, row) });
  }
  return [...byStretch.values()].sort((a, b) => a.stretch.start - b.stretch.start);
}

/** Pieces of feedback by the revision of the route under which the predictions were made. */
function epochsOf(arm: string, { feedback, metric, maturityMs }: Asked): readonly EpochSums[] {
  const byRevision = new Map<number, EpochSums>();
  for (const row of feedback.events) {
    if (row.arm !== arm || row.metric !== metric) continue;
    const known = byRevision.get(row.revision) ?? emptyEpoch(row);
    const counts = isMature(row.stretch, maturityMs, feedback.now);
    byRevision.set(row.revision, withEvents(known, row, counts));
  }
  return [...byRevision.values()].sort((a, b) => a.revision - b.revision);
}

function withEvents(epoch: EpochSums, row: EventSums, counts: boolean): EpochSums {
  const { stretch, events, sum, squares } = row;
  const { mature } = epoch;
  const end = instant(stretch.start + stretch.widthMs);
  return {
    ...epoch,
    since: stretch.start < epoch.since ? stretch.start : epoch.since,
    until: end > epoch.until ? end : epoch.until,
    isMature: epoch.isMature && counts,
    events: epoch.events + events,
    sum: epoch.sum + sum,
    sumSquares: epoch.sumSquares + squares,
    mature: counts ? { events: mature.events + events, sum: mature.sum + sum } : mature,
  };
}

const emptyEpoch = ({ revision, shareBps, stretch: { start } }: EventSums): EpochSums => ({
  revision,
  shareBps,
  since: start,
  until: start,
  isMature: true,
  events: 0,
  sum: 0,
  sumSquares: 0,
  mature: { events: 0, sum: 0 },
});
