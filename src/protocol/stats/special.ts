import { z } from 'zod';
import { assertNever } from '../../core/lib/invariant.ts';
import { betaQuantile, binomialTails, chiSquareQuantile } from '../../core/stats/distributions.ts';
import { chiSquareTails, fisherTails, gammaQuantile } from '../../core/stats/distributions.ts';
import { logBinomialMass, logPoissonMass, poissonTails } from '../../core/stats/distributions.ts';
import { studentQuantile, studentTails } from '../../core/stats/distributions.ts';
import { lnBeta, lnChoose, lnGamma } from '../../core/stats/gamma.ts';
import { betaTails } from '../../core/stats/incomplete-beta.ts';
import { gammaTails } from '../../core/stats/incomplete-gamma.ts';
import { logSumExp } from '../../core/stats/log-space.ts';
import { logNormalCdf, normalDensity, normalQuantile } from '../../core/stats/normal.ts';
import { normalTails, normalUpperQuantile } from '../../core/stats/normal.ts';
import { gaussLegendre } from '../../core/stats/quadrature.ts';
import { sampleBeta, sampleBinomial, sampleExponential } from '../../core/stats/samplers.ts';
import { sampleGamma, sampleLogNormal, sampleNormal } from '../../core/stats/samplers.ts';
import { samplePoisson } from '../../core/stats/samplers.ts';
import { sampleBuckets } from '../../core/stats/simulated-buckets.ts';
import type { TailProbability } from '../../core/stats/tails.ts';
import { kolmogorovSf } from '../../core/stats/two-sample.ts';
import { uniform } from '../../core/lib/prng.ts';
import type { Prng } from '../../core/lib/prng.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { chance, least1, nonNegative, positive, real, reals, seed, unit } from './shapes.ts';
import { whole } from './shapes.ts';

const tail = z.enum(['lower', 'upper']).default('lower').describe('Which tail p is.');
const law = z.discriminatedUnion('law', [
  strict({ law: z.literal('normal'), mean: real.default(0), sd: nonNegative.default(1) }),
  strict({ law: z.literal('exponential'), mean: positive.default(1) }),
  strict({ law: z.literal('log-normal'), mu: real, sigma: nonNegative }),
  strict({ law: z.literal('gamma'), shape: positive }),
  strict({ law: z.literal('beta'), a: positive, b: positive }),
  strict({ law: z.literal('poisson'), mean: nonNegative }),
  strict({ law: z.literal('binomial'), n: whole, p: unit }),
  strict({ law: z.literal('uniform') }),
]);

const inTail = (p: number, side: 'lower' | 'upper'): TailProbability =>
  side === 'lower' ? { lower: p } : { upper: p };

function draw(rng: Prng, from: z.output<typeof law>): number {
  switch (from.law) {
    case 'normal':
      return sampleNormal(rng, from.mean, from.sd);
    case 'exponential':
      return sampleExponential(rng, from.mean);
    case 'log-normal':
      return sampleLogNormal(rng, from.mu, from.sigma);
    case 'gamma':
      return sampleGamma(rng, from.shape);
    case 'beta':
      return sampleBeta(rng, from.a, from.b);
    case 'poisson':
      return samplePoisson(rng, from.mean);
    case 'binomial':
      return sampleBinomial(rng, from.n, from.p);
    case 'uniform':
      return uniform(rng);
    default:
      return assertNever(from, 'law');
  }
}

const DRAWS_MAX = 100_000;
const stretch = strict({
  buckets: z.number().int().min(0).max(DRAWS_MAX),
  candidateUnits: whole,
  baselineUnits: whole,
  baselineRate: unit,
  ratio: nonNegative,
});

/** Special functions, distributions with both tails, quantiles, and seeded samplers. */
export const specialProcedures = {
  'ln-gamma': procedure({
    summary: 'ln Γ(x).',
    source: 'gamma',
    input: strict({ x: positive }),
    run: ({ x }) => ({ value: lnGamma(x) }),
  }),
  'ln-beta': procedure({
    summary: 'ln B(a, b).',
    source: 'gamma',
    input: strict({ a: positive, b: positive }),
    run: ({ a, b }) => ({ value: lnBeta(a, b) }),
  }),
  'ln-choose': procedure({
    summary: 'ln of the binomial coefficient.',
    source: 'gamma',
    input: strict({ n: nonNegative, k: nonNegative }).refine(({ n, k }) => k <= n, {
      error: 'k exceeds n',
      path: ['k'],
    }),
    run: ({ n, k }) => ({ value: lnChoose(n, k) }),
  }),
  gamma: procedure({
    summary: 'Both tails of the gamma distribution (regularised incomplete gamma P and Q).',
    source: 'incomplete-gamma',
    input: strict({ a: positive, x: nonNegative }),
    run: ({ a, x }) => gammaTails(a, x),
  }),
  beta: procedure({
    summary: 'Both tails of the beta distribution (regularised incomplete beta).',
    source: 'incomplete-beta',
    input: strict({ a: positive, b: positive, x: unit }),
    run: ({ a, b, x }) => betaTails(a, b, x),
  }),
  normal: procedure({
    summary: 'Both tails of the standard normal distribution, ln of the lower, and the density.',
    source: 'normal',
    input: strict({ z: real }),
    run: ({ z: at }) => ({
      ...normalTails(at),
      logLower: logNormalCdf(at),
      density: normalDensity(at),
    }),
  }),
  'chi-square-tails': procedure({
    summary: 'Both tails of χ².',
    source: 'distributions',
    input: strict({ x: nonNegative, df: positive }),
    run: ({ x, df }) => chiSquareTails(x, df),
  }),
  student: procedure({
    summary: "Both tails of Student's t.",
    source: 'distributions',
    input: strict({ t: real, df: positive }),
    run: ({ t, df }) => studentTails(t, df),
  }),
  fisher: procedure({
    summary: 'Both tails of F.',
    source: 'distributions',
    input: strict({ x: nonNegative, df1: positive, df2: positive }),
    run: ({ x, df1, df2 }) => fisherTails(x, df1, df2),
  }),
  binomial: procedure({
    summary: 'P(X <= k), P(X > k) and ln P(X = k) of the binomial distribution.',
    source: 'distributions',
    input: strict({ k: whole, n: whole, p: unit }),
    run: ({ k, n, p }) => ({ ...binomialTails(k, n, p), logMass: logBinomialMass(k, n, p) }),
  }),
  poisson: procedure({
    summary: 'P(X <= k), P(X > k) and ln P(X = k) of the Poisson distribution.',
    source: 'distributions',
    input: strict({ k: whole, mean: positive }),
    run: ({ k, mean }) => ({ ...poissonTails(k, mean), logMass: logPoissonMass(k, mean) }),
  }),
  kolmogorov: procedure({
    summary: 'Upper tail of the Kolmogorov distribution.',
    source: 'two-sample',
    input: strict({ x: nonNegative }),
    run: ({ x }) => ({ upper: kolmogorovSf(x) }),
  }),
  'normal-quantile': procedure({
    summary: 'Quantile of the standard normal distribution.',
    source: 'normal',
    input: strict({ p: chance, tail }),
    run: ({ p, tail: side }) => ({
      value: side === 'lower' ? normalQuantile(p) : normalUpperQuantile(p),
    }),
  }),
  'gamma-quantile': procedure({
    summary: 'Quantile of the gamma distribution with scale 1.',
    source: 'distributions',
    input: strict({ a: positive, p: chance, tail }),
    run: ({ a, p, tail: side }) => ({ value: gammaQuantile(a, inTail(p, side)) }),
  }),
  'beta-quantile': procedure({
    summary: 'Quantile of the beta distribution.',
    source: 'distributions',
    input: strict({ a: positive, b: positive, p: chance, tail }),
    run: ({ a, b, p, tail: side }) => ({ value: betaQuantile(a, b, inTail(p, side)) }),
  }),
  'chi-square-quantile': procedure({
    summary: 'Quantile of χ².',
    source: 'distributions',
    input: strict({ df: positive, p: chance, tail }),
    run: ({ df, p, tail: side }) => ({ value: chiSquareQuantile(df, inTail(p, side)) }),
  }),
  'student-quantile': procedure({
    summary: "Quantile of Student's t.",
    source: 'distributions',
    input: strict({ df: positive, p: chance, tail }),
    run: ({ df, p, tail: side }) => ({ value: studentQuantile(df, inTail(p, side)) }),
  }),
  'log-sum-exp': procedure({
    summary: 'ln Σ e^x without overflow.',
    source: 'log-space',
    input: strict({ values: reals }),
    run: ({ values }) => ({ value: logSumExp(values) }),
  }),
  'gauss-legendre': procedure({
    summary: 'Points and weights of Gauss-Legendre quadrature on [-1, 1].',
    source: 'quadrature',
    input: strict({ n: least1.max(1_000) }),
    run: ({ n }) => gaussLegendre(n),
  }),
  sample: procedure({
    summary: 'Seeded draws from a distribution.',
    source: 'samplers',
    input: strict({ from: law, count: z.number().int().min(1).max(DRAWS_MAX).default(1), seed }),
    run: ({ from, count, seed: rng }) => ({
      values: Array.from({ length: count }, () => draw(rng, from)),
    }),
  }),
  'sample-buckets': procedure({
    summary: 'Seeded bucket table of a declared course of traffic and loss rates.',
    source: 'simulated-buckets',
    input: strict({ course: z.array(stretch).min(1).max(100), seed }),
    run: ({ course, seed: rng }) => ({
      buckets: sampleBuckets(rng, course).map((one) => [
        one.candidateLoss,
        one.candidateUnits,
        one.baselineLoss,
        one.baselineUnits,
      ]),
    }),
  }),
};
