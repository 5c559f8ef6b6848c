import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, test, vi } from 'vitest';
import { harness } from '../../../test/onnx/backend.ts';
import { listToList, reals, vectorFile } from '../../../test/onnx/models.ts';

// Processes are started and ended, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

/** Multiplies its input in a loop as many times as the input says. */
const slow = vectorFile('poison/slow', listToList);
const rounds = (count: number) => [reals('x', [1], [count])];
const A_WHILE = 20_000;
const FOR_EVER = 1e9;
const copy = { yields: true };

test('whoever is waited for goes before copies that were there first', async () => {
  await using served = harness([slow]);
  await served.load(slow);
  const order: string[] = [];
  const ask = async (who: string, yields: boolean): Promise<void> => {
    const { type } = await served.infer(slow, rounds(A_WHILE), { yields });
    order.push(type === 'ok' ? who : type);
  };
  const copies = Array.from({ length: 5 }, () => ask('copy', true));
  await new Promise((resolve) => setImmediate(resolve));
  const users = Array.from({ length: 3 }, () => ask('user', false));
  await Promise.all([...copies, ...users]);
  // One copy was in work already.
  expect(order.slice(0, 4).filter((who) => who === 'user')).toHaveLength(3);
  expect(order.toSorted()).toEqual([...Array(5).fill('copy'), ...Array(3).fill('user')]);
});

test('copies fill a quarter of the queue and take no place from users', async () => {
  await using served = harness([slow], { queueMax: 8 });
  await served.load(slow);
  const copies = Array.from({ length: 10 }, () => served.infer(slow, rounds(A_WHILE), copy));
  const users = Array.from({ length: 8 }, () => served.infer(slow, rounds(10)));
  const types = (await Promise.all(copies)).map(({ type }) => type);
  expect(types.filter((type) => type === 'ok')).toHaveLength(2);
  expect(types.filter((type) => type === 'overload')).toHaveLength(8);
  expect((await Promise.all(users)).every(({ type }) => type === 'ok')).toBe(true);
});

test('a copy that was not let begin says nothing of its model; one that began does', async () => {
  await using served = harness([slow]);
  await served.load(slow);
  const deadlineMs = 300;
  const first = served.infer(slow, rounds(FOR_EVER), { ...copy, deadlineMs });
  const behind = served.infer(slow, rounds(1), { ...copy, deadlineMs });
  expect((await behind).type).toBe('overload');
  expect(['timeout', 'overload']).toContain((await first).type);
});

test('copies sent together are timed as if each had been alone', async () => {
  await using served = harness([slow]);
  await served.load(slow);
  // It is for copies from its first one on.
  await served.infer(slow, rounds(10), copy);
  const from = performance.now();
  const ownMs = async (): Promise<number> => {
    const result = await served.infer(slow, rounds(A_WHILE), copy);
    const heldMs = result.type === 'ok' ? (result.heldMs ?? 0) : Number.NaN;
    return performance.now() - from - heldMs;
  };
  const all = await Promise.all(Array.from({ length: 6 }, ownMs));
  const allMs = performance.now() - from;
  // Each with all before it would be half of six times as much.
  expect(all.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(1.5 * allMs);
});

/** Scheduling policy of the main thread: field 41 of /proc/PID/stat, see sched(7). */
const policyOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[41 - 3]);
};
const OTHER = 0;
const BATCH = 3;
const IDLE = 5;

test('a runner with nothing but copies lets others go first, until a user asks', async () => {
  const rights = /^CapEff:\s+([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const mayRaise = ((BigInt(`0x${rights ?? '0'}`) >> 23n) & 1n) === 1n;
  await using served = harness([slow]);
  await served.load(slow);
  const [pid = 0] = served.pids();
  const usual = getPriority();
  const answered = await served.infer(slow, rounds(A_WHILE), copy);
  expect(answered).toMatchObject({ type: 'ok', heldMs: expect.any(Number) });
  expect(getPriority(pid)).toBe(mayRaise ? 19 : usual);
  await expect.poll(() => policyOf(pid)).toBe(mayRaise ? IDLE : BATCH);
  expect(await served.infer(slow, rounds(10))).not.toHaveProperty('heldMs');
  expect(getPriority(pid)).toBe(usual);
  await expect.poll(() => policyOf(pid)).toBe(OTHER);
  await served.infer(slow, rounds(10), copy);
  expect(getPriority(pid)).toBe(usual);
  expect(policyOf(pid)).toBe(OTHER);
});
