import { worstHealth } from '../core/telemetry/health.ts';
import { OUTCOMES } from '../core/telemetry/observation.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';
import type { AddCommands } from './command.ts';
import { driftText } from './drift-view.ts';
import { exitOfHealth } from './exit.ts';
import type { Output } from './output.ts';
import { fraction, milliseconds } from './reference.ts';
import { renderTable } from './table.ts';
import type { Cell } from './table.ts';
import { bytes, count, millis, percent } from './wording.ts';

type Row = CallAnswer<'health.read'>[number];
type Segment = NonNullable<Row['segments']>[number];

type Options = {
  readonly last: string;
  readonly meanMax?: string;
  readonly successMin?: string;
};

/** `health`. */
export const addHealthCommand: AddCommands = (program, runner) => {
  program
    .command('health [ENDPOINT]')
    .description('how every version that serves does, against what its endpoint promises')
    .option('--last <duration>', 'over which time, a day at the most', '1h')
    .option('--mean-max <duration>', 'mean latency above which a version is unhealthy: 100ms')
    .option('--success-min <rate>', 'success rate below which it is: 95%')
    .addHelpText('after', AFTER)
    .action(
      runner.does<Options>(async (session, [endpoint], options) => {
        const { last, meanMax, successMin } = options;
        const client = await session.client();
        const asked = {
          ...(endpoint === undefined ? {} : { endpoint }),
          lastMs: milliseconds(last, '--last'),
        };
        const rows = await client.health.read({
          query: {
            ...asked,
            ...(meanMax === undefined ? {} : { meanMsMax: milliseconds(meanMax, '--mean-max') }),
            ...(successMin === undefined
              ? {}
              : { successRateMin: fraction(successMin, '--success-min') }),
          },
        });
        const health = worstHealth(serving(rows).map((row) => row.health));
        const drift = await client.drift.read({ query: asked });
        session.out.result({ health, rows, drift }, () =>
          [told(rows, session.out), driftText(drift, session.out, endpoint !== undefined)]
            .filter((part) => part !== '')
            .join('\n\n'),
        );
        return exitOfHealth[health];
      }),
    );
};

const AFTER = `
Thresholds are those of the endpoint (\`understudy endpoint set\`), by default a mean latency of
100 ms and a success rate of 95 %; those given here count instead.

Exit codes: 0 healthy, 16 unhealthy, 17 no traffic to tell by. Only versions that serve users
now count, as a whole: a segment that is unhealthy is shown and changes no exit code.

What drifted is shown below: of an endpoint that is named what moved most, else what moved at all.
It changes no exit code: a world that moves is nobody's failure.`;

/** What served before, and what answers copies, harms nobody now. */
const serving = (rows: readonly Row[]): readonly Row[] =>
  rows.filter(({ serves }) => serves === 'users');

const HEALTH: Readonly<Record<Row['health'], Cell>> = {
  healthy: { text: 'healthy', style: 'good' },
  unhealthy: { text: 'UNHEALTHY', style: 'bad' },
  no_data: { text: 'no data', style: 'dim' },
};

function told(rows: readonly Row[], out: Output): string {
  const troubles = rows
    .filter(({ health }) => health === 'unhealthy')
    .map((row) => `${out.paint('bad', nameOf(row))}: ${row.why.join(' ')}`);
  const failures = rows
    .map((row) => [nameOf(row), failuresOf(row)] as const)
    .filter(([, failed]) => failed !== '')
    .map(([name, failed]) => `${name}: ${failed}`);
  const notes = [...troubles, ...failures].join('\n');
  return [traffic(rows, out), segments(rows, out), use(rows, out), notes]
    .filter((part) => part !== '')
    .join('\n\n');
}

const nameOf = ({ endpoint, arm, model, version }: Row): string =>
  `${endpoint} ${arm} ${model}@${version}`;

/** How attempts ended that did not end well: `3 timeout, 1 crash`. */
function failuresOf({ outcomes, fallbacks }: Row): string {
  const failed = OUTCOMES.filter((outcome) => outcome !== 'ok' && outcomes[outcome] > 0).map(
    (outcome) => `${count(outcomes[outcome])} ${outcome}`,
  );
  const answered = fallbacks === 0 ? [] : [`${count(fallbacks)} answered by the baseline`];
  return [...failed, ...answered].join(', ');
}

const traffic = (rows: readonly Row[], out: Output): string =>
  renderTable(
    [
      { title: 'ENDPOINT' },
      { title: 'ARM' },
      { title: 'VERSION', right: true },
      { title: 'SERVES' },
      ...FIGURES,
    ],
    rows.map((row) => [
      { text: row.endpoint, style: 'strong' },
      row.arm,
      String(row.version),
      row.serves,
      ...figuresOf(row),
    ]),
    out.surface,
  );

const FIGURES = [
  { title: 'REQUESTS', right: true },
  { title: 'SUCCESS', right: true },
  { title: 'NULLS', right: true },
  { title: 'MEAN MS', right: true },
  { title: 'P50', right: true },
  { title: 'P95', right: true },
  { title: 'P99', right: true },
  { title: 'HEALTH' },
] as const;

const figuresOf = (of: Omit<Segment, 'segment'>): readonly Cell[] => [
  count(of.requests),
  percent(of.successRate),
  percent(of.nullRate),
  millis(of.meanMs),
  millis(of.p50Ms),
  millis(of.p95Ms),
  millis(of.p99Ms),
  HEALTH[of.health],
];

/** The same traffic by segment, where an endpoint declares any. */
function segments(rows: readonly Row[], out: Output): string {
  const parts = rows.flatMap((row) => (row.segments ?? []).map((part) => ({ row, part })));
  if (parts.length === 0) return '';
  return renderTable(
    [
      { title: 'ENDPOINT' },
      { title: 'ARM' },
      { title: 'VERSION', right: true },
      { title: 'SEGMENT' },
      ...FIGURES,
    ],
    parts.map(({ row, part }) => [
      { text: row.endpoint, style: 'strong' },
      row.arm,
      String(row.version),
      part.segment,
      ...figuresOf(part),
    ]),
    out.surface,
  );
}

/** One line a version, however many arms it has. */
function use(rows: readonly Row[], out: Output): string {
  const known = rows.filter(({ residentBytes }) => residentBytes !== null);
  const versions = [...new Map(known.map((row) => [`${row.model}@${row.version}`, row]))];
  if (versions.length === 0) return '';
  return renderTable(
    [
      { title: 'PROCESSES OF' },
      { title: 'CORES', right: true },
      { title: 'MEMORY', right: true },
      { title: 'COST PER 1,000', right: true },
    ],
    versions.map(([name, { cpuCores, residentBytes, costPerThousand }]) => [
      name,
      cpuCores === null ? '–' : cpuCores.toFixed(2),
      residentBytes === null ? '–' : bytes(residentBytes),
      costPerThousand === null ? '–' : String(Number(costPerThousand.toPrecision(3))),
    ]),
    out.surface,
  );
}
