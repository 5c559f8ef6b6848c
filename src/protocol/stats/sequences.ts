import { z } from 'zod';
import { bettingInterval, logFixedBet, plugInBets } from '../../core/stats/betting.ts';
import { pairedLogE, pairedStart, pairedStep } from '../../core/stats/betting.ts';
import {
  confidenceSequence,
  confidenceSequenceLower,
} from '../../core/stats/confidence-sequence.ts';
import { DEFAULT_TUNED_FOR, logMixtureRatio } from '../../core/stats/confidence-sequence.ts';
import { sequencePValue } from '../../core/stats/confidence-sequence.ts';
import { crossingProbabilities, designSize, spent } from '../../core/stats/group-sequential.ts';
import { shapedBoundaries, spendingBoundaries } from '../../core/stats/group-sequential.ts';
import { sprtLimits } from '../../core/stats/group-sequential.ts';
import {
  DEFAULT_BAND_FACTOR,
  DEFAULT_QUANTILE_SPACING,
} from '../../core/stats/empirical-boundary.ts';
import { distributionBand, quantileBand } from '../../core/stats/empirical-boundary.ts';
import { cellsOf, DEFAULT_QUANTILE_TUNED_FOR } from '../../core/stats/quantile-test.ts';
import { logBinomialMixture, proportionSequence } from '../../core/stats/quantile-test.ts';
import { quantileLogE, quantilePValue } from '../../core/stats/quantile-test.ts';
import { logMixture, mixtureBoundary } from '../../core/stats/uniform-boundary.ts';
import { stitchedBoundary, tunedMixture } from '../../core/stats/uniform-boundary.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { alpha, chance, counts, least1, nonNegative, positive, real, reals } from './shapes.ts';
import { units } from './shapes.ts';

const tunedFor = positive.default(DEFAULT_TUNED_FOR).describe('Units at which it is tightest.');
const estimateShape = { value: real, sd: nonNegative, n: nonNegative };
const quantileTunedFor = positive.default(DEFAULT_QUANTILE_TUNED_FOR);
const isProportion = ({ hits, trials }: { hits: number; trials: number }): boolean =>
  hits <= trials;
const hitsError = { error: 'there are more hits than trials', path: ['hits'] };

const law = z.discriminatedUnion('kind', [
  strict({ kind: z.literal('normal') }),
  strict({ kind: z.literal('normal-upper') }),
  strict({ kind: z.literal('gamma-exponential'), scale: positive }),
  strict({ kind: z.literal('gamma-poisson'), scale: positive }),
  strict({
    kind: z.literal('beta-binomial'),
    g: positive,
    h: positive,
    direction: z.enum(['both', 'up']).default('both'),
  }),
]);
const mixtureShape = {
  law: law.default({ kind: 'normal' }),
  tunedAt: positive.describe('Intrinsic time at which the boundary is tightest.'),
  alpha,
};

const sides = z.enum(['upper', 'both']).default('both');
const information = z
  .array(z.number().gt(0).max(1))
  .min(1)
  .max(100)
  .refine((list) => list.every((t, at) => at === 0 || t > (list[at - 1] ?? 0)), {
    error: 'must rise from look to look',
  })
  .refine((list) => list.at(-1) === 1, { error: 'the last look is at 1' });
const spending = z.discriminatedUnion('kind', [
  strict({ kind: z.literal('obrien-fleming') }),
  strict({ kind: z.literal('pocock') }),
  strict({ kind: z.literal('hwang-shih-decani'), gamma: real }),
  strict({ kind: z.literal('power'), exponent: positive }),
]);
const sized = { alpha, sides, power: chance.default(0.8) };

/** Inference that may be looked at at any time, and group-sequential designs for planned looks. */
export const sequenceProcedures = {
  'confidence-sequence': procedure({
    summary: 'Asymptotic confidence sequence of a mean, its lower side and p-value.',
    source: 'confidence-sequence',
    input: strict({ ...estimateShape, alpha, tunedFor }),
    run: ({ alpha: level, tunedFor: at, ...estimate }) => {
      const options = { alpha: level, tunedFor: at };
      const oneSidedLower = confidenceSequenceLower(estimate, options);
      const pValue = sequencePValue(estimate, options);
      return { ...confidenceSequence(estimate, options), oneSidedLower, pValue };
    },
  }),
  'mixture-ratio': procedure({
    summary: 'log of the mixture sequential probability ratio with a N(0, tau2) mixture.',
    source: 'confidence-sequence',
    input: strict({ value: real, sd: positive, n: positive, tau2: positive }),
    run: ({ tau2, ...estimate }) => ({ logE: logMixtureRatio(estimate, tau2) }),
  }),
  'betting-interval': procedure({
    summary: 'Hedged betting confidence sequence of the mean of values in [0, 1].',
    source: 'betting',
    input: strict({ values: units, alpha }),
    run: ({ values, alpha: level }) => bettingInterval(values, level),
  }),
  'fixed-bet': procedure({
    summary: 'log capital of one bet against a mean, and the plug-in bets for its level.',
    source: 'betting',
    input: strict({ values: units, bet: real, mean: z.number().min(0).max(1), alpha }),
    run: ({ values, bet, mean, alpha: level }) => ({
      logE: logFixedBet(values, bet, mean),
      plugInBets: plugInBets(values, level),
    }),
  }),
  'paired-betting': procedure({
    summary: 'log E against "the challenger is not better by more than advantageMin".',
    source: 'betting',
    input: strict({
      differences: z.array(z.number().min(-1).max(1)),
      advantageMin: z.number().min(0).lt(1).default(0),
      bets: z.array(chance).min(1).exactOptional(),
    }),
    run: ({ differences, ...options }) => ({
      logE: pairedLogE(differences.reduce(pairedStep, pairedStart(options))),
    }),
  }),
  'quantile-test': procedure({
    summary: 'Anytime-valid two-sample test of a quantile, from raw values.',
    source: 'quantile-test',
    input: strict({
      candidate: reals,
      baseline: reals,
      quantile: chance,
      tunedFor: quantileTunedFor,
    }),
    run: ({ candidate, baseline, ...options }) => {
      const cells = cellsOf(candidate, baseline);
      return { logE: quantileLogE(cells, options), pValue: quantilePValue(cells, options) };
    },
  }),
  'quantile-test-cells': procedure({
    summary: 'The same from two histograms over the same cells, ascending.',
    source: 'quantile-test',
    input: strict({
      candidate: counts,
      baseline: counts,
      quantile: chance,
      tunedFor: quantileTunedFor,
    }),
    run: ({ candidate, baseline, ...options }) => {
      const cells = { candidate, baseline };
      return { logE: quantileLogE(cells, options), pValue: quantilePValue(cells, options) };
    },
  }),
  'proportion-sequence': procedure({
    summary: 'Confidence sequence of a proportion.',
    source: 'quantile-test',
    input: strict({
      hits: nonNegative,
      trials: positive,
      alpha,
      tunedFor: quantileTunedFor,
    }).refine(isProportion, hitsError),
    run: ({ hits, trials, ...options }) => proportionSequence({ hits, trials }, options),
  }),
  'binomial-mixture': procedure({
    summary: 'log E against "the proportion is q", by a beta mixture.',
    source: 'quantile-test',
    input: strict({
      hits: nonNegative,
      trials: positive,
      q: chance,
      tunedFor: quantileTunedFor,
    }).refine(isProportion, hitsError),
    run: ({ q, tunedFor: at, ...data }) => ({ logE: logBinomialMixture(data, q, at) }),
  }),
  'mixture-boundary': procedure({
    summary: 'Uniform boundary of a sum at intrinsic time v, by a tuned mixture.',
    source: 'uniform-boundary',
    input: strict({ v: positive, ...mixtureShape }),
    run: ({ v, law: kind, tunedAt, alpha: level }) => {
      const mixture = tunedMixture(kind, tunedAt, level);
      return { boundary: mixtureBoundary(v, level, mixture), rho: mixture.rho };
    },
  }),
  mixture: procedure({
    summary: 'log E of a sum at intrinsic time v, by a tuned mixture.',
    source: 'uniform-boundary',
    input: strict({ sum: real, v: positive, ...mixtureShape }),
    run: ({ sum, v, law: kind, tunedAt, alpha: level }) => ({
      logE: logMixture({ sum, v }, tunedMixture(kind, tunedAt, level)),
    }),
  }),
  'stitched-boundary': procedure({
    summary: 'Polynomially stitched boundary of a sum at intrinsic time v.',
    source: 'uniform-boundary',
    input: strict({ v: positive, alpha, vMin: positive.default(1), scale: real.default(0) }),
    run: ({ v, ...options }) => ({ boundary: stitchedBoundary(v, options) }),
  }),
  'distribution-band': procedure({
    summary: 'Half-width of a band around a distribution function, for all sample sizes at once.',
    source: 'empirical-boundary',
    input: strict({
      units: least1,
      alpha,
      unitsMin: least1.default(1),
      factor: positive.default(DEFAULT_BAND_FACTOR),
    }),
    run: ({ units: t, ...options }) => ({ halfWidth: distributionBand(t, options) }),
  }),
  'quantile-band': procedure({
    summary: 'Most units that may lie below the p-quantile beyond p t, for all p and t at once.',
    source: 'empirical-boundary',
    input: strict({
      p: chance,
      units: least1,
      alpha,
      tunedFor: least1.default(DEFAULT_QUANTILE_TUNED_FOR),
      spacing: positive.default(DEFAULT_QUANTILE_SPACING),
    }),
    run: ({ p, units: t, ...options }) => ({ excess: quantileBand(p, t, options) }),
  }),
  'group-sequential': procedure({
    summary: 'Critical values of planned looks by an error-spending function (Lan-DeMets).',
    source: 'group-sequential',
    input: strict({
      information,
      spending: spending.default({ kind: 'obrien-fleming' }),
      ...sized,
    }),
    run: ({ power, ...design }) => {
      const boundaries = spendingBoundaries(design);
      const { drift, maximum } = designSize(boundaries, design.alpha, power);
      const half = design.sides === 'both' ? design.alpha / 2 : design.alpha;
      const spentAt = design.information.map((t) => spent(design.spending, t, half));
      return { ...boundaries, spentPerSide: spentAt, drift, maximum };
    },
  }),
  'group-sequential-shaped': procedure({
    summary: "Critical values of one shape: 0 is O'Brien-Fleming, 0.5 is Pocock.",
    source: 'group-sequential',
    input: strict({ information, shape: real, ...sized }),
    run: ({ power, ...design }) => {
      const boundaries = shapedBoundaries(design);
      const { drift, maximum } = designSize(boundaries, design.alpha, power);
      return { ...boundaries, drift, maximum };
    },
  }),
  'crossing-probabilities': procedure({
    summary: 'Chance to stop at each look with given critical values and drift.',
    source: 'group-sequential',
    input: strict({ information, bounds: reals, sides, drift: real.default(0) }).refine(
      ({ information: looks, bounds }) => looks.length === bounds.length,
      { error: 'write one bound for each look', path: ['bounds'] },
    ),
    run: ({ drift, ...design }) => crossingProbabilities(design, drift),
  }),
  sprt: procedure({
    summary: "Wald's sequential test of a proportion: counts that accept or reject at n trials.",
    source: 'group-sequential',
    input: strict({ rate0: chance, rate1: chance, alpha, beta: chance, trials: least1 }),
    run: ({ trials, ...test }) => sprtLimits(test, trials),
  }),
};
