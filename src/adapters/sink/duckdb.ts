import type { DuckDBConnection } from '@duckdb/node-api';
import { Fault } from '../../protocol/errors.ts';

/** What a database in memory may take of the machine. */
export type DuckDbBounds = { readonly memory: string; readonly threads?: number };

/** Nothing is fetched from anywhere, and work that needs more memory than that ends. */
const settingsOf = ({ memory, threads }: DuckDbBounds): Record<string, string> => ({
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  memory_limit: memory,
  temp_directory: '',
  ...(threads === undefined ? {} : { threads: String(threads) }),
});

/** Does some work with a database in memory. Fault: `DUCKDB_MISSING`. */
export async function withDuckDb<T>(
  bounds: DuckDbBounds,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const { DuckDBInstance } = await load();
  const database = await DuckDBInstance.create(':memory:', settingsOf(bounds));
  const connection = await database.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

async function load() {
  try {
    return await import('@duckdb/node-api');
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Fault('DUCKDB_MISSING', why);
  }
}

/** A text as SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Columns of `read_json` with their types, as SQL. */
export const columnsText = (columns: Readonly<Record<string, string>>): string =>
  `{${Object.entries(columns)
    .map(([name, type]) => `"${name}": '${type}'`)
    .join(', ')}}`;
