import { describe, expect, test } from 'vitest';
import {
  designEffect,
  detectableMeanEffect,
  detectableRateIncrease,
  farringtonManning,
  powerCurve,
  powerForMeans,
  sizeForMeans,
  sizeForNonInferiority,
  sizeForRates,
  sizePerArmForRates,
} from './sample-size.ts';

const usual = { alpha: 0.05, power: 0.8 };

describe('gold: gsDesign tests/testthat/test-base.R (Farrington & Manning)', () => {
  test('rates .4 and .05 against a difference of .2', () => {
    const size = farringtonManning(
      { rate1: 0.4, rate2: 0.05, delta: 0.2, ratio: 1 },
      { ...usual, sides: 1 },
    );
    expect(size.total).toBeCloseTo(159.6876, 3);
  });

  test('equal rates .1 against a difference of -.2, arms 3 : 2, power .9', () => {
    const size = farringtonManning(
      { rate1: 0.1, rate2: 0.1, delta: -0.2, ratio: 2 / 3 },
      { alpha: 0.05, power: 0.9, sides: 1 },
    );
    expect(size.arm1).toBeCloseTo(62.88, 2);
    expect(size.arm2).toBeCloseTo(41.92, 2);
  });
});

describe('gold: spotify confidence tests/samplesize/test_samplesizecalculator.py', () => {
  test('continuous, σ² = 100, effect .3, power .85 (formula; G*Power gives 39 906)', () => {
    const size = sizeForMeans(0.3, { candidate: 100, baseline: 100 }, { alpha: 0.05, power: 0.85 });
    expect(size.total).toBeCloseTo(39_903.99, 2);
  });

  test.each([
    { alpha: 0.05, power: 0.85, total: 897_348 },
    { alpha: 0.14, power: 0.85, total: 630_710 },
    { alpha: 0.14, power: 0.67, total: 366_424 },
  ])('rate .34, effect .003, α $alpha, power $power', ({ alpha, power, total }) => {
    const { candidate } = sizeForRates(0.34, 0.343, { alpha, power });
    expect(2 * Math.ceil(candidate)).toBe(total);
  });
});

describe('gold: evanmiller.org', () => {
  test('rate .2, effect .05', () => {
    expect(sizePerArmForRates(0.2, 0.25, usual)).toBeCloseTo(1030.219, 3);
  });
});

describe('plans', () => {
  const variances = { candidate: 4, baseline: 4 };

  test('(z + z)² is 7.84888 for 0.05 and 0.8', () => {
    const { candidate } = sizeForMeans(1, { candidate: 1, baseline: 1 }, usual);
    expect(candidate / 2).toBeCloseTo(7.84888, 5);
  });

  test('size, detectable effect and power agree with each other', () => {
    const options = { ...usual, share: 0.1, inflation: designEffect(5, 0.2) };
    const { total } = sizeForMeans(0.25, variances, options);
    expect(detectableMeanEffect(total, variances, options)).toBeCloseTo(0.25, 12);
    expect(powerForMeans({ total, effect: 0.25 }, variances, options)).toBeCloseTo(0.8, 12);
    expect(powerForMeans({ total, effect: -0.25 }, variances, options)).toBeCloseTo(0.8, 12);
  });

  test('unequal shares cost 1/(4ω(1-ω)) times as much', () => {
    const equal = sizeForMeans(0.5, variances, usual).total;
    const skewed = sizeForMeans(0.5, variances, { ...usual, share: 0.05 });
    expect(skewed.total / equal).toBeCloseTo(1 / (4 * 0.05 * 0.95), 12);
    expect(skewed.candidate).toBeCloseTo(0.05 * skewed.total, 9);
  });

  test('a detectable rate needs just these units', () => {
    const found = detectableRateIncrease(20_000, 0.01, { ...usual, share: 0.05 });
    const { total } = sizeForRates(0.01, 0.01 + found, { ...usual, share: 0.05 });
    expect(total / 20_000).toBeCloseTo(1, 6);
    expect(detectableRateIncrease(3, 0.5, usual)).toBeNaN();
  });

  test('the curve rises with the effect', () => {
    const curve = powerCurve({ total: 1000, effects: [0, 0.1, 0.3, 1] }, variances, {
      alpha: 0.05,
    });
    const powers = curve.map(({ power }) => power);
    expect(powers).toEqual(powers.toSorted((a, b) => a - b));
    expect(powers[0]).toBeCloseTo(0.025, 12);
  });

  test('non-inferiority: the expected loss eats the margin', () => {
    const free = sizeForNonInferiority({ margin: 0.2 }, variances, usual).total;
    const half = sizeForNonInferiority({ margin: 0.2, expectedLoss: 0.1 }, variances, usual).total;
    expect(half / free).toBeCloseTo(4, 12);
    expect(() =>
      sizeForNonInferiority({ margin: 0.2, expectedLoss: 0.3 }, variances, usual),
    ).toThrow(/below the margin/);
  });
});
