import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { harness, pidsIn } from '../../../test/onnx/backend.ts';
import { demoFile, listToList, reals, spec, vectorFile } from '../../../test/onnx/models.ts';

// Processes are started and ended, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const SHORT_MS = 150;
const patient = { timeout: 20_000, interval: 5 };

/** Runs as many rounds as the greatest number says. */
const slow = vectorFile('poison/slow', listToList);
const rounds = (count: number) => [reals('x', [2], [3, count])];
const FOR_EVER = 1e18;
/** Some tens of milliseconds. */
const A_WHILE = 100_000;

/** Takes as many bytes, times four, as the greatest number says. */
const memory = vectorFile('poison/memory', listToList);
const demo = demoFile('v1');
const row = [reals('features', [1, 30], Array(30).fill(1))];

describe('a model that never comes back', () => {
  test('costs its own request; the version is back, and others notice nothing', async () => {
    await using served = harness([slow, demo]);
    await Promise.all([served.load(slow), served.load(demo)]);
    const hung = served.infer(slow, rounds(FOR_EVER), { deadlineMs: SHORT_MS });
    const beside = [];
    for (let n = 0; n < 50; n += 1) beside.push(await served.infer(demo, row));
    expect(await hung).toEqual({ type: 'timeout' });
    expect(await served.infer(slow, rounds(10))).toMatchObject({ type: 'ok' });
    expect(new Set(beside.map(({ type }) => type))).toEqual(new Set(['ok']));
    expect(served.health(slow)).toMatchObject({ state: 'ready', restarts: 1 });
    expect(served.health(demo)).toMatchObject({ state: 'ready', restarts: 0 });
  });

  test('is refused when it comes again: one request cannot crash-loop a version', async () => {
    await using served = harness([slow]);
    await served.load(slow);
    const poison = () => served.infer(slow, rounds(FOR_EVER), { deadlineMs: SHORT_MS });
    expect(await poison()).toEqual({ type: 'timeout' });
    for (let again = 0; again < 5; again += 1) {
      const long = await served.infer(slow, rounds(FOR_EVER));
      expect(long).toMatchObject({ type: 'crash', message: expect.stringContaining('quarantine') });
    }
    expect(await served.infer(slow, rounds(11))).toMatchObject({ type: 'ok' });
    expect(served.health(slow)).toMatchObject({ restarts: 1, quarantined: 1 });
  });

  test('of several in work each is tried alone, and only the guilty one is refused', async () => {
    await using served = harness([slow]);
    await served.load(slow);
    const innocent = [rounds(5), rounds(6), rounds(7)];
    const poison = served.infer(slow, rounds(FOR_EVER), { deadlineMs: SHORT_MS });
    const lost = await Promise.all(innocent.map((inputs) => served.infer(slow, inputs)));
    expect(lost.map(({ type }) => type)).toEqual(['crash', 'crash', 'crash']);
    expect(await poison).toEqual({ type: 'timeout' });
    expect(served.health(slow)).toMatchObject({ restarts: 1, quarantined: 0 });

    await vi.waitFor(() => expect(served.health(slow)).toMatchObject({ state: 'ready' }), patient);
    const again = served.infer(slow, rounds(FOR_EVER), { deadlineMs: SHORT_MS });
    const spared = await Promise.all(innocent.map((inputs) => served.infer(slow, inputs)));
    expect(spared.map(({ type }) => type)).toEqual(['ok', 'ok', 'ok']);
    expect(await again).toEqual({ type: 'timeout' });
    const twice = { restarts: 2, quarantined: 1 };
    await vi.waitFor(() => expect(served.health(slow)).toMatchObject(twice), patient);
    expect(await served.infer(slow, rounds(FOR_EVER))).toMatchObject({ type: 'crash' });
  });
});

test('a version that dies three times within a minute has failed and says so', async () => {
  await using served = harness([demo]);
  await served.load(demo);
  for (let death = 0; death < 3; death += 1) {
    await vi.waitFor(() => expect(served.health(demo)).toMatchObject({ state: 'ready' }), patient);
    for (const pid of served.pids()) process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(served.health(demo)?.restarts).toBe(death + 1), patient);
  }
  expect(served.health(demo)).toMatchObject({ state: 'failed' });
  expect(served.health(demo)?.detail).toMatch(/SIGKILL/);
  const refused = await served.infer(demo, row);
  expect(refused).toMatchObject({ type: 'crash', message: expect.stringContaining('not served') });
  await expect(served.load(demo)).rejects.toMatchObject({ code: 'MODEL_FAILED' });
});

test('what only waits outlives a death: the next runner answers it', async () => {
  await using served = harness([slow]);
  await served.load(slow);
  const inWork = Array.from({ length: 1_500 }, () => served.infer(slow, rounds(300)));
  await inWork[0];
  for (const pid of served.pids()) process.kill(pid, 'SIGKILL');
  const types = (await Promise.all(inWork)).map(({ type }) => type);
  expect(new Set(types)).toEqual(new Set(['ok', 'crash']));
  expect(types.filter((type) => type === 'crash').length).toBeLessThanOrEqual(512);
  expect(types.at(-1)).toBe('ok');
});

test('a model that wants too much memory gets an error, and its process lives', async () => {
  await using served = harness([memory], { memoryBytesMax: 256 * 2 ** 20 });
  await served.load(memory);
  const want = (count: number) => served.infer(memory, [reals('x', [2], [3, count])]);
  expect(await want(3e9)).toMatchObject({ type: 'model_error' });
  expect(await want(2e8)).toMatchObject({ type: 'model_error' });
  expect(await want(10)).toMatchObject({ type: 'ok' });
  expect(served.health(memory)).toMatchObject({ state: 'ready', restarts: 0 });
});

test('more requests than the queue holds are refused with a time to come back', async () => {
  await using served = harness([slow], { queueMax: 4 });
  await served.load(slow);
  const all = Array.from({ length: 10 }, () => served.infer(slow, rounds(A_WHILE)));
  const results = await Promise.all(all);
  const refused = results.filter((result) => result.type === 'overload');
  expect(results.map(({ type }) => type).slice(0, 4)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(refused).toHaveLength(6);
  expect(refused.every(({ retryAfterMs }) => retryAfterMs > 0)).toBe(true);
  expect(await served.infer(slow, rounds(10))).toMatchObject({ type: 'ok' });
});

test('a request nobody waits for any more is not begun', async () => {
  await using served = harness([slow]);
  await served.load(slow);
  const gone = new AbortController();
  const head = served.infer(slow, rounds(10 * A_WHILE));
  const left = served.infer(slow, rounds(FOR_EVER), { signal: gone.signal });
  await new Promise((resolve) => setImmediate(resolve));
  gone.abort();
  expect(await left).toEqual({ type: 'cancelled' });
  expect(await head).toMatchObject({ type: 'ok' });
  expect(await served.infer(slow, rounds(10))).toMatchObject({ type: 'ok' });
  expect(served.health(slow)).toMatchObject({ restarts: 0 });
});

describe('loading', () => {
  test.for([
    {
      what: 'more memory than is free, with the numbers',
      file: demo,
      free: 50 * 2 ** 20,
      code: 'MEMORY_SHORT',
      says: /needs about \d+ MiB; 50 MiB are free/,
    },
    {
      what: 'a model that does not finish warming',
      file: vectorFile('hostile/resource/loop-forever', listToList),
      free: 2 ** 40,
      code: 'MODEL_LOAD_ENDED',
      says: /not ready within 1500 ms/,
    },
    {
      what: 'other outputs than declared',
      file: vectorFile('poison/nan', { ...listToList, outputs: [spec('z', 'FP32', [-1])] }),
      free: 2 ** 40,
      code: 'MODEL_SIGNATURE',
      says: /expected outputs z; the model has y/,
    },
    {
      what: 'other bytes than named',
      file: { ...demo, version: { ...demo.version, digest: `sha256:${'0'.repeat(64)}` } },
      free: 2 ** 40,
      code: 'BLOB_CORRUPT',
      says: /expected sha256:0+, the file is sha256:/,
    },
  ])('is refused: $what', async ({ file, free, code, says }) => {
    await using served = harness([file], { loadMsMax: 1_500 }, { availableBytes: () => free });
    await expect(served.load(file)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says),
    });
    expect(await served.infer(file, row)).toMatchObject({ type: 'crash' });
  });
});

describe('no runner outlives its gateway', () => {
  test.for([
    { what: 'idle', inputs: '[3, 10]' },
    { what: 'stuck in a run', inputs: '[3, 1e18]' },
  ])('$what', async ({ inputs }) => {
    const scratch = mkdtempSync(join(tmpdir(), 'orphans-'));
    const gateway = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { harness } from ${JSON.stringify(join(root, 'test/onnx/backend.ts'))};
       import * as models from ${JSON.stringify(join(root, 'test/onnx/models.ts'))};
       const { listToList, reals, vectorFile } = models;
       process.env.TMPDIR = ${JSON.stringify(scratch)};
       const file = vectorFile('poison/slow', listToList);
       const served = harness([file]);
       await served.load(file);
       console.log('loaded');
       await served.infer(file, [reals('x', [2], ${inputs})]);
       setInterval(() => {}, 1000);`,
    ]);
    await once(gateway.stdout, 'data');
    await vi.waitFor(() => expect(pidsIn(scratch)).toHaveLength(1), patient);
    gateway.kill('SIGKILL');
    await vi.waitFor(() => expect(pidsIn(scratch)).toEqual([]), patient);
    rmSync(scratch, { recursive: true });
  });
});

const root = join(import.meta.dirname, '../../..');
