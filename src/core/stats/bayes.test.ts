import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import {
  betaPosterior,
  expectedLoss,
  logBayesFactorOfRates,
  normalPosterior,
  normalReport,
  normalRisk,
  probabilityGreater,
} from './bayes.ts';
import { effectOf, proportionSample, sampleOf } from './mean-test.ts';
import { sampleBeta } from './samplers.ts';

describe('gold: growthbook packages/stats/tests/bayesian/test_tests.py', () => {
  test('51/100 against 49/100, relative', () => {
    const effect = effectOf(proportionSample(51, 100), proportionSample(49, 100), 'relative');
    const report = normalReport(normalPosterior(effect), 0.05);
    expect(effect.value).toBeCloseTo(0.04082, 5);
    expect(effect.se).toBeCloseTo(0.14725, 5);
    expect(report.chanceToWin).toBeCloseTo(0.60918, 5);
    expect(report.interval.lower).toBeCloseTo(-0.24779, 5);
    expect(report.interval.upper).toBeCloseTo(0.32943, 5);
    expect(report.risk.ofBaseline).toBeCloseTo(0.0814, 5);
    expect(report.risk.ofCandidate).toBeCloseTo(0.04058, 5);
  });

  test('means of ten units, without and with a prior', () => {
    const baseline = sampleOf({ n: 10, sum: 100, squares: 1002.25 });
    const candidate = sampleOf({ n: 10, sum: 105, squares: 1111.5 });
    const effect = effectOf(candidate, baseline, 'relative');
    const flat = normalReport(normalPosterior(effect), 0.05);
    expect(effect.se).toBeCloseTo(0.03572, 5);
    expect(flat.chanceToWin).toBeCloseTo(0.91923, 5);
    expect(flat.risk.ofBaseline).toBeCloseTo(0.05131, 5);
    expect(flat.risk.ofCandidate).toBeCloseTo(0.00131, 5);
    const prior = normalReport(normalPosterior(effect, { mean: 0.1, variance: 0.1 }), 0.05);
    expect(prior.chanceToWin).toBeCloseTo(0.92315, 5);
  });

  test('risk of N(.1, .05²)', () => {
    const risk = normalRisk({ mean: 0.1, variance: 0.05 ** 2 });
    expect(risk.ofBaseline).toBeCloseTo(0.1004245351, 9);
    expect(risk.ofCandidate).toBeCloseTo(0.0004245351, 9);
  });
});

describe('gold: exact P(B > A), flat prior (derived)', () => {
  test.each([
    { a: [49, 100], b: [51, 100], p: 0.6107705227 },
    { a: [100, 1000], b: [120, 1000], p: 0.923183439 },
  ])('$b against $a', ({ a, b, p }) => {
    const post = ([hits = 0, trials = 0]: readonly number[]) => betaPosterior({ hits, trials });
    expect(probabilityGreater(post(b), post(a))).toBeCloseTo(p, 9);
  });
});

const shape = fc.double({ min: 0.3, max: 300, noNaN: true });

describe('laws', () => {
  test('the sum and the integral agree', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        fc.tuple(shape, shape, shape),
        (a, [b, c, d]) => {
          const exact = probabilityGreater({ a, b }, { a: c, b: d });
          const near = probabilityGreater({ a: a + 1e-11, b }, { a: c, b: d });
          expect(near).toBeCloseTo(exact, 8);
        },
      ),
    );
  });

  test('P(X > Y) + P(Y > X) = 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (a, b) => {
        const x = { a, b: 40 };
        const y = { a: b, b: 60 };
        expect(probabilityGreater(x, y) + probabilityGreater(y, x)).toBeCloseTo(1, 10);
      }),
    );
  });

  test('expected loss is the mean of draws', () => {
    const rng = prng('loss');
    const x = { a: 12, b: 90 };
    const y = { a: 15, b: 88 };
    let sum = 0;
    for (let i = 0; i < 50_000; i += 1) {
      sum += Math.max(0, sampleBeta(rng, x.a, x.b) - sampleBeta(rng, y.a, y.b));
    }
    expect(sum / 50_000).toBeCloseTo(expectedLoss(x, y), 3);
  });

  test('the Bayes factor speaks for a difference only when there is one', () => {
    expect(
      logBayesFactorOfRates({ hits: 10, trials: 100 }, { hits: 10, trials: 100 }),
    ).toBeLessThan(0);
    expect(
      logBayesFactorOfRates({ hits: 5, trials: 100 }, { hits: 40, trials: 100 }),
    ).toBeGreaterThan(5);
  });
});
