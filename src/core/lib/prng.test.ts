import { describe, expect, test } from 'vitest';
import { fork, prng, uniform, uniformInt, uniformOpen } from './prng.ts';

describe('the seeded generator', () => {
  test('gives the same words for the same seed, others for another', () => {
    const words = (seed: number | string): readonly number[] => {
      const rng = prng(seed);
      return Array.from({ length: 8 }, () => rng.nextUint32());
    };
    expect(words(7)).toEqual(words(7));
    expect(words(7)).not.toEqual(words(8));
    expect(words(7)).not.toEqual(words(7 + 2 ** 32));
    expect(words('canary')).not.toEqual(words('shadow'));
  });

  test('is uniform: mean, variance and bit balance within 5 standard errors', () => {
    const rng = prng(1);
    const n = 200_000;
    let sum = 0;
    let squares = 0;
    let ones = 0;
    for (let i = 0; i < n; i += 1) {
      const u = uniform(rng);
      sum += u;
      squares += (u - 0.5) ** 2;
      ones += rng.nextUint32() & 1;
    }
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(squares / n - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
    expect(Math.abs(ones / n - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / n));
  });

  test('an open uniform is never 0 or 1', () => {
    const least = { nextUint32: () => 0 };
    const greatest = { nextUint32: () => 2 ** 32 - 1 };
    expect(uniform(least)).toBe(0);
    expect(uniformOpen(least)).toBeGreaterThan(0);
    expect(uniform(greatest)).toBeLessThan(1);
  });

  test('uniform integers fill their range evenly', () => {
    const rng = prng('dice');
    const counts = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 60_000; i += 1) {
      const face = uniformInt(rng, 6);
      counts[face] = (counts[face] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * 92);
  });

  test('forks with different labels are different streams', () => {
    const a = fork(prng(3), 'a');
    const b = fork(prng(3), 'b');
    expect(a.nextUint32()).not.toBe(b.nextUint32());
  });
});
