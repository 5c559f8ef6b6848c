import { compareArrival } from '../../core/feedback/arrival.ts';
import { cohortWidthMs } from '../../core/feedback/maturity.ts';
import type { Measure } from '../../core/feedback/measure.ts';
import { unitMoments } from '../../core/feedback/outcome.ts';
import type { ArmOutcome, MetricOutcome } from '../../core/feedback/outcome.ts';
import { reportOf } from '../../core/feedback/report.ts';
import type { MetricReport, VersionReport } from '../../core/feedback/report.ts';
import { PAIRED_METRIC } from '../../core/feedback/pair.ts';
import { EXPOSURE } from '../../core/feedback/unit-totals.ts';
import { instant } from '../../core/lib/units.ts';
import type { Instant } from '../../core/lib/units.ts';
import type { FeedbackBody, FeedbackQuery } from '../../protocol/admin/feedback.ts';
import type { Rollout } from '../../core/rollout/rollout.ts';
import { momentBody } from '../../protocol/admin/scalars.ts';
import type { ControlContext } from '../context.ts';
import { declaredMetrics, metricKey } from '../state.ts';
import { windowPages } from '../window-pages.ts';
import type { WindowRange } from '../window-pages.ts';
import { endpointNamed, goingAt } from './endpoints.ts';
import type { Handlers } from './handler.ts';

const COHORTS_MAX = 100_000;

/** Calls about what came of predictions. */
export const feedbackHandlers: Pick<Handlers, 'feedback.read' | 'feedback.declare'> = {
  'feedback.read': async (context, { params, query }) =>
    readFeedback(context, params.endpoint, query),

  'feedback.declare': async (_context, { params, body, principal, commit }) =>
    commit((state, now) => {
      const { endpoint, metric } = params;
      endpointNamed(state, endpoint);
      const { maturityMs, positive } = body;
      const said = { endpoint, metric, maturityMs, positive, declaredBy: principal.name };
      return {
        puts: [
          { kind: 'metric', key: metricKey(endpoint, metric), value: { ...said, declaredAt: now } },
        ],
        audit: [
          {
            at: now,
            actor: principal.name,
            action: 'endpoint.change',
            subject: `endpoint/${endpoint}`,
            reason: `declares the metric ${metric}`,
            detail: said,
          },
        ],
        answer: { ...said, declaredAt: momentBody(now) },
      };
    }),
};

async function readFeedback(
  { journal, store, clock, outcomes, limits }: ControlContext,
  endpoint: string,
  { lastMs, version, stepMs }: FeedbackQuery,
): Promise<FeedbackBody> {
  const state = journal.state();
  endpointNamed(state, endpoint);
  const now = clock.now();
  const from = instant(Math.max(0, now - lastMs));
  const all = await store.scan({ log: 'cohort', endpoint, from, limit: COHORTS_MAX });
  const cohorts = version === undefined ? all : all.filter((one) => one.version === version);
  const declared = declaredMetrics(state, endpoint);
  const isCounted = lastMs <= limits.windowsKeptMs;
  const answers = isCounted ? await answersOf(store, { endpoint, from }) : null;
  const going = goingAt(state, endpoint).map(async (one) =>
    outcomesBody(one, await outcomes.outcomesOf(one, { declared, now })),
  );
  const [rollout = null, ...beside] = await Promise.all(going);
  return {
    endpoint,
    from: momentBody(from),
    asOf: momentBody(now),
    metrics: reportOf({ cohorts, declared, now, stepMs: stepMs ?? null }).map((report) =>
      metricBody(report, { answers, now }),
    ),
    rollout,
    beside,
  };
}

/** What came back about the units of one rollout. */
const outcomesBody = (
  { id }: Rollout,
  came: readonly MetricOutcome[],
): FeedbackBody['beside'][number] => ({
  id,
  metrics: came
    .filter(({ metric }) => metric !== EXPOSURE && metric !== PAIRED_METRIC)
    .map(({ metric, arms }) => ({ metric, arms: armBodies(arms) })),
});

type Counted = { readonly answers: readonly Answers[] | null; readonly now: Instant };

/** Predictions of one version in one bucket. */
type Answers = { readonly version: number; readonly start: Instant; readonly ok: number };

/** How often was answered: all that is needed of windows, of which there may be very many. */
async function answersOf(
  store: ControlContext['store'],
  range: WindowRange,
): Promise<readonly Answers[]> {
  const answers: Answers[] = [];
  for await (const rows of windowPages(store, range)) {
    for (const { window } of rows) {
      const { version, start, outcomes } = window;
      answers.push({ version, start, ok: outcomes.ok });
    }
  }
  return answers;
}

function metricBody(report: MetricReport, counted: Counted): FeedbackBody['metrics'][number] {
  const { metric, isDeclared, maturityMs, positive, versions } = report;
  return {
    metric,
    declared: isDeclared,
    maturityMs,
    positive,
    versions: versions.map((version) => versionBody(version, { ...counted, maturityMs })),
  };
}

function versionBody(
  report: VersionReport,
  { answers, now, maturityMs }: Counted & { readonly maturityMs: number },
): FeedbackBody['metrics'][number]['versions'][number] {
  const { version, events, provisionalEvents, state, measures, course } = report;
  // As many answers as there are expected to be labels of: those of mature cohorts.
  const before = maturityMs === 0 ? now : now - maturityMs - cohortWidthMs(maturityMs);
  const predictions = answers && answersIn(answers, version, before);
  return {
    version,
    events,
    provisionalEvents,
    predictions,
    arrivalRate: predictions === null || predictions === 0 ? null : events / predictions,
    state,
    measures: measures.map(measureBody),
    course: course.map((step) => ({
      ...step,
      start: momentBody(step.start),
      measures: step.measures.map(measureBody),
    })),
  };
}

const measureBody = ({ name, value, interval, n }: Measure) => ({
  name,
  value,
  lower: interval?.lower ?? null,
  upper: interval?.upper ?? null,
  n,
});

const answersIn = (all: readonly Answers[], version: number, before: number): number =>
  all.reduce(
    (sum, { version: of, start, ok }) => (of === version && start < before ? sum + ok : sum),
    0,
  );

function armBodies(
  arms: MetricOutcome['arms'],
): NonNullable<FeedbackBody['rollout']>['metrics'][number]['arms'] {
  const [baseline] = arms;
  return arms.map((outcome) => {
    const { arm, version, units, answered, provisionalUnits } = outcome;
    return {
      arm,
      version,
      units,
      answered,
      provisionalUnits,
      mean: unitMoments(outcome)?.mean ?? null,
      arrival:
        baseline === undefined || outcome === baseline ? null : arrivalBody(outcome, baseline),
    };
  });
}

function arrivalBody(outcome: ArmOutcome, baseline: ArmOutcome) {
  const { ratio, interval, isDifferent } = compareArrival(outcome, baseline);
  return {
    ratio: finite(ratio),
    lower: interval.lower,
    upper: finite(interval.upper),
    different: isDifferent,
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
