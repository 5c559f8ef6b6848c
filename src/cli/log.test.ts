import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';
import type { PredictionQuery } from '../protocol/prediction-log.ts';

const data = mkdtempSync(join(tmpdir(), 'log-'));
afterAll(() => rmSync(data, { recursive: true }));

const line = (unit: string, over: object = {}): string => {
  const made = {
    schema: 1,
    at: '2027-01-15T08:00:00.000Z',
    endpoint: 'risk',
    model: 'sums',
    version: 3,
    arm: 'candidate',
    assigned: 'candidate',
    rollout: 'r-1',
    prediction_id: `p-${unit}`,
    unit,
    outcome: 'ok',
    latency_ms: 1.5,
    replaced: false,
    withheld: [],
    inputs: null,
    outputs: [{ name: 'sum', datatype: 'FP32', shape: [1, 1], data: [[0.25]] }],
  };
  return `${JSON.stringify({ ...made, ...over })}\n`;
};

beforeAll(() => {
  const folder = join(data, 'gateways', 'g1', 'predictions');
  mkdirSync(folder, { recursive: true });
  const lines = [
    line('user-7'),
    line('user-8', { outcome: 'timeout', replaced: true, outputs: [] }),
    line('user-\u001b[31m9', { outputs: null }),
    '{"half',
  ];
  writeFileSync(join(folder, 'predictions-20270115T080000000Z-0001.ndjson'), lines.join(''));
});

const query = (...words: readonly string[]) => run(['log', 'query', ...words, '--data', data]);

describe('log query', () => {
  test('answers what version 3 said for this user', async () => {
    const ran = await query('risk', '--version', '3', '--unit', 'user-7');
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toMatch(/2027-01-15 08:00:00 +risk +3 +candidate +user-7 +ok +1\.50 +sum/);
    expect(ran.stdout).toContain('[[0.25]]');
    expect(ran.stdout).not.toContain('user-8');
  });

  test('says what users did not get, what was not kept, and what could not be read', async () => {
    const { stdout } = await query();
    expect(stdout).toContain('replaced by the baseline’s answer');
    expect(stdout).toContain('not kept');
    expect(stdout).toContain('1 line could not be read');
    expect(stdout).not.toContain('\u001b[31m');
  });

  test('gives everything as JSON', async () => {
    const found = (await query('--unit', 'user-7', '--json')).json();
    expect(found).toMatchObject({ predictions: [{ unit: 'user-7', version: 3 }], files: 1 });
  });

  test('where nothing is, it says how something would be kept', async () => {
    expect((await query('other')).stdout).toContain('endpoint set --log-sample');
  });

  test('asks for what was said', async () => {
    const asked: PredictionQuery[] = [];
    const findPredictions = async (_root: string, wanted: PredictionQuery) => {
      asked.push(wanted);
      return { predictions: [], files: 0, unreadable: 0 };
    };
    const flags = ['--since', '2h', '--until', '2027-01-15T09:00:00Z', '--limit', '5'];
    const before = Date.now();
    await run(['log', 'query', 'risk', ...flags, '--prediction', 'p2.x'], { findPredictions });
    expect(asked).toMatchObject([
      { endpoint: 'risk', predictionId: 'p2.x', limit: 5, untilMs: Date.UTC(2027, 0, 15, 9) },
    ]);
    expect(Math.abs((asked[0]?.sinceMs ?? 0) - (before - 7_200_000))).toBeLessThan(60_000);
  });

  test('exports everything as Parquet, once', async () => {
    const path = join(data, 'all.parquet');
    const words = ['log', 'export', '--parquet', path, '--data', data];
    const ran = await run(words);
    expect([ran.exit, ran.stdout]).toEqual([0, `3 predictions written to ${path}\n`]);
    const again = await run(words);
    expect(again.exit).not.toBe(0);
    expect(again.stderr).toContain('is there already');
  });

  test('asks in SQL', async () => {
    const sql = 'select version, count(*) as many from predictions group by version';
    const asked = await query('--sql', sql);
    expect([asked.exit, asked.stdout]).toEqual([0, expect.stringMatching(/version +many\n3 +3/)]);
    expect((await query('--sql', sql, '--json')).json()).toMatchObject({ rows: [[3, '3']] });
    const wrong = await query('--sql', 'selec');
    expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining('SQL_INVALID')]);
  });

  test.for([
    { flags: ['--sql', 'select 1', '--unit', 'ada'], says: /in SQL, or nothing/ },
    { flags: ['risk', '--sql', 'select 1'], says: /in SQL, or nothing/ },
    { flags: ['--version', 'three'], says: /whole number/ },
    { flags: ['--version', '0'], says: /whole number/ },
    { flags: ['--outcome', 'fine'], says: /none of ok, null_prediction/ },
    { flags: ['--since', 'yesterday'], says: /duration/ },
    { flags: ['--since', '2026-13-40'], says: /a moment like/ },
    { flags: ['--limit', '0'], says: /whole number/ },
    { flags: ['--limit', '10001'], says: /at most 10000/ },
    { flags: ['--unti', '2h'], says: /unknown option/ },
  ])('refuses $flags', async ({ flags, says }) => {
    const { exit, stderr } = await query(...flags);
    expect(exit).toBe(2);
    expect(stderr).toMatch(says);
  });
});
