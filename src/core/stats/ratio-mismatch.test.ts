import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import {
  anytimePValue,
  leakedUnits,
  logMismatchEvidence,
  logMismatchOverStages,
  mismatchTest,
} from './ratio-mismatch.ts';
import { sampleBinomial } from './samplers.ts';

describe('gold: sequential test, derived from the formula of gbstats ssrm.py', () => {
  test.each([
    { units: [500, 500], p: 1 },
    { units: [500, 600], p: 0.6714507 },
    { units: [100, 900], p: 2.3678998e-13 },
  ])('$units against 50/50, concentration 10 000', ({ units, p }) => {
    const logE = logMismatchEvidence({ units, shares: [1, 1] }, 10_000);
    expect(anytimePValue(logE) / p).toBeCloseTo(1, 6);
  });
});

describe('gold: χ² goodness of fit, derived', () => {
  test.each([
    { units: [821_588, 815_482], shares: [1, 1], statistic: 22.77437, p: 1.82179e-6 },
    { units: [9400, 600], shares: [95, 5], statistic: 21.05263, p: 4.46839e-6 },
    { units: [500, 600], shares: [1, 1], statistic: 9.090909, p: 0.00256883 },
    { units: [500, 600, 0], shares: [1, 1, 0], statistic: 9.090909, p: 0.00256883 },
  ])('$units against $shares', ({ units, shares, statistic, p }) => {
    const result = mismatchTest({ units, shares });
    expect(result.statistic).toBeCloseTo(statistic, 5);
    expect(result.pValue / p).toBeCloseTo(1, 5);
    expect(result.df).toBe(1);
    expect(result.enough).toBe(true);
  });
});

describe('mismatch', () => {
  test('units in an arm with share 0 are a leak and infinite evidence', () => {
    const stage = { units: [100, 3], shares: [1, 0] };
    expect(leakedUnits(stage)).toBe(3);
    expect(logMismatchEvidence(stage)).toBe(Infinity);
    expect(mismatchTest(stage).pValue).toBe(0);
  });

  test('one arm only has nothing to mismatch', () => {
    expect(logMismatchEvidence({ units: [100, 0], shares: [1, 0] })).toBeCloseTo(0, 10);
    expect(mismatchTest({ units: [100], shares: [1] }).pValue).toBe(1);
  });

  test('too few expected units are said', () => {
    expect(mismatchTest({ units: [90, 4], shares: [99, 1] }).enough).toBe(false);
  });

  test('stages add, each against its own shares', () => {
    const ramp = [
      { units: [990, 10], shares: [99, 1] },
      { units: [500, 500], shares: [1, 1] },
    ];
    const sum = ramp.reduce((total, stage) => total + logMismatchEvidence(stage), 0);
    expect(logMismatchOverStages(ramp)).toBe(sum);
    expect(logMismatchOverStages(ramp)).toBeLessThan(0);
  });

  test('1440 looks at an honest 5 % split raise hardly any alarm', () => {
    const rng = prng('mismatch');
    let alarms = 0;
    for (let run = 0; run < 100; run += 1) {
      let candidate = 0;
      let highest = 0;
      for (let look = 1; look <= 1440; look += 1) {
        candidate += sampleBinomial(rng, 60, 0.05);
        const units = [look * 60 - candidate, candidate];
        highest = Math.max(highest, logMismatchEvidence({ units, shares: [95, 5] }));
      }
      if (anytimePValue(highest) <= 0.01) alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(3);
  });
});
