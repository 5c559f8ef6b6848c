import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createVirtualClock } from '../../../test/gateway/virtual-clock.ts';
import { instant } from '../../core/lib/units.ts';
import { predictionSample } from '../../ports/prediction-sink.contract.ts';
import type { LoggedPrediction } from '../../ports/prediction-sink.ts';
import type { PredictionQuery } from '../../protocol/prediction-log.ts';
import { pseudonym } from '../../protocol/pseudonym.ts';
import { createPredictionFiles } from './ndjson.ts';
import { predictionLine } from './ndjson/prediction-line.ts';
import { findPredictions, predictionFiles } from './prediction-reader.ts';

const base = mkdtempSync(join(tmpdir(), 'reader-'));
afterAll(() => rmSync(base, { recursive: true }));

const T0 = 1_800_000_000_000;
const digest = (text: string): string => Buffer.from(text).toString('hex').slice(0, 32);
const whatever: PredictionQuery = {
  endpoint: null,
  version: null,
  unit: null,
  predictionId: null,
  outcome: null,
  sinceMs: null,
  untilMs: null,
  limit: 50,
};

type Given = Readonly<Record<string, readonly LoggedPrediction[]>>;

/** A data directory with a file per name: `g1/1` is the first file of gateway g1. */
function directory(files: Given): string {
  const root = mkdtempSync(join(base, 'data-'));
  for (const [name, predictions] of Object.entries(files)) {
    const [gateway = '', number = ''] = name.split('/');
    const folder = join(root, 'gateways', gateway, 'predictions');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `predictions-20270115T080000000Z-000${number}.ndjson`);
    writeFileSync(path, predictions.map(predictionLine).join(''));
    const endS = Math.max(...predictions.map(({ at }) => at)) / 1_000;
    utimesSync(path, endS, endS);
  }
  return root;
}

const at = (ms: number, over: Partial<LoggedPrediction> = {}): LoggedPrediction =>
  predictionSample(`u${ms}`, { at: instant(T0 + ms), ...over });

const find = async (root: string, query: Partial<PredictionQuery>) => {
  const found = await findPredictions({ root, digest }, { ...whatever, ...query });
  return { ...found, units: found.predictions.map(({ unit }) => unit) };
};

const root = directory({
  'g1/1': [at(1), at(3, { version: 3, outcome: 'timeout' }), at(5, { endpoint: 'fraud' })],
  'g1/2': [at(7, { version: 3 }), at(9, { unit: pseudonym(digest, 'unit', 'ada') })],
  'g2/1': [at(2, { unit: 'ada' }), at(8, { version: 13, unit: null })],
});

test.for([
  { what: 'everything, the newest first', query: {}, at: [9, 8, 7, 5, 3, 2, 1] },
  { what: 'a version, and none that only begins so', query: { version: 3 }, at: [7, 3] },
  { what: 'version 1', query: { version: 1 }, at: [9, 5, 2, 1] },
  { what: 'an endpoint', query: { endpoint: 'fraud' }, at: [5] },
  { what: 'an outcome', query: { outcome: 'timeout' }, at: [3] },
  { what: 'a unit, plain or not', query: { unit: 'ada' }, at: [9, 2] },
  { what: 'a prediction', query: { predictionId: 'p-u7' }, at: [7] },
  { what: 'from then on', query: { sinceMs: T0 + 7 }, at: [9, 8, 7] },
  { what: 'until then', query: { untilMs: T0 + 2 }, at: [2, 1] },
  { what: 'some of them', query: { limit: 2 }, at: [9, 8] },
  { what: 'two things at once', query: { version: 3, outcome: 'ok' }, at: [7] },
  { what: 'somebody unknown', query: { unit: 'eve' }, at: [] },
])('finds $what', async ({ query, at: expected }) => {
  const { predictions } = await find(root, query);
  expect(predictions.map((made) => Date.parse(made.at) - T0)).toEqual(expected);
});

test('files that end before what is asked for are not opened', async () => {
  expect((await find(root, { sinceMs: T0 + 9 })).files).toBe(1);
  expect((await find(root, { limit: 1 })).files).toBe(1);
  expect((await find(root, { unit: 'eve' })).files).toBe(3);
});

test('without the key pseudonyms are found as they are written', async () => {
  const query = { ...whatever, unit: pseudonym(digest, 'unit', 'ada') };
  const { predictions } = await findPredictions({ root, digest: null }, query);
  expect(predictions).toHaveLength(1);
});

test.for([
  { what: 'half a line', bytes: '{"schema":1,"at":"2027', lines: 1 },
  { what: 'something else', bytes: 'hello\n{"a":1}\n', lines: 2 },
  { what: 'lines of another form', bytes: predictionLine(at(4)).replace('1', '2'), lines: 1 },
  { what: 'a line without an end', bytes: `${'x'.repeat(9 * 1_048_576)}\n`, lines: 1 },
])('$what is counted, and spoils nothing', async ({ bytes, lines }) => {
  const own = directory({ 'g1/1': [at(1)] });
  const [file] = await predictionFiles(own);
  appendFileSync(file?.path ?? '', bytes);
  expect(await find(own, {})).toMatchObject({ units: ['u1'], unreadable: lines });
});

test('where nothing is, nothing is found', async () => {
  expect(await find(join(base, 'nowhere'), {})).toMatchObject({ files: 0, predictions: [] });
});

test('what the sink writes is what is found', async () => {
  const own = mkdtempSync(join(base, 'data-'));
  const folder = join(own, 'gateways', 'g1', 'predictions');
  const clock = createVirtualClock(T0);
  const sink = createPredictionFiles({ folder, clock, bytesMax: 1e6, keptMs: 1e9 });
  await sink.append([at(1), at(2), at(3)], new AbortController().signal);
  await sink.close();
  expect((await find(own, {})).units).toEqual(['u3', 'u2', 'u1']);
});
