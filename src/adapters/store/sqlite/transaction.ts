import type { DatabaseSync } from 'node:sqlite';

const always = (): boolean => true;

/**
 * All of what `work` writes, on disk, or nothing: nothing when it throws, or when `keep` does not
 * want its answer. Takes the write lock at the start, so that what `work` reads is still true when
 * it writes.
 */
export function inTransaction<T>(
  db: DatabaseSync,
  work: () => T,
  keep: (answer: T) => boolean = always,
): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const answer = work();
    db.exec(keep(answer) ? 'COMMIT' : 'ROLLBACK');
    return answer;
  } catch (error) {
    // SQLite has left the transaction by itself after some errors, a full disk among them.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
