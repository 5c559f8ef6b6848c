import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/stats/planning.json' with { type: 'json' };
import { promotionStart, promotionStep } from './promotion.ts';
import { rateRatioEvidence, rateRatioStart, rateRatioStep } from './rate-ratio.ts';
import type { Bucket } from './rate-ratio.ts';
import {
  bucketsToVerdict,
  expectedLossesToVerdict,
  expectedUnitsToVerdict,
  informationPerExpectedLoss,
  typicalBucket,
} from './time-to-verdict.ts';

/**
 * The tables print few digits; an entry must agree to half of its last one, or 1 % where that is
 * more.
 */
const near = (actual: number, printed: number): boolean =>
  Math.abs(actual - printed) <= Math.max(0.006 * printed, printed < 1 ? 0.0051 : 0.051);

describe(`gold: ${vectors.source}`, () => {
  test.each(vectors.kappa)('harm, ratio $ratio', (row) => {
    const at = { ratio: row.ratio, ratio0: 1 };
    expect(near(informationPerExpectedLoss({ ...at, share: 0 }), row.kappa)).toBe(true);
    const mu = (alpha: number, share: number): number =>
      expectedLossesToVerdict({ ...at, share, alpha });
    expect([
      near(mu(0.05, 0), row.mu05),
      near(mu(0.01, 0), row.mu01),
      near(mu(0.01, 0.05), row.mu01At5),
      near(mu(0.01, 0.5), row.mu01At50),
    ]).toEqual([true, true, true, true]);
  });

  test.each(vectors.promotion)('promotion, margin $margin', ({ margin, mu, muAt5 }) => {
    const at = { ratio: 1, ratio0: margin, alpha: 0.05 };
    expect(near(expectedLossesToVerdict({ ...at, share: 0 }), mu)).toBe(true);
    expect(near(expectedLossesToVerdict({ ...at, share: 0.05 }), muAt5)).toBe(true);
  });
});

const worse: Bucket = {
  candidateLoss: 0.5,
  candidateUnits: 25,
  baselineLoss: 2.375,
  baselineUnits: 475,
};
const equal: Bucket = { ...worse, candidateLoss: 0.125 };

describe('projection', () => {
  test.each([
    { name: 'from the start', before: [] },
    { name: 'after some health', before: Array.from({ length: 60 }, () => equal) },
    { name: 'beyond the horizon', before: Array.from({ length: 150 }, () => equal) },
  ])('$name: the promised bucket is the one that decides', ({ before }) => {
    let state = before.reduce(rateRatioStep, rateRatioStart({ horizonBuckets: 120 }));
    const promised = bucketsToVerdict(state, worse, { alpha: 0.01, half: 'combined' });
    const needed = Math.log(100);
    for (let i = 0; i < promised - 1; i += 1) state = rateRatioStep(state, worse);
    expect(rateRatioEvidence(state).logE).toBeLessThan(needed);
    expect(rateRatioEvidence(rateRatioStep(state, worse)).logE).toBeGreaterThanOrEqual(needed);
  });

  test('promotion: the promised bucket promotes', () => {
    let state = promotionStart({ margin: 2 });
    const promised = bucketsToVerdict(state, equal, { alpha: 0.05, half: 'cumulative' });
    for (let i = 0; i < promised; i += 1) state = promotionStep(state, equal);
    expect(rateRatioEvidence(state).logECumulative).toBeGreaterThanOrEqual(Math.log(20));
    expect(bucketsToVerdict(state, equal, { alpha: 0.05, half: 'cumulative' })).toBe(0);
  });

  test('equal arms never prove harm', () => {
    const promised = bucketsToVerdict(rateRatioStart(), equal, { alpha: 0.01, half: 'combined' });
    expect(promised).toBe(Infinity);
    expect(
      expectedUnitsToVerdict({ ratio: 1, ratio0: 1, share: 0.1, alpha: 0.01, baselineRate: 0.01 }),
    ).toBe(Infinity);
  });

  test('no traffic never decides', () => {
    const empty = { candidateLoss: 0, candidateUnits: 0, baselineLoss: 0, baselineUnits: 0 };
    expect(bucketsToVerdict(rateRatioStart(), empty, { alpha: 0.01, half: 'combined' })).toBe(
      Infinity,
    );
  });

  test('the typical bucket keeps the stratified ratio through a ramp with an incident', () => {
    const early = { candidateLoss: 1, candidateUnits: 100, baselineLoss: 99, baselineUnits: 9900 };
    const late = {
      candidateLoss: 300,
      candidateUnits: 5000,
      baselineLoss: 300,
      baselineUnits: 5000,
    };
    const typical = typicalBucket([early, late]);
    expect(typical?.candidateUnits).toBe(2550);
    expect((typical?.candidateLoss ?? 0) / 2550).toBeCloseTo(
      (typical?.baselineLoss ?? 0) / 7450,
      12,
    );
    expect(typicalBucket([])).toBeUndefined();
  });
});
