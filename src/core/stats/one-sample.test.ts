import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/stats/one-sample.json' with { type: 'json' };
import {
  harmAlternatives,
  oneSample,
  oneSampleBoundary,
  oneSampleLogFactors,
  oneSampleStart,
  safetyAlternatives,
} from './one-sample.ts';
import type { OneSampleOptions } from './one-sample.ts';

const harm: OneSampleOptions = {
  rate0: vectors.harm.rate0,
  direction: 'harm',
  alternatives: vectors.harm.alternatives,
};
const safety: OneSampleOptions = {
  rate0: vectors.safety.rate0,
  direction: 'safety',
  alternatives: vectors.safety.alternatives,
};

describe(`gold: ${vectors.source}`, () => {
  test.each(vectors.harm.logE)('$loss of $units', ({ loss, units, logE }) => {
    expect(oneSample([{ loss, units }], harm).logECumulative).toBeCloseTo(logE, 9);
  });

  test.each(vectors.harm.boundary)('harm at $units: $loss', ({ units, loss }) => {
    expect(oneSampleBoundary(units, vectors.harm.alpha, harm)).toBe(loss);
  });

  test.each(vectors.safety.boundary)('safety at $units: $loss', ({ units, loss }) => {
    expect(oneSampleBoundary(units, vectors.safety.alpha, safety)).toBe(loss ?? undefined);
  });

  test('the default alternatives are those of the vectors', () => {
    for (const [i, rate] of harmAlternatives(0.01).entries()) {
      expect(rate).toBeCloseTo(vectors.harm.alternatives[i] ?? Number.NaN, 14);
    }
    for (const [i, rate] of safetyAlternatives(0.02).entries()) {
      expect(rate).toBeCloseTo(vectors.safety.alternatives[i] ?? Number.NaN, 14);
    }
  });
});

const rate = fc.double({ min: 1e-4, max: 0.9999, noNaN: true });

describe('laws', () => {
  test('default alternatives are legal for any rate', () => {
    fc.assert(
      fc.property(rate, (rate0) => {
        oneSampleStart({ rate0, direction: 'harm' });
        oneSampleStart({ rate0, direction: 'safety' });
        expect(harmAlternatives(rate0).length).toBeGreaterThan(0);
      }),
    );
  });

  test('a yes/no loss pays exactly the bet, a partial one at most the bet', () => {
    fc.assert(
      fc.property(rate, rate, fc.double({ min: 0, max: 1, noNaN: true }), (p0, p1, x) => {
        fc.pre(Math.abs(p0 - p1) > 1e-6);
        const lambda = (p1 - p0) / (p0 * (1 - p0));
        const bet = 1 + lambda * (x - p0);
        const factor = Math.exp(oneSampleLogFactors(p0, p1)({ loss: x, units: 1 }));
        expect(factor).toBeLessThanOrEqual(bet * (1 + 1e-9) + 1e-12);
        const whole = Math.exp(oneSampleLogFactors(p0, p1)({ loss: 1, units: 1 }));
        expect(whole).toBeCloseTo(1 + lambda * (1 - p0), 6);
      }),
    );
  });

  test('splitting buckets changes nothing', () => {
    const whole = oneSample([{ loss: 12, units: 700 }], harm);
    const parts = oneSample(
      [
        { loss: 4.5, units: 300 },
        { loss: 0, units: 0 },
        { loss: 7.5, units: 400 },
      ],
      harm,
    );
    expect(parts.logECumulative).toBeCloseTo(whole.logECumulative, 10);
  });

  test('an alternative on the wrong side is refused', () => {
    expect(() => oneSampleStart({ ...harm, alternatives: [0.005] })).toThrow(/wrong side/);
    expect(() => oneSampleStart({ ...safety, alternatives: [0.05] })).toThrow(/wrong side/);
    expect(() => oneSampleStart({ rate0: 0, direction: 'harm' })).toThrow(/rate0/);
  });
});
