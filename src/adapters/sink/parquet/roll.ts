import { rename, rm } from 'node:fs/promises';
import { columnsText, quoted, withDuckDb } from '../duckdb.ts';

/** Little enough to be lost beside a model; a file of lines has 32 MiB by default. */
const BOUNDS = { memory: '256MB', threads: 1 } as const;
/** Rows are gathered until there are so many: answers may be large. */
const ROWS_PER_GROUP = 8_192;
/** What is not whole yet has a name of its own. */
const PART = '.part';

const ANSWER =
  'STRUCT(arm VARCHAR, version INTEGER, outcome VARCHAR, latency_ms DOUBLE, outputs JSON)';

/** A line of a pair as columns; `at` is a word of the language, so the moment is `made_at`. */
const COLUMNS = {
  at: 'TIMESTAMP',
  endpoint: 'VARCHAR',
  rollout: 'VARCHAR',
  request_id: 'VARCHAR',
  prediction_id: 'VARCHAR',
  unit: 'BIGINT',
  compared: 'STRUCT("rows" INTEGER, differing INTEGER)',
  user: ANSWER,
  copy: ANSWER,
} as const;

/** Where the pairs of a file of lines go. */
export const parquetPath = (lines: string): string => lines.replace(/\.ndjson$/, '.parquet');

/**
 * Writes the pairs of a finished file of lines as Parquet beside it and removes the lines. A line
 * that is none is left out. Faults: `DUCKDB_MISSING`; what DuckDB says when it cannot.
 */
export async function rollPairs(lines: string): Promise<void> {
  const to = parquetPath(lines);
  const part = `${to}${PART}`;
  const read = `read_json(${quoted(lines)}, format = 'newline_delimited', ignore_errors = true,
    columns = ${columnsText(COLUMNS)})`;
  const form = `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROWS_PER_GROUP}`;
  await withDuckDb(BOUNDS, async (connection) => {
    const rows = `SELECT "at" AS made_at, * EXCLUDE ("at") FROM ${read}
      WHERE request_id IS NOT NULL`;
    await connection.run(`COPY (${rows}) TO ${quoted(part)} (${form})`);
  });
  await rename(part, to);
  await rm(lines, { force: true });
}
