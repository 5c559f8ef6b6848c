import { z } from 'zod';
import { betaPosterior, expectedLoss, FLAT_PRIOR } from '../../core/stats/bayes.ts';
import { logBayesFactorOfRates, normalPosterior, normalReport } from '../../core/stats/bayes.ts';
import { probabilityGreater } from '../../core/stats/bayes.ts';
import { covariateMomentsOf, cuped } from '../../core/stats/cuped.ts';
import { cohenD, effectOf, nonInferiority, proportionSample } from '../../core/stats/mean-test.ts';
import { testEffect, welch } from '../../core/stats/mean-test.ts';
import { boundedQuantile, quantileSample } from '../../core/stats/quantile-sample.ts';
import { ratioMomentsOf, ratioSample } from '../../core/stats/ratio-metric.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { alpha, chance, pairsOf, positive, proportion, real, reals, sample } from './shapes.ts';

const arms = { candidate: sample, baseline: sample };
const scale = z.enum(['absolute', 'relative']).default('absolute');
const testShape = {
  alpha,
  alternative: z.enum(['two-sided', 'greater', 'less']).default('two-sided'),
  null: real.default(0).describe('Value of the effect under H0.'),
};
const better = z.enum(['higher', 'lower']).default('higher');
const beta = strict({ a: positive, b: positive });
const prior = beta.default(FLAT_PRIOR);

/** Fixed-sample comparison of means, ratios and rates: frequentist and Bayesian. */
export const meanProcedures = {
  welch: procedure({
    summary: "Welch's test of two means, absolute or relative to the baseline.",
    source: 'mean-test',
    input: strict({ ...arms, scale, ...testShape }),
    run: ({ candidate, baseline, ...options }) => welch(candidate, baseline, options),
  }),
  'two-proportions': procedure({
    summary: 'The same test of two proportions, unpooled.',
    source: 'mean-test',
    input: strict({ candidate: proportion, baseline: proportion, scale, ...testShape }),
    run: ({ candidate, baseline, ...options }) =>
      welch(
        proportionSample(candidate.hits, candidate.trials),
        proportionSample(baseline.hits, baseline.trials),
        options,
      ),
  }),
  'non-inferiority': procedure({
    summary: 'Whether a candidate is worse by less than a margin.',
    source: 'mean-test',
    input: strict({ ...arms, scale, margin: positive, alpha, better }),
    run: ({ candidate, baseline, scale: on, ...options }) =>
      nonInferiority(effectOf(candidate, baseline, on), options),
  }),
  'effect-test': procedure({
    summary: 'Test of an effect known by its value, standard error and degrees of freedom.',
    source: 'mean-test',
    input: strict({ value: real, se: positive, df: positive, ...testShape }),
    run: ({ value, se, df, ...options }) => testEffect({ value, se, df }, options),
  }),
  'cohen-d': procedure({
    summary: "Cohen's d with the pooled standard deviation.",
    source: 'mean-test',
    input: strict(arms),
    run: ({ candidate, baseline }) => ({ d: cohenD(candidate, baseline) }),
  }),
  cuped: procedure({
    summary: 'Arms adjusted for a covariate known before (x), and their test.',
    source: 'cuped',
    input: strict({ candidate: pairsOf, baseline: pairsOf, scale, ...testShape }),
    run: ({ candidate, baseline, ...options }) => {
      // The core takes (metric, covariate); pairs come as (x: covariate, y: metric).
      const turned = (pairs: readonly (readonly [number, number])[]) =>
        covariateMomentsOf(pairs.map(([x, y]) => [y, x]));
      const adjusted = cuped(turned(candidate), turned(baseline));
      return { ...adjusted, test: welch(adjusted.candidate, adjusted.baseline, options) };
    },
  }),
  'ratio-metric': procedure({
    summary: 'Test of a ratio of sums Σy/Σx by the delta method.',
    source: 'ratio-metric',
    input: strict({ candidate: pairsOf, baseline: pairsOf, scale, ...testShape }),
    run: ({ candidate, baseline, ...options }) => {
      const sampleIn = (pairs: readonly (readonly [number, number])[]) =>
        ratioSample(ratioMomentsOf(pairs.map(([x, y]) => [y, x])));
      const [first, second] = [sampleIn(candidate), sampleIn(baseline)];
      return { candidate: first, baseline: second, test: welch(first, second, options) };
    },
  }),
  'quantile-difference': procedure({
    summary: 'Test of the difference of a quantile, by the order statistics around it.',
    source: 'quantile-sample',
    input: strict({ candidate: reals, baseline: reals, quantile: chance, scale, ...testShape }),
    run: ({ candidate, baseline, quantile, ...options }) => {
      const first = boundedQuantile(candidate, quantile);
      const second = boundedQuantile(baseline, quantile);
      const test = welch(quantileSample(first), quantileSample(second), options);
      return { candidate: first, baseline: second, test };
    },
  }),
  'bayes-rates': procedure({
    summary: 'Beta-binomial comparison: chance that the candidate is higher, expected losses.',
    source: 'bayes',
    input: strict({ candidate: proportion, baseline: proportion, prior }),
    run: ({ candidate, baseline, prior: before }) => {
      const [x, y] = [betaPosterior(candidate, before), betaPosterior(baseline, before)];
      return {
        candidate: x,
        baseline: y,
        chanceHigher: probabilityGreater(x, y),
        lossOfCandidate: expectedLoss(y, x),
        lossOfBaseline: expectedLoss(x, y),
        logBayesFactor: logBayesFactorOfRates(candidate, baseline),
      };
    },
  }),
  'bayes-normal': procedure({
    summary: 'Normal posterior of an effect: chance to win, risks, credible interval.',
    source: 'bayes',
    input: strict({
      value: real,
      se: positive,
      prior: strict({ mean: real, variance: positive }).exactOptional(),
      alpha,
    }),
    run: ({ value, se, prior: before, alpha: level }) => {
      const posterior = normalPosterior({ value, se }, before);
      return { posterior, ...normalReport(posterior, level) };
    },
  }),
  'beta-greater': procedure({
    summary: 'P(X > Y) of two beta distributions.',
    source: 'bayes',
    input: strict({ x: beta, y: beta }),
    run: ({ x, y }) => ({ probability: probabilityGreater(x, y) }),
  }),
};
