import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createVirtualClock } from '../../../test/gateway/virtual-clock.ts';
import { pairSample, pairSinkContract } from '../../ports/pair-sink.contract.ts';
import { withDuckDb, quoted } from './duckdb.ts';
import { lineOf } from './ndjson/line.ts';
import { rollPairs } from './parquet/roll.ts';
import { createPairParquet } from './parquet.ts';

const root = mkdtempSync(join(tmpdir(), "pair's-"));
afterAll(() => rmSync(root, { recursive: true }));
const never = new AbortController().signal;
const HOUR_MS = 3_600_000;
const SWEEP_MS = 60_000;
const RETRY_MS = 600_000;

function made(folder = mkdtempSync(join(root, 'sink-'))) {
  const clock = createVirtualClock();
  const failures: string[] = [];
  const sink = createPairParquet({
    folder,
    clock,
    bytesMax: 1e9,
    keptMs: 1_000 * HOUR_MS,
    onFailure: (_path, why) => void failures.push(why),
  });
  return { sink, folder, clock, failures };
}

const rows = (path: string, columns: string): Promise<unknown> =>
  withDuckDb({ memory: '256MB' }, async (connection) => {
    const sql = `select ${columns} from read_parquet(${quoted(path)}) order by request_id`;
    return (await connection.runAndReadAll(sql)).getRowsJson();
  });

pairSinkContract('lines that become Parquet', () => {
  const { sink, folder } = made();
  const kept = (): Promise<readonly string[]> => {
    const text = readdirSync(folder)
      .toSorted()
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
    const lines = text.split('\n').filter((line) => line !== '');
    return Promise.resolve(
      lines.map((line) => String((JSON.parse(line) as { request_id: unknown }).request_id)),
    );
  };
  return Promise.resolve({ sink, kept });
});

// S3: both answers are kept in files that are Parquet in the end.
test('a file of lines becomes columns; half a line is left out', async () => {
  const path = join(root, 'pairs-20270115T080000000Z-0001.ndjson');
  const compared = { rows: 2, differing: 1 };
  const pairs = [pairSample('a'), pairSample('b', { compared, unit: 2 ** 53 - 1 })];
  writeFileSync(path, `${pairs.map(lineOf).join('')}{"at":"20`);
  await rollPairs(path);
  const parquet = path.replace('.ndjson', '.parquet');
  const told = `"user".arm, "user".outputs->0->'data'`;
  const columns = `request_id, made_at, unit, compared.differing, ${told}`;
  expect(await rows(parquet, columns)).toEqual([
    ['a', '2027-01-15 08:00:00', '42', null, 'baseline', '[[0.5],[2]]'],
    ['b', '2027-01-15 08:00:00', '9007199254740991', 1, 'baseline', '[[0.5],[2]]'],
  ]);
  expect(readdirSync(root).filter((name) => name.startsWith('pairs-'))).toEqual([
    'pairs-20270115T080000000Z-0001.parquet',
  ]);
});

test('what is full is rolled while others are written, in a process of its own', async () => {
  const { sink, folder, clock } = made();
  await sink.append([pairSample('a')], never);
  await clock.pass(HOUR_MS);
  await sink.append([pairSample('b')], never);
  const names = (): readonly string[] => readdirSync(folder).toSorted();
  await expect
    .poll(() => names().map((name) => name.split('.').at(-1)), { timeout: 30_000 })
    .toEqual(['parquet', 'ndjson']);
  expect(await rows(join(folder, names()[0] ?? ''), 'request_id')).toEqual([['a']]);
  await sink.close();
});

test('what cannot be rolled stays as it is, is told of, and is tried again', async () => {
  const { sink, folder, clock, failures } = made();
  await sink.append([pairSample('a')], never);
  await sink.close();
  const [lines = ''] = readdirSync(folder);
  const inTheWay = join(folder, lines.replace('.ndjson', '.parquet.part'));
  mkdirSync(inTheWay);
  await clock.pass(SWEEP_MS);
  await sink.append([], never);
  await expect.poll(() => failures, { timeout: 30_000 }).toEqual([expect.stringMatching(/\.part/)]);
  expect(readdirSync(folder)).toContain(lines);
  rmdirSync(inTheWay);
  await clock.pass(RETRY_MS);
  await sink.append([], never);
  const rolled = [lines.replace('.ndjson', '.parquet')];
  await expect.poll(() => readdirSync(folder), { timeout: 30_000 }).toEqual(rolled);
});
