import type { Command } from 'commander';
import type { CallAnswer } from '../protocol/admin/call.ts';
import type { AddCommands, Runner } from './command.ts';
import { addFeedbackSend } from './feedback-send.ts';
import { integer, milliseconds } from './reference.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import type { Cell } from './table.ts';
import { count, duration, moment, percent } from './wording.ts';

type FeedbackBody = CallAnswer<'feedback.read'>;
type MetricBody = FeedbackBody['metrics'][number];
type VersionBody = MetricBody['versions'][number];
type StepBody = VersionBody['course'][number];
type ArmBody = NonNullable<FeedbackBody['rollout']>['metrics'][number]['arms'][number];

type ShowOptions = { readonly version?: string; readonly last: string; readonly each?: string };
type DeclareOptions = { readonly maturity: string; readonly positive?: string };

/** `feedback send|show|declare`. */
export const addFeedbackCommands: AddCommands = (program, runner) => {
  const feedback = program
    .command('feedback')
    .description('what came of predictions: labels, rewards, business metrics');
  addFeedbackSend(feedback, runner);
  addShow(feedback, runner);
  addDeclare(feedback, runner);
};

function addShow(feedback: Command, runner: Runner): void {
  feedback
    .command('show ENDPOINT')
    .description('show what came back, version by version, and how good the predictions were')
    .option('--version <number>', 'only this version')
    .option('--last <duration>', 'of predictions made in the last', '7d')
    .option('--each <duration>', 'also step by step, e.g. 1d')
    .action(
      runner.does<ShowOptions>(async (session, [endpoint = ''], { version, last, each }) => {
        const query = {
          lastMs: milliseconds(last, '--last'),
          ...(each === undefined ? {} : { stepMs: milliseconds(each, '--each') }),
          ...(version === undefined ? {} : { version: integer(version, '--version') }),
        };
        const client = await session.client();
        const found = await client.feedback.read({ params: { endpoint }, query });
        session.out.result(found, () => text(session, found));
      }),
    );
}

function addDeclare(feedback: Command, runner: Runner): void {
  feedback
    .command('declare ENDPOINT METRIC')
    .description('say when the feedback for a metric (label, reward, …) is complete')
    .requiredOption('--maturity <duration>', 'how long after a prediction: 30d, 1h, 0s for at once')
    .option('--positive <class>', 'of label: the class whose finding counts')
    .action(
      runner.does<DeclareOptions>(async (session, [endpoint = '', metric = ''], options) => {
        const { maturity, positive = null } = options;
        const maturityMs = maturity === '0s' ? 0 : milliseconds(maturity, '--maturity');
        const client = await session.client();
        const params = { endpoint, metric };
        const made = await client.feedback.declare({ params, body: { maturityMs, positive } });
        session.out.result(made, () => {
          const when = made.maturityMs === 0 ? 'at once' : `after ${duration(made.maturityMs)}`;
          return `${made.metric} of ${made.endpoint} is complete ${when}`;
        });
      }),
    );
}

function text(session: Session, found: FeedbackBody): string {
  const { metrics, rollout, beside, endpoint } = found;
  if (metrics.length === 0) return `nothing has come back about ${endpoint}`;
  const parts = metrics.map((metric) => metricText(session, metric));
  for (const { id, metrics: own } of rollout === null ? beside : [rollout, ...beside]) {
    for (const { metric, arms } of own) {
      parts.push(`${metric} by units of ${id}\n${armsText(session, arms)}`);
    }
  }
  return parts.join('\n\n');
}

function metricText({ out }: Session, metric: MetricBody): string {
  const when = metric.declared
    ? metric.maturityMs === 0
      ? 'complete at once'
      : `complete after ${duration(metric.maturityMs)}`
    : 'not declared: counted at once';
  const table = renderTable(
    [
      { title: 'VERSION' },
      { title: 'CAME', right: true },
      { title: 'PER ANSWER', right: true },
      { title: 'TO COME', right: true },
      { title: 'FIGURES' },
      ...measureColumns,
    ],
    metric.versions.flatMap(versionRows),
    out.surface,
  );
  const course = courseRows(metric.versions);
  const steps = course.length === 0 ? '' : `\n${courseTable(out, course)}`;
  return `${metric.metric}, ${when}\n${table}${steps}`;
}

const courseTable = (out: Session['out'], rows: readonly (readonly Cell[])[]): string =>
  renderTable(
    [
      { title: 'FROM' },
      { title: 'VERSION' },
      { title: 'CAME', right: true },
      { title: 'FIGURES' },
      ...measureColumns,
    ],
    rows,
    out.surface,
  );

/** Every step of every version, oldest first. */
const courseRows = (versions: readonly VersionBody[]): readonly (readonly Cell[])[] =>
  versions
    .flatMap(({ version, course }) => course.map((step) => ({ version, step })))
    .sort((a, b) => a.step.start.localeCompare(b.step.start) || a.version - b.version)
    .flatMap(({ version, step }) => stepRows(version, step));

const stepRows = (version: number, { start, events, state, measures }: StepBody) =>
  measureRows([moment(start), versionCell(version), count(events), stateCell(state)], measures);

const measureColumns = [
  { title: 'MEASURE' },
  { title: 'VALUE', right: true },
  { title: '95 % INTERVAL' },
  { title: 'OF', right: true },
] as const;

const versionCell = (version: number): Cell => ({
  text: version === 0 ? '?' : String(version),
  style: 'strong',
});

const stateCell = (state: VersionBody['state']): Cell => ({
  text: state,
  style: state === 'mature' ? 'plain' : 'warn',
});

const versionRows = (body: VersionBody): readonly (readonly Cell[])[] => {
  const { version, events, provisionalEvents, arrivalRate, state, measures } = body;
  const came = [count(events), percent(arrivalRate), count(provisionalEvents)];
  return measureRows([versionCell(version), ...came, stateCell(state)], measures);
};

/** A line for each measure; what is the same for all of them is said once. */
function measureRows(
  head: readonly Cell[],
  measures: VersionBody['measures'],
): readonly (readonly Cell[])[] {
  if (measures.length === 0) return [[...head, '–', '', '', '']];
  return measures.map(({ name, value, lower, upper, n }, index) => [
    ...(index === 0 ? head : head.map(() => '')),
    name,
    figure(value),
    lower === null || upper === null ? '–' : `${figure(lower)} to ${figure(upper)}`,
    count(n),
  ]);
}

const armsText = ({ out }: Session, arms: readonly ArmBody[]): string =>
  renderTable(
    [
      { title: 'ARM' },
      { title: 'VERSION', right: true },
      { title: 'UNITS', right: true },
      { title: 'FED BACK', right: true },
      { title: 'TOO NEW', right: true },
      { title: 'PER UNIT', right: true },
      { title: 'ARRIVAL' },
    ],
    arms.map(({ arm, version, units, answered, provisionalUnits, mean, arrival }) => [
      { text: arm, style: 'strong' },
      String(version),
      count(units),
      count(answered),
      count(provisionalUnits),
      mean === null ? '–' : figure(mean),
      arrivalCell(arrival),
    ]),
    out.surface,
  );

function arrivalCell(arrival: ArmBody['arrival']): Cell {
  if (arrival === null) return '–';
  const { ratio, lower, upper, different } = arrival;
  if (ratio === null) return 'nothing to compare';
  const range = `${figure(lower)} to ${upper === null ? '∞' : figure(upper)}`;
  const said = `${figure(ratio)} × the baseline’s (${range})`;
  return different ? { text: `${said}: not alike`, style: 'warn' } : said;
}

/** Four digits that mean something. */
const figure = (value: number): string =>
  Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(4)));
