import { describe, expect, test } from 'vitest';
import { dependence, moved, population, strays, worstShare } from './population.ts';

const SALT = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const OTHER_SALT = '5a69788796a5b4c3d2e1f00f1e2d3c4b';
/** Farther than this from what is expected is no chance any more. */
const SIGMA_MAX = 4;

/** The laws of assignment, over so many units. */
export function assignmentLaws(count: number): void {
  const units = population(count);

  describe(`${count} units`, () => {
    test.each([
      { split: [9_999, 1] },
      { split: [9_500, 500] },
      { split: [5_000, 5_000] },
      { split: [7_000, 2_000, 1_000] },
      { split: [2_500, 2_500, 2_500, 2_500] },
    ])('get $split within 4 sigma, twice the same', ({ split }) => {
      const arms = units.arms(split, SALT);
      expect(worstShare(arms, split)).toBeLessThan(SIGMA_MAX);
      // A gateway that starts anew knows nothing but the table.
      expect(moved(arms, units.arms(split, SALT))).toBe(0);
    });

    test('go to the candidate one after the other on a ramp, and never back', () => {
      let before = units.arms([10_000, 0], SALT);
      for (const share of [1, 10, 100, 500, 1_000, 2_500, 5_000, 7_500, 9_900, 10_000]) {
        const after = units.arms([10_000 - share, share], SALT);
        expect(before.findIndex((arm, i) => arm > (after[i] ?? 0))).toBe(-1);
        before = after;
      }
    });

    test('move only to or from the arm whose weight a bandit changes; no more than must', () => {
      const before = units.arms([4_000, 3_000, 2_000, 1_000], SALT);
      // The last arm grows from 1 to 4 ninths of the others, which keep their proportions.
      const after = units.arms([2_800, 2_100, 1_400, 3_700], SALT);
      expect(strays(before, after, 3)).toBe(0);
      const least = 0.27 * count;
      expect(Math.abs(moved(before, after) - least)).toBeLessThan(
        SIGMA_MAX * Math.sqrt(count * 0.27 * 0.73),
      );
    });

    test('are cut into slices that share nobody and leave nobody out', () => {
      const borders = [0, 1_250, 5_000, 9_999, 10_000];
      const slices = borders
        .slice(1)
        .map((to, i) => ({ share: to - (borders[i] ?? 0), from: borders[i] ?? 0, to }));
      const inside = slices.map(({ from, to }) => units.slice(SALT, from, to));
      const homes = inside[0]?.map((_, i) => inside.reduce((sum, all) => sum + (all[i] ?? 0), 0));
      expect(new Set(homes)).toEqual(new Set([1]));
      for (const [i, { share }] of slices.entries()) {
        const one = inside[i] ?? new Uint8Array();
        expect(worstShare(one, [10_000 - share, share])).toBeLessThan(SIGMA_MAX);
      }
    });

    test.each([
      { of: 'two layers', salts: [SALT, OTHER_SALT] },
      { of: 'two layers whose salts differ in one bit', salts: [SALT, SALT.replace('0f', '0e')] },
    ])('know nothing by one of $of about the other', ({ salts: [one = '', two = ''] }) => {
      const first = units.arms([7_000, 2_000, 1_000], one);
      const second = units.arms([5_000, 3_000, 2_000], two);
      expect(dependence(first, second)).toBeLessThan(SIGMA_MAX);
      const slice = units.slice(one, 0, 5_000);
      expect(dependence(slice, units.slice(two, 2_500, 7_500))).toBeLessThan(SIGMA_MAX);
    });

    test('know nothing by one test in a slice about the next one there', () => {
      const slice = units.slice(SALT, 2_000, 6_000);
      const inside = (arms: Uint8Array): Uint8Array => arms.filter((_, i) => slice[i] === 1);
      const first = inside(units.arms([5_000, 5_000], SALT));
      const second = inside(units.arms([5_000, 5_000], OTHER_SALT));
      expect(worstShare(first, [5_000, 5_000])).toBeLessThan(SIGMA_MAX);
      expect(dependence(first, second)).toBeLessThan(SIGMA_MAX);
    });

    test('know nothing by their slice about their arm, even under one salt', () => {
      const slice = units.slice(SALT, 2_000, 6_000);
      expect(dependence(slice, units.arms([5_000, 5_000], SALT))).toBeLessThan(SIGMA_MAX);
      expect(dependence(slice, units.arms([9_000, 600, 400], OTHER_SALT))).toBeLessThan(SIGMA_MAX);
      // The test bites: one assignment knows everything about itself.
      expect(dependence(slice, units.slice(SALT, 2_000, 6_100))).toBeGreaterThan(SIGMA_MAX);
    });
  });
}
