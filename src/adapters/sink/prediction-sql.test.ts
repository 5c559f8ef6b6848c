import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instant } from '../../core/lib/units.ts';
import { predictionSample } from '../../ports/prediction-sink.contract.ts';
import { predictionLine } from './ndjson/prediction-line.ts';
import { exportPredictions, queryPredictions } from './prediction-sql.ts';

const root = mkdtempSync(join(tmpdir(), "it's-"));
afterAll(() => rmSync(root, { recursive: true }));
const secret = join(root, 'secret.json');

beforeAll(() => {
  const folder = join(root, 'gateways', 'g1', 'predictions');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'predictions-20270115T080000000Z-0001.ndjson');
  const made = [1, 2, 3].map((n) =>
    predictionSample(`u${n}`, { version: n, latencyMs: n, at: instant(1_800_000_000_000 + n) }),
  );
  writeFileSync(path, made.map(predictionLine).join(''));
  appendFileSync(path, '{"schema":1,"at":"20');
  writeFileSync(secret, '{"a":1}');
});

test.for([
  { what: 'counts', sql: 'select count(*) from predictions', rows: [['3']] },
  {
    what: 'picks',
    sql: "select version, unit, made_at from predictions where unit = 'u2'",
    rows: [[2, 'u2', '2027-01-15 08:00:00.002']],
  },
  {
    what: 'looks into tensors',
    sql: "select sum((outputs->0->'data'->0->>0)::double) as said from predictions",
    rows: [[9]],
  },
])('a query $what', async ({ sql, rows }) => {
  expect((await queryPredictions(root, sql)).rows).toEqual(rows);
});

test('columns have names, and no more rows come than anybody reads', async () => {
  const sql = 'select 1 as one, a.* from predictions p, range(6000) a';
  const { columns, rows, isCut } = await queryPredictions(root, sql);
  expect([columns, rows.length, isCut]).toEqual([['one', 'range'], 10_000, true]);
});

test('an export is a Parquet file with all that is kept', async () => {
  const to = join(root, 'all.parquet');
  expect(await exportPredictions(root, to)).toBe(3);
  const bytes = readFileSync(to);
  // The format begins and ends with its name: Apache Parquet, "File format".
  expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual([
    'PAR1',
    'PAR1',
  ]);
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  const file = `'${to.replaceAll("'", "''")}'`;
  const columns = "unit, version, latency_ms, inputs->0->>'name'";
  const read = await connection.runAndReadAll(`select ${columns} from read_parquet(${file})`);
  expect(read.getRowsJson()).toEqual([
    ['u1', 1, 1, 'x'],
    ['u2', 2, 2, 'x'],
    ['u3', 3, 3, 'x'],
  ]);
  connection.closeSync();
  database.closeSync();
});

test('an export to where nothing can be written says so', async () => {
  const to = join(root, 'nowhere', 'all.parquet');
  await expect(exportPredictions(root, to)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
});

test('where nothing was kept there is an empty table', async () => {
  const { rows } = await queryPredictions(join(root, 'nowhere'), 'select unit from predictions');
  expect(rows).toEqual([]);
});

test.for([
  { what: 'no SQL', sql: 'selec 1', says: /syntax error/ },
  { what: 'an unknown column', sql: 'select user from predictionz', says: /does not exist/ },
  { what: 'other files', sql: "select * from read_json('SECRET')", says: /disabled/ },
  { what: 'writing', sql: "copy predictions to 'out.csv'", says: /disabled/ },
  { what: 'unlocking', sql: 'set enable_external_access = true', says: /locked|cannot/i },
])('$what is refused with a code', async ({ sql, says }) => {
  const asked = sql.replace('SECRET', secret.replaceAll("'", "''"));
  await expect(queryPredictions(root, asked)).rejects.toMatchObject({
    code: 'SQL_INVALID',
    message: expect.stringMatching(says),
  });
});
