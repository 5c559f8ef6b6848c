import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CopyTime } from './copy-time.ts';
import type { Charge } from './copy-time.ts';

function spend(time: CopyTime, ms: number): void {
  time.end(time.begin(0), ms);
}

describe('processor time of copies', () => {
  test('is there from the start, and is used up by what it is spent on', () => {
    const time = new CopyTime(0.1, 0);
    expect(time.isSpent(0)).toBe(false);
    spend(time, 99);
    expect(time.isSpent(0)).toBe(false);
    spend(time, 1);
    expect(time.isSpent(0)).toBe(true);
  });

  test('what one copy took too much is made good before the next', () => {
    const time = new CopyTime(0.1, 0);
    spend(time, 2_100);
    expect(time.isSpent(19_999)).toBe(true);
    expect(time.isSpent(20_011)).toBe(false);
  });

  test('a quiet hour saves up no more than a second of it', () => {
    const time = new CopyTime(0.5, 0);
    expect(time.isSpent(3_600_000)).toBe(false);
    spend(time, 501);
    expect(time.isSpent(3_600_000)).toBe(true);
  });

  test('copies under way are charged what copies usually take', () => {
    const time = new CopyTime(0.1, 0);
    const madeAt = (nowMs: number): readonly Charge[] => {
      const charged: Charge[] = [];
      while (!time.isSpent(nowMs)) charged.push(time.begin(nowMs));
      return charged;
    };
    const first = madeAt(0);
    expect(first).toHaveLength(10);
    for (const one of first) time.end(one, 50);
    expect(madeAt(5_000).length).toBeLessThan(4);
  });

  test('one that goes on and on is charged before it has ended', () => {
    const time = new CopyTime(0.1, 0);
    const charge = time.begin(0);
    expect(time.isSpent(100)).toBe(false);
    expect(time.isSpent(150)).toBe(false);
    expect(time.isSpent(250)).toBe(true);
    time.end(charge, 5);
    expect(time.isSpent(250)).toBe(false);
  });

  test('one that was not begun costs nothing, and says nothing of the others', () => {
    const time = new CopyTime(0.1, 0);
    for (let i = 0; i < 1_000; i += 1) time.end(time.begin(0), null);
    expect(time.isSpent(0)).toBe(false);
    expect(time.begin(0).chargedMs).toBe(10);
  });

  test('over time copies take the part they may, whatever each of them takes', () => {
    const takes = fc.array(fc.double({ min: 0.1, max: 200, noNaN: true }), {
      minLength: 200,
      maxLength: 400,
    });
    fc.assert(
      fc.property(takes, (all) => {
        const time = new CopyTime(0.1, 0);
        let [nowMs, spentMs] = [0, 0];
        for (const one of all) {
          while (time.isSpent(nowMs)) nowMs += 1;
          spend(time, one);
          spentMs += one;
        }
        // Beyond its part: what was there at first, and the last copy.
        expect(spentMs).toBeLessThanOrEqual(0.1 * nowMs + 100 + 200);
      }),
    );
  });
});
