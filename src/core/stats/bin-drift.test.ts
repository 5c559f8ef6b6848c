import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import type { Prng } from '../lib/prng.ts';
import {
  binDriftLogE,
  binDriftStart,
  binDriftStep,
  binDriftWorst,
  driftCause,
} from './bin-drift.ts';
import { sampleIndex } from './samplers.ts';

const even = [1, 1, 1, 1, 1];

function counts(rng: Prng, n: number, weights: readonly number[]): readonly number[] {
  const cells = weights.map(() => 0);
  for (let i = 0; i < n; i += 1) {
    const at = sampleIndex(rng, weights);
    cells[at] = (cells[at] ?? 0) + 1;
  }
  return cells;
}

function peak(
  rng: Prng,
  candidate: readonly number[],
  baseline: (t: number) => readonly number[],
): number {
  let state = binDriftStart({ bins: 5, horizonBuckets: 30 });
  let highest = 0;
  for (let t = 0; t < 30; t += 1) {
    state = binDriftStep(state, {
      candidate: counts(
        rng,
        40,
        candidate.map((w, i) => w * (baseline(t)[i] ?? 0)),
      ),
      baseline: counts(rng, 360, baseline(t)),
    });
    highest = Math.max(highest, binDriftLogE(state));
  }
  return highest;
}

describe('drift at any time', () => {
  test('a world that moves under both arms raises no alarm', () => {
    const rng = prng('world');
    const moving = (t: number): readonly number[] => [1 + t / 10, 1, 1, 1, 1];
    let alarms = 0;
    for (let run = 0; run < 100; run += 1) if (peak(rng, even, moving) >= Math.log(20)) alarms += 1;
    expect(alarms).toBeLessThanOrEqual(11);
  });

  test('a model that answers differently is found, and where', () => {
    const rng = prng('model');
    expect(peak(rng, [1, 1, 1, 1, 3], () => even)).toBeGreaterThan(Math.log(1000));
    let state = binDriftStart({ bins: 5 });
    for (let t = 0; t < 30; t += 1) {
      state = binDriftStep(state, {
        candidate: counts(rng, 40, [1, 1, 0.1, 1, 1]),
        baseline: counts(rng, 360, even),
      });
    }
    expect(binDriftWorst(state)).toMatchObject({ bin: 2, direction: 'fewer' });
  });

  test('buckets must have the bins of the process', () => {
    const state = binDriftStart({ bins: 2 });
    expect(() => binDriftStep(state, { candidate: [1], baseline: [1, 2] })).toThrow(/bins/);
    expect(() => binDriftStart({ bins: 1 })).toThrow(/two bins/);
  });
});

describe('blame', () => {
  test.each([
    { inputs: false, answers: false, reference: false, cause: 'none' },
    { inputs: true, answers: true, reference: true, cause: 'infrastructure' },
    { inputs: false, answers: true, reference: false, cause: 'model' },
    { inputs: false, answers: false, reference: true, cause: 'world' },
    { inputs: false, answers: true, reference: true, cause: 'model-and-world' },
  ])('inputs $inputs, answers $answers, reference $reference: $cause', (row) => {
    const cause = driftCause({
      inputsBetweenArms: row.inputs,
      answersBetweenArms: row.answers,
      baselineFromReference: row.reference,
    });
    expect(cause).toBe(row.cause);
  });
});
