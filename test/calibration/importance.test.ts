/** Feature importance of two versions of a noisy model: the paired test keeps its level. */
import { describe, expect, test } from 'vitest';
import type { Prng } from '../../src/core/lib/prng.ts';
import {
  importanceShift,
  occlusionEffects,
  occlusionRows,
} from '../../src/core/stats/importance.ts';
import { sampleNormal } from '../../src/core/stats/samplers.ts';
import { shareOf } from './monte-carlo.ts';

const ROWS = 80;
const WEIGHTS = [3, 2, 1, 0.5];

function effects(rng: Prng, rows: readonly (readonly number[])[], weights: readonly number[]) {
  const scored = occlusionRows(rows, { kind: 'reference', values: [0, 0, 0, 0] });
  const score = (row: readonly number[]): number =>
    row.reduce((sum, x, i) => sum + x * (weights[i] ?? 0), 0) + 0.2 * sampleNormal(rng);
  return occlusionEffects(scored.map(score), rows.length);
}

const flagged = (seed: string, weights: readonly number[]): number =>
  shareOf(seed, 500, (rng) => {
    const rows = Array.from({ length: ROWS }, () => WEIGHTS.map(() => sampleNormal(rng)));
    const shift = importanceShift(effects(rng, rows, weights), effects(rng, rows, WEIGHTS));
    return shift.features.some(({ pValue }) => pValue < 0.05);
  });

describe('importance shift', () => {
  test('equal models are flagged within the level', () => {
    expect(flagged('equal', WEIGHTS)).toBeLessThan(0.08);
  });

  test('a feature used half as much is found', () => {
    expect(flagged('halved', [3, 1, 1, 0.5])).toBeGreaterThan(0.99);
  });
});
