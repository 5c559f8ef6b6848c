import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { effectSample, endpointSample, windowSample } from '../../../test/samples.ts';
import { Fault } from '../../protocol/errors.ts';
import { storeContract } from '../../ports/store.contract.ts';
import { storeFeedbackContract } from '../../ports/store-feedback.contract.ts';
import { emptyChange, type Change } from '../../ports/store.ts';
import { SqliteStore } from './sqlite.ts';
import { storeFault } from './sqlite/faults.ts';

const makeDirectory = (): string => mkdtempSync(join(tmpdir(), 'understudy-store-'));

const make = async () => {
  const directory = makeDirectory();
  return {
    store: new SqliteStore(join(directory, 'understudy.db')),
    discard: async () => rmSync(directory, { recursive: true }),
  };
};

storeContract('SqliteStore', make);
storeFeedbackContract('SqliteStore', make);

let directory = '';
let file = '';
beforeEach(() => {
  directory = makeDirectory();
  file = join(directory, 'understudy.db');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const making = (name: string): Change => ({
  ...emptyChange,
  puts: [{ kind: 'endpoint', key: name, expect: null, value: endpointSample(name) }],
});

/** A change of many pages. */
const bulky = (count: number): Change => ({
  ...emptyChange,
  effects: Array.from({ length: count }, (_, i) => effectSample(`${i}-${'x'.repeat(1_000)}`)),
});

async function filled(): Promise<void> {
  const store = new SqliteStore(file);
  await store.commit(making('risk'));
  await store.commit(bulky(200));
  await store.close();
}

test('what was written is there when the file is opened again', async () => {
  await filled();
  const store = new SqliteStore(file);
  expect(await store.list({ kind: 'endpoint', limit: 9 })).toMatchObject([{ key: 'risk' }]);
  expect(await store.scan({ log: 'outbox', limit: 1_000 })).toHaveLength(200);
  await store.close();
});

test('two processes see each other\u2019s commits, and one of two rivals loses', async () => {
  const one = new SqliteStore(file);
  const two = new SqliteStore(file);
  expect(await one.commit(making('risk'))).toEqual({ type: 'committed' });
  expect(await two.commit(making('risk'))).toMatchObject({ type: 'conflict' });
  expect(await two.list({ kind: 'endpoint', limit: 9 })).toMatchObject([{ key: 'risk' }]);
  await one.close();
  await two.close();
});

describe('the file is set up for its work', () => {
  test('a write-ahead log', async () => {
    await filled();
    using db = new DatabaseSync(file);
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  });

  test.each([
    {
      name: 'the windows of a rollout',
      sql: `SELECT body FROM window WHERE endpoint = ? AND rollout = ? AND start >= ?
        ORDER BY start, endpoint, rollout, arm, revision, version, bucket_ms, gateway, instance`,
    },
    { name: 'forgotten windows', sql: 'DELETE FROM window WHERE start < ?' },
    { name: 'audit of a subject', sql: 'SELECT entry FROM audit WHERE subject = ? ORDER BY seq' },
    { name: 'a range of records', sql: 'SELECT value FROM record WHERE kind = ? AND key > ?' },
  ])('$name: an index, and nothing is sorted', async ({ sql }) => {
    await filled();
    using db = new DatabaseSync(file);
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    const details = plan.map((step) => String(step['detail'])).join('; ');
    expect(details).toMatch(/^SEARCH/);
    expect(details).not.toMatch(/TEMP B-TREE|SCAN/);
  });
});

describe('what can go wrong has a code, and no stack', () => {
  const opening = (): unknown => {
    try {
      return new SqliteStore(file, { busyMs: 1 });
    } catch (error) {
      return error;
    }
  };

  test('a file that is no database', () => {
    writeFileSync(file, 'this is not a database, but it is longer than a header'.repeat(100));
    expect(opening()).toMatchObject({ name: 'Fault', code: 'STORE_CORRUPT' });
    expect(readFileSync(file, 'utf8')).toContain('this is not a database');
  });

  test('a damaged page', async () => {
    await filled();
    const db = new DatabaseSync(file);
    const sql = `SELECT rootpage FROM sqlite_schema WHERE name = 'outbox'`;
    const page = Number(db.prepare(sql).get()?.['rootpage']);
    db.close();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, (page - 1) * 4_096, page * 4_096);
    writeFileSync(file, bytes);
    const store = new SqliteStore(file);
    const scanned = store.scan({ log: 'outbox', limit: 1_000 });
    await expect(scanned).rejects.toMatchObject({ name: 'Fault', code: 'STORE_CORRUPT' });
    await store.close();
  });

  test('a value that is no JSON', async () => {
    await filled();
    const db = new DatabaseSync(file);
    db.exec(`UPDATE record SET value = '{'`);
    db.close();
    const store = new SqliteStore(file);
    const listed = store.list({ kind: 'endpoint', limit: 1 });
    await expect(listed).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await store.close();
  });

  test('a schema of a later version', async () => {
    await filled();
    const db = new DatabaseSync(file);
    db.exec(`INSERT INTO migration VALUES (99, 'later')`);
    db.close();
    expect(opening()).toMatchObject({ name: 'Fault', code: 'STORE_NEWER' });
  });

  test('a directory that is not there', () => {
    file = join(directory, 'missing', 'understudy.db');
    expect(opening()).toMatchObject({ name: 'Fault', code: 'STORE_UNAVAILABLE' });
  });

  test('a file that may only be read', async () => {
    await filled();
    const store = new SqliteStore(`file:${file}?mode=ro`);
    expect(await store.list({ kind: 'endpoint', limit: 9 })).toHaveLength(1);
    const written = store.commit(making('other'));
    await expect(written).rejects.toMatchObject({ name: 'Fault', code: 'STORE_READ_ONLY' });
    await store.close();
  });

  test('a full disk: nothing is written, and there is room again later', async () => {
    const bytesMax = 200_000;
    const store = new SqliteStore(file, { bytesMax });
    await store.commit(making('risk'));
    const large = { ...bulky(500), puts: making('other').puts };
    await expect(store.commit(large)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await store.scan({ log: 'outbox', limit: 9 })).toEqual([]);
    expect(await store.list({ kind: 'endpoint', limit: 9 })).toHaveLength(1);
    expect(await store.commit(making('small'))).toEqual({ type: 'committed' });
    await store.close();
  });

  test('another process that keeps the lock', async () => {
    const store = new SqliteStore(file, { busyMs: 1 });
    using db = new DatabaseSync(file);
    db.exec('BEGIN IMMEDIATE');
    const written = store.commit(making('risk'));
    await expect(written).rejects.toMatchObject({ name: 'Fault', code: 'STORE_BUSY' });
    // Reading needs no lock.
    expect(await store.list({ kind: 'endpoint', limit: 9 })).toEqual([]);
    db.exec('ROLLBACK');
    expect(await store.commit(making('risk'))).toEqual({ type: 'committed' });
    await store.close();
  });

  test('a fault stays, a bug stays, any other trouble of the file has the general code', () => {
    const fault = new Fault('STORE_NEWER', 'x');
    const bug = new TypeError('x');
    expect(storeFault(fault, file)).toBe(fault);
    expect(storeFault(bug, file)).toBe(bug);
    const trouble = Object.assign(new Error('disk I/O error'), { errcode: 10 | (3 << 8) });
    expect(storeFault(trouble, file)).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

test('a failed commit leaves the store usable', async () => {
  const store = new SqliteStore(file);
  const unwritable = windowSample({ start: Number.NaN as never });
  const bad: Change = {
    ...making('risk'),
    windows: [{ gateway: 'g', instance: 'i', window: unwritable }],
  };
  await expect(store.commit(bad)).rejects.toThrow(/NOT NULL/);
  expect(await store.list({ kind: 'endpoint', limit: 9 })).toEqual([]);
  expect(await store.commit(making('risk'))).toEqual({ type: 'committed' });
  await store.close();
});
