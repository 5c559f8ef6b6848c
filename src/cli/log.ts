import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { OUTCOMES } from '../core/telemetry/observation.ts';
import { Fault } from '../protocol/errors.ts';
import type { FoundPredictions, PredictionRecord, SqlAnswer } from '../protocol/prediction-log.ts';
import type { AddCommands, Runner } from './command.ts';
import { integer, milliseconds } from './reference.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { millis, moment, plural } from './wording.ts';

type QueryOptions = {
  readonly version?: string;
  readonly unit?: string;
  readonly prediction?: string;
  readonly outcome?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly sql?: string;
};

const LIMIT_MAX = 10_000;
const LIMIT = '50';
const WHEN_FORM = 'a moment like 2026-11-21T09:00:00Z, or how long ago, like 2h';

/** `log query|export`. */
export const addLogCommands: AddCommands = (program, runner) => {
  const log = program.command('log').description('predictions that were kept on this machine');
  addExport(log, runner);
  log
    .command('query [ENDPOINT]')
    .description('show what versions said to whom, the newest first')
    .option('--version <number>', 'only what this version said')
    .option('--unit <name>', 'only of this unit (usually a user), also where it is a pseudonym')
    .option('--prediction <id>', 'only the prediction of this id')
    .option('--outcome <outcome>', `only what ended so: ${OUTCOMES.join(', ')}`)
    .option('--since <when>', WHEN_FORM)
    .option('--until <when>', 'the same, for the end')
    .option('--limit <count>', `at most so many, up to ${LIMIT_MAX}; default: ${LIMIT}`)
    .option('--sql <query>', 'ask in SQL instead: `select … from predictions`; needs DuckDB')
    .action(
      runner.does<QueryOptions>(async (session, [endpoint], options) => {
        const { sql } = options;
        if (sql !== undefined) {
          await ask(session, { sql, isAlone: endpoint === undefined && !hasFilter(options) });
          return;
        }
        const { limit = LIMIT, outcome = null, since, until, version } = options;
        if (outcome !== null && !OUTCOMES.some((one) => one === outcome)) {
          throw new Fault('USAGE', `${outcome} is none of ${OUTCOMES.join(', ')}`, '--outcome');
        }
        const most = integer(limit, '--limit');
        if (most > LIMIT_MAX) throw new Fault('USAGE', `at most ${LIMIT_MAX}`, '--limit');
        const found = await session.parts.findPredictions(session.inData(), {
          endpoint: endpoint ?? null,
          version: version === undefined ? null : integer(version, '--version'),
          unit: options.unit ?? null,
          predictionId: options.prediction ?? null,
          outcome,
          sinceMs: since === undefined ? null : momentOf(since, '--since'),
          untilMs: until === undefined ? null : momentOf(until, '--until'),
          limit: most,
        });
        session.out.result(found, () => text(session, found));
      }),
    );
};

function addExport(log: Command, runner: Runner): void {
  log
    .command('export')
    .description('write all of them into one Parquet file; needs DuckDB')
    .requiredOption('--parquet <path>', 'the file, which must not be there yet')
    .action(
      runner.does<{ readonly parquet: string }>(async (session, _args, { parquet }) => {
        const path = resolve(parquet);
        if (existsSync(path)) throw new Fault('FILE_UNWRITABLE', `${path} is there already`);
        const predictions = await session.parts.exportPredictions(session.inData(), path);
        const said = plural(predictions, 'prediction', 'predictions');
        session.out.result({ path, predictions }, () => `${said} written to ${path}`);
      }),
    );
}

const FILTERS = ['version', 'unit', 'prediction', 'outcome', 'since', 'until', 'limit'] as const;

const hasFilter = (options: QueryOptions): boolean =>
  FILTERS.some((name) => options[name] !== undefined);

async function ask(
  session: Session,
  { sql, isAlone }: { readonly sql: string; readonly isAlone: boolean },
): Promise<void> {
  if (!isAlone) throw new Fault('USAGE', 'say it all in SQL, or nothing', '--sql');
  const answer = await session.parts.queryPredictions(session.inData(), sql);
  session.out.result(answer, () => answerText(session, answer));
}

/** Milliseconds of the epoch, of a moment or of how long ago it was. Fault `USAGE`. */
function momentOf(word: string, flag: string): number {
  if (/^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(word)) {
    const at = Date.parse(word);
    if (!Number.isNaN(at)) return at;
    throw new Fault('USAGE', `${word} is not ${WHEN_FORM}`, flag);
  }
  return Date.now() - milliseconds(word, flag);
}

function text({ out }: Session, { predictions, files, unreadable }: FoundPredictions): string {
  const torn = unreadable === 0 ? '' : `\n${plural(unreadable, 'line', 'lines')} could not be read`;
  if (predictions.length === 0) {
    const where = plural(files, 'file', 'files');
    const how = '`endpoint set --log-sample` keeps some';
    return `nothing was kept that is so, in ${where}; ${how}${torn}`;
  }
  const table = renderTable(
    [
      { title: 'AT' },
      { title: 'ENDPOINT' },
      { title: 'VERSION', right: true },
      { title: 'ARM' },
      { title: 'UNIT' },
      { title: 'OUTCOME' },
      { title: 'MS', right: true },
      { title: 'SAID' },
    ],
    predictions.map((made) => [
      moment(made.at),
      { text: made.endpoint, style: 'strong' },
      String(made.version),
      made.arm,
      made.unit ?? '–',
      made.outcome === 'ok' ? made.outcome : { text: made.outcome, style: 'bad' },
      millis(made.latency_ms),
      saidText(made),
    ]),
    out.surface,
  );
  return table + torn;
}

/** The outputs, as far as a line has room. */
function saidText({ outputs, replaced }: PredictionRecord): string {
  if (replaced) return 'replaced by the baseline’s answer';
  if (outputs === null) return 'not kept';
  return outputs.map(({ name, data }) => `${name} ${JSON.stringify(data)}`).join('  ') || '–';
}

function answerText({ out }: Session, { columns, rows, isCut }: SqlAnswer): string {
  const cell = (value: unknown): string =>
    typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const table = renderTable(
    columns.map((title) => ({ title })),
    rows.map((row) => row.map(cell)),
    out.surface,
  );
  return isCut ? `${table}\nthere are more than ${rows.length} rows` : table;
}
