import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createVirtualClock } from '../../../test/gateway/virtual-clock.ts';
import { pairSample, pairSinkContract } from '../../ports/pair-sink.contract.ts';
import type { PairSink } from '../../ports/pair-sink.ts';
import { filesIn } from './ndjson/files.ts';
import { lineOf } from './ndjson/line.ts';
import { predictionSample } from '../../ports/prediction-sink.contract.ts';
import { sinkContract } from '../../ports/sink.contract.ts';
import { createPairFiles, createPredictionFiles } from './ndjson.ts';

const root = mkdtempSync(join(tmpdir(), 'pairs-'));
afterAll(() => rmSync(root, { recursive: true }));
const never = new AbortController().signal;
const DAY_MS = 86_400_000;

type Made = {
  readonly sink: PairSink;
  readonly folder: string;
  readonly clock: ReturnType<typeof createVirtualClock>;
  kept(): Promise<readonly string[]>;
};

function made(bytesMax = 1e9, folder = mkdtempSync(join(root, 'sink-'))): Made {
  const clock = createVirtualClock();
  const sink = createPairFiles({ folder, clock, bytesMax, keptMs: DAY_MS });
  const kept = async (): Promise<readonly string[]> => {
    const names = await filesIn(folder, 'pairs');
    const text = names.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => String((JSON.parse(line) as { request_id: unknown }).request_id));
  };
  return { sink, folder, clock, kept };
}

pairSinkContract('NDJSON files', () => Promise.resolve(made()));

const predictionFiles = async () => {
  const folder = mkdtempSync(join(root, 'predictions-'));
  const clock = createVirtualClock();
  const sink = createPredictionFiles({ folder, clock, bytesMax: 1e9, keptMs: DAY_MS });
  const kept = async (): Promise<readonly string[]> => {
    const names = await filesIn(folder, 'predictions');
    const text = names.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => String((JSON.parse(line) as { unit: unknown }).unit));
  };
  return { sink, kept };
};

sinkContract('NDJSON files of predictions', { make: predictionFiles, sample: predictionSample });

test('files are over and gone in time even when nothing more is written', async () => {
  const { sink, folder, clock } = made();
  await sink.append([pairSample('a')], never);
  const [first = ''] = await filesIn(folder, 'pairs');
  utimesSync(join(folder, first), clock.now() / 1_000, clock.now() / 1_000);
  await clock.pass(DAY_MS);
  await sink.append([], never);
  expect(await filesIn(folder, 'pairs')).toEqual([first]);
  await clock.pass(60_000);
  await sink.append([], never);
  expect(await filesIn(folder, 'pairs')).toEqual([]);
});

test('a line says who answered what, and when', () => {
  const pair = pairSample('a', { compared: { rows: 2, differing: 1 } });
  expect(JSON.parse(lineOf(pair))).toEqual({
    at: '2027-01-15T08:00:00.000Z',
    endpoint: 'risk',
    rollout: 'r-1',
    request_id: 'a',
    prediction_id: 'p-a',
    unit: 42,
    compared: { rows: 2, differing: 1 },
    user: {
      arm: 'baseline',
      version: 1,
      outcome: 'ok',
      latency_ms: 1.5,
      outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 1], data: [[0.5], [2]] }],
    },
    copy: { arm: 'candidate', version: 2, outcome: 'timeout', latency_ms: 300, outputs: [] },
  });
});

test('an answer too large for a line is named and left out', () => {
  const data = new Float64Array(20_000);
  const outputs = [{ name: 'y', datatype: 'FP64', shape: [20_000], data }] as const;
  const { copy } = pairSample('a');
  const line = lineOf(pairSample('a', { copy: { ...copy, outputs } }));
  expect(line.length).toBeLessThan(1_000);
  expect(JSON.parse(line)).toMatchObject({ copy: { outputs: [{ shape: [20_000], data: null }] } });
});

test('files are rotated by size, and the oldest give way', async () => {
  const line = Buffer.byteLength(lineOf(pairSample('000')));
  const { sink, folder, kept, clock } = made(line * 80);
  for (let i = 100; i < 400; i += 1) {
    await sink.append([pairSample(String(i))], never);
    await clock.pass(1);
  }
  const ids = await kept();
  const sizes = (await filesIn(folder, 'pairs')).map((name) => statSync(join(folder, name)).size);
  expect(sizes.every((size) => size <= line * 10)).toBe(true);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(line * 80);
  expect(ids.length).toBeGreaterThanOrEqual(60);
  expect(ids.at(-1)).toBe('399');
  await sink.close();
});

test('a file is over after an hour, and gone after its time', async () => {
  const { sink, folder, clock } = made();
  await sink.append([pairSample('a')], never);
  await clock.pass(3_600_000);
  await sink.append([pairSample('b')], never);
  const [first = '', second] = await filesIn(folder, 'pairs');
  expect(second).toBeDefined();
  const long = (clock.now() - 2 * DAY_MS) / 1_000;
  utimesSync(join(folder, first), long, long);
  await clock.pass(3_600_000);
  await sink.append([pairSample('c')], never);
  expect(await filesIn(folder, 'pairs')).not.toContain(first);
  await sink.close();
});

test('half a line of a process that was killed spoils nothing; foreign files stay', async () => {
  const folder = mkdtempSync(join(root, 'sink-'));
  const torn = join(folder, 'pairs-20200101T000000000Z-0001.ndjson');
  writeFileSync(torn, '{"request_id":"x"}\n{"re');
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  const { sink } = made(1e9, folder);
  await sink.append([pairSample('a')], never);
  await sink.close();
  const names = await filesIn(folder, 'pairs');
  expect(names).toHaveLength(2);
  expect(readFileSync(join(folder, names[1] ?? ''), 'utf8')).toBe(lineOf(pairSample('a')));
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
});

test('a folder that cannot be written rejects', async () => {
  const file = join(root, 'a-file');
  writeFileSync(file, '');
  const { sink } = made(1e9, join(file, 'folder'));
  await expect(sink.append([pairSample('a')], never)).rejects.toThrow('ENOTDIR');
});
