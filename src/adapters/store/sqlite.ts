import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { invariant } from '../../core/lib/invariant.ts';
import { Fault } from '../../protocol/errors.ts';
import type {
  Change,
  CommitResult,
  ListQuery,
  LogName,
  LogRows,
  RecordKind,
  ScanQuery,
  Store,
  Stored,
} from '../../ports/store.ts';
import { checkChange, checkLimit } from './change-check.ts';
import { withFaults } from './sqlite/faults.ts';
import { migrate } from './sqlite/migrate.ts';
import { listRecords, scanners } from './sqlite/read.ts';
import { migrations } from './sqlite/schema.ts';
import { inTransaction } from './sqlite/transaction.ts';
import { writeChange } from './sqlite/write.ts';

/** How the database file is treated. */
export type SqliteOptions = {
  /** How long to wait for another process to let go of the file. */
  readonly busyMs: number;
  /** The file never grows beyond this; then commits fail with `STORAGE_FULL`. */
  readonly bytesMax: number;
};

/** Settings for which nothing was said: 5 seconds, 64 GiB. */
export const defaultSqliteOptions: SqliteOptions = { busyMs: 5_000, bytesMax: 64 * 2 ** 30 };

const PAGE_BYTES = 4_096;

/** The write-ahead log is cut back to this when it is emptied. */
const LOG_BYTES_KEPT = 16 * 2 ** 20;

/** Pages held in memory: units of a rollout are looked up in no order. */
const CACHE_KIB = 32_768;

function configure(db: DatabaseSync, { bytesMax }: SqliteOptions): void {
  // Readers never wait for the writer, and a commit is one append and one flush.
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') {
    throw new Fault(
      'STORE_UNAVAILABLE',
      `this disk allows no write-ahead log, only ${String(mode)}`,
    );
  }
  // A commit that was confirmed survives loss of power.
  db.exec('PRAGMA synchronous = FULL');
  db.exec('PRAGMA trusted_schema = OFF');
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.exec(`PRAGMA journal_size_limit = ${LOG_BYTES_KEPT}`);
  db.exec(`PRAGMA max_page_count = ${Math.floor(bytesMax / PAGE_BYTES)}`);
}

function openDatabase(file: string, options: SqliteOptions): DatabaseSync {
  return withFaults(file, () => {
    const db = new DatabaseSync(file, {
      timeout: options.busyMs,
      enableForeignKeyConstraints: true,
      enableDoubleQuotedStringLiterals: false,
    });
    try {
      migrate(db, migrations);
      configure(db, options);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** State in one SQLite file, for one machine. Synchronous inside: keep it away from the gateway. */
export class SqliteStore implements Store {
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the file, making it and bringing its schema up to date if need be. Faults: `STORE_NEWER`,
   * `STORE_CORRUPT`, `STORE_READ_ONLY`, `STORE_BUSY`, `STORE_UNAVAILABLE`, `STORAGE_FULL`.
   */
  constructor(file: string, options: Partial<SqliteOptions> = {}) {
    this.#file = file;
    this.#db = openDatabase(file, { ...defaultSqliteOptions, ...options });
  }

  async list<K extends RecordKind>(query: ListQuery<K>): Promise<readonly Stored<K>[]> {
    this.#mustBeOpen();
    checkLimit(query.limit);
    return withFaults(this.#file, () => listRecords(this.#prepare, query));
  }

  async scan<L extends LogName>(query: ScanQuery<L>): Promise<readonly LogRows[L][]> {
    this.#mustBeOpen();
    checkLimit(query.limit);
    return withFaults(this.#file, () => scanners[query.log](this.#prepare, query));
  }

  async commit(change: Change): Promise<CommitResult> {
    this.#mustBeOpen();
    checkChange(change);
    return withFaults(this.#file, () =>
      inTransaction<CommitResult>(
        this.#db,
        () => writeChange(this.#prepare, change) ?? { type: 'committed' },
        ({ type }) => type === 'committed',
      ),
    );
  }

  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    this.#statements.clear();
    withFaults(this.#file, () => this.#db.close());
  }

  #mustBeOpen(): void {
    invariant(this.#db.isOpen, 'the store has been closed');
  }

  readonly #prepare = (sql: string): StatementSync => {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  };
}
