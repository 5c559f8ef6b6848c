import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../../protocol/errors.ts';
import { APPLICATION_ID, type Migration } from './schema.ts';
import { inTransaction } from './transaction.ts';

/** One number out of a statement that gives one row with a column `n`. */
function numberOf(db: DatabaseSync, sql: string): number {
  return Number(db.prepare(sql).get()?.['n'] ?? 0);
}

/** The number of the last step the file has; 0 for an empty file. */
function schemaNumber(db: DatabaseSync): number {
  const tables = numberOf(db, 'SELECT count(*) AS n FROM sqlite_schema');
  if (tables === 0) return 0;
  const id = numberOf(db, 'SELECT application_id AS n FROM pragma_application_id');
  if (id !== APPLICATION_ID) {
    throw new Fault('STORE_CORRUPT', 'the file is a database, but none of Understudy');
  }
  return numberOf(db, 'SELECT max(number) AS n FROM migration');
}

/**
 * Brings the schema up to the last of `steps`, each in one transaction with the note that it was
 * made: killed at any statement, the file has whole steps only, and the next start goes on. Two
 * processes may do this at once. Refuses a file that has steps this program does not know
 * (`STORE_NEWER`) before it changes anything.
 */
export function migrate(db: DatabaseSync, steps: readonly Migration[]): void {
  const known = steps.at(-1)?.number ?? 0;
  const present = schemaNumber(db);
  if (present > known) {
    throw new Fault(
      'STORE_NEWER',
      `the database has schema ${present}; this program knows those up to ${known}`,
    );
  }
  for (const { number, name, statements } of steps) {
    if (number <= present) continue;
    inTransaction(db, () => {
      if (schemaNumber(db) >= number) return;
      for (const statement of statements) db.exec(statement);
      db.prepare('INSERT INTO migration (number, name) VALUES (?, ?)').run(number, name);
    });
  }
}
