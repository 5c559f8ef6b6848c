import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import { addCohort, emptyCohort } from './cohort.ts';
import type { Cohort } from './cohort.ts';
import type { MetricDeclaration } from './declaration.ts';
import { isMature, stretchAt } from './maturity.ts';
import type { Measure } from './measure.ts';
import { measuresOf } from './quality.ts';

/** What came back for one metric of an endpoint, version by version. */
export type MetricReport = {
  readonly metric: string;
  readonly isDeclared: boolean;
  readonly maturityMs: number;
  readonly positive: string | null;
  /** Newest version first. */
  readonly versions: readonly VersionReport[];
};

/** One version under one metric. */
export type VersionReport = {
  /** 0: nothing tells which version answered. */
  readonly version: number;
  /** Of predictions whose feedback is expected to be complete. */
  readonly events: number;
  readonly provisionalEvents: number;
  /** What the measures stand on: mature cohorts, or provisional ones while there are no others. */
  readonly state: 'mature' | 'provisional';
  readonly measures: readonly Measure[];
  /** The same step by step, oldest first, steps with feedback only; empty unless asked for. */
  readonly course: readonly ReportStep[];
};

/** What came back about the predictions of one step of time. */
export type ReportStep = {
  readonly start: Instant;
  readonly events: number;
  /** Provisional as long as feedback about any part of the step may still come. */
  readonly state: 'mature' | 'provisional';
  readonly measures: readonly Measure[];
};

/** Where a report is made from. */
export type ReportGrounds = {
  readonly cohorts: readonly Cohort[];
  readonly declared: readonly MetricDeclaration[];
  readonly now: Instant;
  /** Width of the steps of a course; null: none. A cohort is of the step in which it begins. */
  readonly stepMs: number | null;
};

/** What came back, metric by metric in the order of their names. */
export function reportOf({
  cohorts,
  declared,
  now,
  stepMs,
}: ReportGrounds): readonly MetricReport[] {
  const names = new Set([...cohorts, ...declared].map(({ metric }) => metric));
  return [...names].sort().map((metric) => {
    const declaration = declared.find((one) => one.metric === metric) ?? null;
    const own = cohorts.filter((cohort) => cohort.metric === metric);
    const versions = [...new Set(own.map(({ version }) => version))].sort((a, b) => b - a);
    const maturityMs = declaration?.maturityMs ?? 0;
    const positive = declaration?.positive ?? null;
    return {
      metric,
      isDeclared: declaration !== null,
      maturityMs,
      positive,
      versions: versions.map((version) =>
        versionReport(
          own.filter((cohort) => cohort.version === version),
          { maturityMs, positive, now, stepMs },
        ),
      ),
    };
  });
}

type Reading = {
  readonly maturityMs: number;
  readonly positive: string | null;
  readonly now: Instant;
  readonly stepMs: number | null;
};

function versionReport(cohorts: readonly Cohort[], reading: Reading): VersionReport {
  const { maturityMs, positive, now } = reading;
  const ripe = cohorts.filter(({ stretch }) => isMature(stretch, maturityMs, now));
  const events = eventsIn(ripe);
  const whole = events > 0 ? ripe : cohorts;
  return {
    version: cohorts[0]?.version ?? 0,
    events,
    provisionalEvents: eventsIn(cohorts) - events,
    state: events > 0 ? 'mature' : 'provisional',
    measures: measuresIn(whole, positive),
    course: courseOf(cohorts, reading),
  };
}

function courseOf(
  cohorts: readonly Cohort[],
  { maturityMs, positive, now, stepMs }: Reading,
): readonly ReportStep[] {
  if (stepMs === null) return [];
  const startOf = ({ stretch }: Cohort): number => stretchAt(stretch.start, stepMs).start;
  const steps = Map.groupBy(cohorts, startOf);
  return [...steps]
    .sort(([a], [b]) => a - b)
    .map(([start, own]) => ({
      start: instant(start),
      events: eventsIn(own),
      state: own.every(({ stretch }) => isMature(stretch, maturityMs, now))
        ? ('mature' as const)
        : ('provisional' as const),
      measures: measuresIn(own, positive),
    }));
}

function measuresIn(cohorts: readonly Cohort[], positive: string | null): readonly Measure[] {
  const [first] = cohorts;
  if (first === undefined) return [];
  const sum = emptyCohort(first, null);
  for (const cohort of cohorts) addCohort(sum, cohort);
  return measuresOf(sum, positive);
}

const eventsIn = (cohorts: readonly Cohort[]): number =>
  cohorts.reduce((sum, { events }) => sum + events, 0);
