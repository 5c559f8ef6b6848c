import { describe, expect, test } from 'vitest';
import { DEATHS_WINDOW_MS, Restarts } from './restarts.ts';

const entropyOf = (byte: number) => ({
  bytes: (count: number) => new Uint8Array(count).fill(byte),
});
const DAY_MS = 86_400_000;

describe('after a death', () => {
  test('a runner is started again at once, then later, then the version has failed', () => {
    const restarts = new Restarts(entropyOf(255));
    const after = [0, 1_000, 2_000].map((now) => restarts.died(now, 500));
    expect(after.map(({ hasFailed }) => hasFailed)).toEqual([false, false, true]);
    const [first = 0, second = 0, third = 0] = after.map(({ delayMs }) => delayMs);
    expect(first).toBeLessThanOrEqual(20);
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(10_000);
    expect(restarts.count).toBe(3);
  });

  test('deaths far apart never make a version fail', () => {
    const restarts = new Restarts(entropyOf(0));
    for (let day = 0; day < 20; day += 1) {
      expect(restarts.died(day * DAY_MS, DAY_MS)).toMatchObject({ hasFailed: false });
    }
  });

  test('a version that goes on dying is tried more and more seldom, to a limit', () => {
    const restarts = new Restarts(entropyOf(128));
    let now = 0;
    const delays: number[] = [];
    for (let death = 0; death < 15; death += 1) {
      const { hasFailed, delayMs } = restarts.died(now, 100);
      if (hasFailed) delays.push(delayMs);
      now += delayMs + 200;
    }
    expect(delays).toHaveLength(13);
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(delays.at(-1)).toBeLessThanOrEqual(600_000);
    expect(delays.at(-1)).toBe(delays.at(-2));
  });

  test('a version that lived well again has its short delays back', () => {
    const restarts = new Restarts(entropyOf(128));
    for (const now of [0, 1, 2]) restarts.died(now, 0);
    const later = 10 * DEATHS_WINDOW_MS;
    expect(restarts.died(later, DEATHS_WINDOW_MS)).toMatchObject({ hasFailed: false });
  });

  test.for([
    { byte: 0, share: 0.5 },
    { byte: 128, share: 0.75 },
    { byte: 255, share: 0.998 },
  ])('the delay is between half and all: byte $byte', ({ byte, share }) => {
    const { delayMs } = new Restarts(entropyOf(byte)).died(0, 0);
    expect(delayMs).toBeCloseTo(20 * share, 1);
  });
});
