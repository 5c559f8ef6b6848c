/** One step of the schema, made in one transaction. Never edited once released, only followed. */
export type Migration = {
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
};

/** Marks our files (`PRAGMA application_id`): the letters `Undy`. */
export const APPLICATION_ID = 0x556e_6479;

/** All steps, in order, numbered from 1 without gaps. */
export const migrations: readonly Migration[] = [
  {
    number: 1,
    name: 'records, audit, outbox, windows',
    statements: [
      `PRAGMA application_id = ${APPLICATION_ID}`,
      `CREATE TABLE migration (
         number INTEGER PRIMARY KEY,
         name TEXT NOT NULL
       ) STRICT`,
      `CREATE TABLE record (
         kind TEXT NOT NULL,
         key TEXT NOT NULL,
         revision INTEGER NOT NULL,
         value TEXT NOT NULL,
         PRIMARY KEY (kind, key)
       ) STRICT`,
      `CREATE TABLE audit (
         seq INTEGER PRIMARY KEY,
         subject TEXT NOT NULL,
         hash TEXT NOT NULL,
         entry TEXT NOT NULL
       ) STRICT`,
      'CREATE INDEX audit_by_subject ON audit (subject, seq)',
      `CREATE TABLE outbox (
         position INTEGER PRIMARY KEY AUTOINCREMENT,
         id TEXT NOT NULL UNIQUE,
         effect TEXT NOT NULL
       ) STRICT`,
      // No rollout is the empty text: SQLite holds nulls in a primary key to be all different.
      `CREATE TABLE window (
         endpoint TEXT NOT NULL,
         rollout TEXT NOT NULL,
         start REAL NOT NULL,
         arm TEXT NOT NULL,
         revision INTEGER NOT NULL,
         version INTEGER NOT NULL,
         bucket_ms REAL NOT NULL,
         gateway TEXT NOT NULL,
         instance TEXT NOT NULL,
         body TEXT NOT NULL,
         PRIMARY KEY
           (endpoint, rollout, start, arm, revision, version, bucket_ms, gateway, instance)
       ) STRICT`,
      'CREATE INDEX window_by_start ON window (start, endpoint)',
    ],
  },
  {
    number: 2,
    name: 'feedback',
    statements: [
      // Which numbers of a gateway's predictions have been fed back: see `core/feedback/seen.ts`.
      `CREATE TABLE feedback_seen (
         maker TEXT NOT NULL,
         metric TEXT NOT NULL,
         chunk INTEGER NOT NULL,
         newest_at REAL NOT NULL,
         body BLOB NOT NULL,
         PRIMARY KEY (maker, metric, chunk)
       ) STRICT`,
      `CREATE TABLE feedback_own (
         endpoint TEXT NOT NULL,
         metric TEXT NOT NULL,
         id TEXT NOT NULL,
         at REAL NOT NULL,
         PRIMARY KEY (endpoint, metric, id)
       ) STRICT, WITHOUT ROWID`,
      'CREATE INDEX feedback_own_by_time ON feedback_own (at)',
      `CREATE TABLE feedback_cohort (
         endpoint TEXT NOT NULL,
         rollout TEXT NOT NULL,
         start REAL NOT NULL,
         arm TEXT NOT NULL,
         revision INTEGER NOT NULL,
         version INTEGER NOT NULL,
         metric TEXT NOT NULL,
         width_ms REAL NOT NULL,
         body TEXT NOT NULL,
         PRIMARY KEY (endpoint, rollout, start, arm, revision, version, metric, width_ms)
       ) STRICT`,
      'CREATE INDEX feedback_cohort_by_start ON feedback_cohort (start, endpoint)',
      // Names each arm of a rollout under each metric by a number: units are many, scopes few.
      `CREATE TABLE feedback_scope (
         id INTEGER PRIMARY KEY,
         rollout TEXT NOT NULL,
         arm TEXT NOT NULL,
         metric TEXT NOT NULL,
         UNIQUE (rollout, arm, metric)
       ) STRICT`,
      `CREATE TABLE feedback_unit (
         scope INTEGER NOT NULL,
         unit INTEGER NOT NULL,
         events INTEGER NOT NULL,
         sum REAL NOT NULL,
         start REAL NOT NULL,
         width_ms REAL NOT NULL,
         PRIMARY KEY (scope, unit)
       ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE feedback_total (
         scope INTEGER NOT NULL,
         start REAL NOT NULL,
         width_ms REAL NOT NULL,
         units INTEGER NOT NULL,
         answered INTEGER NOT NULL,
         events INTEGER NOT NULL,
         sum REAL NOT NULL,
         squares REAL NOT NULL,
         events_squares REAL NOT NULL,
         products REAL NOT NULL,
         PRIMARY KEY (scope, start, width_ms)
       ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    number: 3,
    name: 'units by segment',
    statements: [
      // The empty text: all units, whatever their segment.
      `CREATE TABLE feedback_scope_by_segment (
         id INTEGER PRIMARY KEY,
         rollout TEXT NOT NULL,
         arm TEXT NOT NULL,
         metric TEXT NOT NULL,
         segment TEXT NOT NULL,
         UNIQUE (rollout, arm, metric, segment)
       ) STRICT`,
      `INSERT INTO feedback_scope_by_segment (id, rollout, arm, metric, segment)
         SELECT id, rollout, arm, metric, '' FROM feedback_scope`,
      'DROP TABLE feedback_scope',
      'ALTER TABLE feedback_scope_by_segment RENAME TO feedback_scope',
    ],
  },
  {
    number: 4,
    name: 'pairs',
    statements: [
      // In the order in which they came, so that the oldest can give way. No arm: what was true.
      `CREATE TABLE feedback_half (
         position INTEGER PRIMARY KEY AUTOINCREMENT,
         maker TEXT NOT NULL,
         number INTEGER NOT NULL,
         arm TEXT NOT NULL,
         at REAL NOT NULL,
         body TEXT NOT NULL,
         UNIQUE (maker, number, arm)
       ) STRICT`,
    ],
  },
];
