import type { DuckDBConnection } from '@duckdb/node-api';
import { Fault } from '../../protocol/errors.ts';
import type { SqlAnswer } from '../../protocol/prediction-log.ts';
import { columnsText, quoted, withDuckDb } from './duckdb.ts';
import { predictionFiles } from './prediction-reader.ts';

const ROWS_MAX = 10_000;

/** A query that needs more memory than that ends. */
const BOUNDS = { memory: '1GB' } as const;

/** Lines as a table; `at` is a word of the language, so the moment is called `made_at`. */
const COLUMNS = {
  schema: 'INTEGER',
  at: 'TIMESTAMP',
  endpoint: 'VARCHAR',
  model: 'VARCHAR',
  version: 'INTEGER',
  arm: 'VARCHAR',
  assigned: 'VARCHAR',
  rollout: 'VARCHAR',
  prediction_id: 'VARCHAR',
  unit: 'VARCHAR',
  outcome: 'VARCHAR',
  latency_ms: 'DOUBLE',
  replaced: 'BOOLEAN',
  withheld: 'VARCHAR[]',
  inputs: 'JSON',
  outputs: 'JSON',
} as const;

/**
 * Asks the files of all gateways below a data directory as the table `predictions`. The query may
 * read these files and nothing else. Faults: `DUCKDB_MISSING`, `SQL_INVALID`.
 */
export function queryPredictions(root: string, sql: string): Promise<SqlAnswer> {
  return withView(root, async (connection, files) => {
    await connection.run(`SET allowed_paths = ${files}`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return answerOf(connection, sql);
  });
}

/**
 * Writes everything that is kept into one Parquet file, the oldest first, and gives how many
 * predictions that were. Faults: `DUCKDB_MISSING`, `FILE_UNWRITABLE`.
 */
export function exportPredictions(root: string, to: string): Promise<number> {
  return withView(root, async (connection) => {
    const form = 'FORMAT parquet, COMPRESSION zstd';
    const copy = `COPY (FROM predictions ORDER BY made_at) TO ${quoted(to)} (${form})`;
    try {
      const [[many] = []] = (await connection.runAndReadAll(copy)).getRowsJson();
      return Number(many);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Fault('FILE_UNWRITABLE', `${to} cannot be written: ${why}`);
    }
  });
}

/** Does some work with the table `predictions`; `files`: what it is made of, as SQL. */
function withView<T>(
  root: string,
  work: (connection: DuckDBConnection, files: string) => Promise<T>,
): Promise<T> {
  return withDuckDb(BOUNDS, async (connection) => {
    const paths = (await predictionFiles(root)).map(({ path }) => path);
    const files = `[${paths.map(quoted).join(', ')}]`;
    await connection.run(`CREATE VIEW predictions AS ${selectFrom(paths.length === 0, files)}`);
    return work(connection, files);
  });
}

/** A line that is none comes as a row of nothing, and is left out. */
function selectFrom(isEmpty: boolean, files: string): string {
  const nothing = Object.entries(COLUMNS).map(([name, type]) => `NULL::${type} AS "${name}"`);
  const lines = `read_json(${files}, format = 'newline_delimited', ignore_errors = true,
    columns = ${columnsText(COLUMNS)})`;
  const source = isEmpty ? `(SELECT ${nothing.join(', ')})` : lines;
  return `SELECT "at" AS made_at, * EXCLUDE (schema, "at") FROM ${source} WHERE schema = 1`;
}

async function answerOf(connection: DuckDBConnection, sql: string): Promise<SqlAnswer> {
  try {
    const reader = await connection.runAndReadUntil(sql, ROWS_MAX + 1);
    const rows = reader.getRowsJson();
    const columns = reader.deduplicatedColumnNames();
    return { columns, rows: rows.slice(0, ROWS_MAX), isCut: rows.length > ROWS_MAX };
  } catch (error) {
    throw new Fault('SQL_INVALID', error instanceof Error ? error.message : String(error));
  }
}
