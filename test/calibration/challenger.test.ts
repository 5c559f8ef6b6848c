/**
 * Champion against challenger over 90 days of 200 pairs: the betting process, and the streak rule
 * it replaces.
 */
import { describe, expect, test } from 'vitest';
import { uniform } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { pairedLogE, pairedStart, pairedStep } from '../../src/core/stats/betting.ts';
import { shareOf } from './monte-carlo.ts';

const DAYS = 90;
const PAIRS = 200;
const DISCORDANCE = 0.03;

function day(rng: Prng, advantage: number): readonly number[] {
  const win = DISCORDANCE + Math.max(0, advantage);
  const lose = DISCORDANCE + Math.max(0, -advantage);
  return Array.from({ length: PAIRS }, () => {
    const u = uniform(rng);
    return u < win ? 1 : u < win + lose ? -1 : 0;
  });
}

function promotedByBetting(rng: Prng, advantage: number): boolean {
  let state = pairedStart();
  for (let t = 0; t < DAYS; t += 1) {
    for (const difference of day(rng, advantage)) state = pairedStep(state, difference);
    if (pairedLogE(state) >= Math.log(20)) return true;
  }
  return false;
}

function promotedByStreak(rng: Prng, advantage: number): boolean {
  let streak = 0;
  for (let t = 0; t < DAYS; t += 1) {
    const sum = day(rng, advantage).reduce((total, d) => total + d, 0);
    streak = sum > 0 ? streak + 1 : 0;
    if (streak >= 7) return true;
  }
  return false;
}

describe('promoted within 90 days', () => {
  test.each([
    { advantage: -0.005, least: 0, most: 0.01 },
    { advantage: 0, least: 0, most: 0.05 },
    { advantage: 0.01, least: 0.97, most: 1 },
    { advantage: 0.02, least: 0.99, most: 1 },
  ])('advantage $advantage: between $least and $most', ({ advantage, least, most }) => {
    const promoted = shareOf(`bet:${advantage}`, 400, (rng) => promotedByBetting(rng, advantage));
    expect(promoted).toBeGreaterThanOrEqual(least);
    expect(promoted).toBeLessThanOrEqual(most);
  });

  test('negative control: seven winning days in a row promote an equal model', () => {
    expect(shareOf('streak', 400, (rng) => promotedByStreak(rng, 0))).toBeGreaterThan(0.08);
  });
});
