import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from './migrate.ts';
import { migrations, type Migration } from './schema.ts';

/** A second step, so that there is one to be killed in the middle of an upgrade, too. */
const steps: readonly Migration[] = [
  ...migrations,
  {
    number: migrations.length + 1,
    name: 'a step of a later version',
    statements: [
      'ALTER TABLE record ADD COLUMN note TEXT',
      'CREATE INDEX record_by_note ON record (note)',
      `INSERT INTO record (kind, key, revision, value) VALUES ('note', 'made by a step', 1, '{}')`,
    ],
  },
];

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'understudy-migrate-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const fileIn = (name: string): string => join(directory, name, 'understudy.db');

function openIn(name: string): DatabaseSync {
  mkdirSync(join(directory, name), { recursive: true });
  const db = new DatabaseSync(fileIn(name));
  db.exec('PRAGMA journal_mode = WAL');
  return db;
}

/** What the file looks like: its tables and indexes as they were declared, and what is in them. */
function contentOf(db: DatabaseSync): unknown {
  return {
    schema: db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all(),
    steps: db.prepare('SELECT * FROM migration').all(),
    records: db.prepare('SELECT * FROM record').all(),
    id: db.prepare('PRAGMA application_id').get(),
  };
}

test('the steps are numbered from 1 without gaps', () => {
  expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, i) => i + 1));
});

test('migrating again changes nothing', () => {
  using db = openIn('twice');
  migrate(db, steps);
  const before = contentOf(db);
  migrate(db, steps);
  expect(contentOf(db)).toEqual(before);
});

describe('killed at any statement, the next start completes the schema', () => {
  const images = steps.flatMap(({ statements }) => statements).length;

  /** Puts a picture of the files, as a kill would leave them, before every statement. */
  function photographed(db: DatabaseSync, name: string): readonly Migration[] {
    let count = 0;
    db.function('photograph', () => {
      mkdirSync(join(directory, `image-${count}`));
      for (const suffix of ['', '-wal']) {
        const from = `${fileIn(name)}${suffix}`;
        if (existsSync(from)) copyFileSync(from, `${fileIn(`image-${count}`)}${suffix}`);
      }
      count += 1;
      return count;
    });
    return steps.map((step) => ({
      ...step,
      statements: step.statements.flatMap((sql) => [sql, 'SELECT photograph()']),
    }));
  }

  test('every picture heals', () => {
    using whole = openIn('whole');
    migrate(whole, photographed(whole, 'whole'));
    const wanted = contentOf(whole);
    for (let image = 0; image < images; image += 1) {
      using db = openIn(`image-${image}`);
      migrate(db, steps);
      expect(contentOf(db)).toEqual(wanted);
      expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    }
    expect(existsSync(fileIn(`image-${images - 1}`))).toBe(true);
  });

  test.each(Array.from({ length: images }, (_, at) => ({ at })))(
    'an error after statement $at leaves whole steps only',
    ({ at }) => {
      using db = openIn('failing');
      let left = at;
      const failing = steps.map((step) => ({
        ...step,
        statements: step.statements.flatMap((sql) => {
          left -= 1;
          return left === -1 ? [sql, 'SELECT no_such_function()'] : [sql];
        }),
      }));
      expect(() => migrate(db, failing)).toThrow('no such function');
      expect(db.isTransaction).toBe(false);
      migrate(db, steps);
      expect(db.prepare('SELECT count(*) AS n FROM migration').get()).toEqual({ n: steps.length });
    },
  );
});

test('a step that another process made meanwhile is not made again', () => {
  using one = openIn('shared');
  using other = openIn('shared');
  let looks = 0;
  const contested = migrations.map((step) => ({
    ...step,
    // Looked at once before the file is read, and again after: then the other is faster.
    get number(): number {
      looks += 1;
      if (looks === 2) migrate(other, migrations);
      return step.number;
    },
  }));
  migrate(one, contested);
  expect(looks).toBeGreaterThanOrEqual(2);
  expect(contentOf(one)).toEqual(contentOf(other));
});

test('an older program refuses a newer schema and changes nothing', () => {
  using db = openIn('newer');
  migrate(db, steps);
  const before = contentOf(db);
  expect(() => migrate(db, migrations)).toThrow(
    expect.objectContaining({
      code: 'STORE_NEWER',
      message: expect.stringContaining(`schema ${steps.length}`),
    }),
  );
  expect(contentOf(db)).toEqual(before);
});

test('a database of another program is refused and not touched', () => {
  using db = openIn('foreign');
  db.exec('CREATE TABLE theirs (x)');
  expect(() => migrate(db, steps)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
  expect(db.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'theirs' }]);
});
