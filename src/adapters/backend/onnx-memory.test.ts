import { expect, test, vi } from 'vitest';
import { harness } from '../../../test/onnx/backend.ts';
import { demoFile, reals } from '../../../test/onnx/models.ts';

vi.setConfig({ testTimeout: 60_000 });

const file = demoFile('v1');
const row = [reals('features', [1, 30], Array(30).fill(1))];

// G7: what a model may use.
test('a runner that grew is replaced under load without a failed request', async () => {
  // Whatever a runner gains by working counts as growth here.
  await using served = harness([file], { growthFactor: 1, growthBytes: 0 });
  await served.load(file);
  const [first] = served.pids();
  const types = new Set<string>();
  const replaced = new AbortController();
  const caller = async (): Promise<void> => {
    while (!replaced.signal.aborted) types.add((await served.infer(file, row)).type);
  };
  const callers = Array.from({ length: 20 }, caller);
  await vi.waitFor(
    () => {
      expect(served.pids()).toHaveLength(1);
      expect(served.pids()).not.toContain(first);
    },
    { timeout: 30_000, interval: 20 },
  );
  replaced.abort();
  await Promise.all(callers);
  expect(types).toEqual(new Set(['ok']));
  expect(await served.infer(file, row)).toMatchObject({ type: 'ok' });
  expect(served.health(file)).toMatchObject({ state: 'ready', restarts: 0 });
});

test('a runner is not replaced when there is no room for two', async () => {
  let free = 2 ** 40;
  const growth = { growthFactor: 1, growthBytes: 0 };
  await using served = harness([file], growth, { availableBytes: () => free });
  await served.load(file);
  free = 0;
  const pids = served.pids();
  const cpuMs = served.health(file)?.cpuMs ?? 0;
  await vi.waitFor(
    async () => {
      await Promise.all(Array.from({ length: 500 }, () => served.infer(file, row)));
      expect((served.health(file)?.cpuMs ?? 0) - cpuMs).toBeGreaterThan(800);
    },
    { timeout: 30_000, interval: 1 },
  );
  expect(served.pids()).toEqual(pids);
});

// S1: two environments need room for both.
test('what does not fit beside another version is refused, with both numbers', async () => {
  let free = 2 ** 40;
  const other = demoFile('v2');
  await using served = harness([file, other], {}, { availableBytes: () => free });
  await served.load(file);
  await vi.waitFor(() => expect(served.health(file)?.rssBytes).toBeGreaterThan(0));
  free = 50 * 2 ** 20;
  await expect(served.load(other)).rejects.toMatchObject({
    code: 'MEMORY_SHORT',
    message: expect.stringMatching(
      /needs about \d+ MiB beside the [1-9]\d* MiB of 1 loaded version; 50 MiB are free/,
    ),
  });
  expect(await served.infer(file, row)).toMatchObject({ type: 'ok' });
});
