import { z } from 'zod';
import { DEFAULT_TUNED_FOR } from '../../core/stats/confidence-sequence.ts';
import { factorNeeded, powerAfter } from '../../core/stats/remaining-units.ts';
import { designEffect, detectableMeanEffect } from '../../core/stats/sample-size.ts';
import { detectableRateIncrease, farringtonManning } from '../../core/stats/sample-size.ts';
import { powerForMeans, powerForRates, sizeForMeans } from '../../core/stats/sample-size.ts';
import { sizeForNonInferiority, sizeForRates } from '../../core/stats/sample-size.ts';
import {
  expectedLossesToVerdict,
  expectedUnitsToVerdict,
} from '../../core/stats/time-to-verdict.ts';
import { informationPerExpectedLoss, typicalBucket } from '../../core/stats/time-to-verdict.ts';
import { bucketsToVerdict } from '../../core/stats/time-to-verdict.ts';
import { promotionStart } from '../../core/stats/promotion.ts';
import { rateRatioStart, rateRatioStep } from '../../core/stats/rate-ratio.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { alpha, buckets, chance, least1, nonNegative } from './shapes.ts';
import { positive, real, unit } from './shapes.ts';

const sides = z.union([z.literal(1), z.literal(2)]).default(2);
const share = chance.default(0.5).describe("Candidate's share of the units.");
const inflation = z.number().min(1).default(1).describe('Design effect of correlated units.');
const level = { alpha, power: chance.default(0.8), sides, share, inflation };
const variances = strict({ candidate: positive, baseline: positive });
const metric = z.enum(['mean', 'proportion']).default('proportion');
const deviation = positive.exactOptional().describe('Standard deviation; needed for a mean.');

const sizeInput = strict({
  metric,
  baseline: real.describe('Mean or rate of the baseline.'),
  mde: positive.describe('Smallest effect to find, absolute.'),
  sd: deviation,
  ...level,
})
  .refine(({ metric: kind, sd }) => kind === 'proportion' || sd !== undefined, {
    error: 'a mean needs its standard deviation',
    path: ['sd'],
  })
  .refine(({ metric: kind, baseline }) => kind === 'mean' || (baseline > 0 && baseline < 1), {
    error: 'a proportion lies strictly between 0 and 1',
    path: ['baseline'],
  })
  .refine(({ metric: kind, baseline, mde }) => kind === 'mean' || baseline + mde < 1, {
    error: 'baseline and effect together must stay below 1',
    path: ['mde'],
  });

type Asked = z.output<typeof sizeInput>;

const squares = ({ sd = 1 }: Asked) => ({ candidate: sd * sd, baseline: sd * sd });

/** Units that a fixed-sample comparison needs, and its power at multiples of that effect. */
function sampleSize(asked: Asked): object {
  const { metric: kind, baseline, mde, sd: _sd, ...options } = asked;
  const size =
    kind === 'mean'
      ? sizeForMeans(mde, squares(asked), options)
      : sizeForRates(baseline, baseline + mde, options);
  const total = Math.ceil(size.candidate) + Math.ceil(size.baseline);
  const curve = POWER_CURVE.map((multiple) => {
    const effect = mde * multiple;
    return { effect, power: powerAt(asked, { total, effect }) };
  });
  return {
    total,
    candidate: Math.ceil(size.candidate),
    baseline: Math.ceil(size.baseline),
    exactTotal: size.total,
    powerCurve: curve,
  };
}

const judgingRule = z.discriminatedUnion('kind', [
  strict({ kind: z.literal('fixed') }),
  strict({ kind: z.literal('sequence'), tunedFor: positive.default(DEFAULT_TUNED_FOR) }),
  strict({ kind: z.literal('posterior'), prior: strict({ mean: real, variance: positive }) }),
]);

const POWER_CURVE = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];

function powerAt(asked: Asked, at: { readonly total: number; readonly effect: number }): number {
  const { metric: kind, baseline, power: _power, sd: _sd, mde: _mde, ...options } = asked;
  if (kind === 'mean') return powerForMeans(at, squares(asked), options);
  const candidate = Math.min(baseline + at.effect, 1 - 1e-9);
  return powerForRates({ total: at.total, baseline, candidate }, options);
}

/** What comparisons need before they start, and how long a running one still needs. */
export const planningProcedures = {
  'sample-size': procedure({
    summary: 'Units to find an effect in a mean or a proportion, with the power curve.',
    source: 'sample-size',
    input: sizeInput,
    run: sampleSize,
  }),
  'detectable-effect': procedure({
    summary: 'Smallest effect that a number of units finds.',
    source: 'sample-size',
    input: strict({ metric, baseline: real, total: positive, sd: deviation, ...level })
      .refine(({ metric: kind, sd }) => kind === 'proportion' || sd !== undefined, {
        error: 'a mean needs its standard deviation',
        path: ['sd'],
      })
      .refine(({ metric: kind, baseline }) => kind === 'mean' || (baseline > 0 && baseline < 1), {
        error: 'a proportion lies strictly between 0 and 1',
        path: ['baseline'],
      }),
    run: ({ metric: kind, baseline, total, sd = 1, ...options }) => ({
      effect:
        kind === 'mean'
          ? detectableMeanEffect(total, { candidate: sd * sd, baseline: sd * sd }, options)
          : detectableRateIncrease(total, baseline, options),
    }),
  }),
  'sample-size-variances': procedure({
    summary: 'Units to find an effect in means with unequal variances (CUPED, ratio metrics).',
    source: 'sample-size',
    input: strict({ effect: positive, variances, ...level }),
    run: ({ effect, variances: each, ...options }) => sizeForMeans(effect, each, options),
  }),
  'sample-size-non-inferiority': procedure({
    summary: 'Units to show that a candidate is worse by less than a margin.',
    source: 'sample-size',
    input: strict({ margin: positive, expectedLoss: real.default(0), variances, ...level }),
    run: ({ margin, expectedLoss, variances: each, ...options }) =>
      sizeForNonInferiority({ margin, expectedLoss }, each, options),
  }),
  'farrington-manning': procedure({
    summary: 'Units to compare two rates against a null difference.',
    source: 'sample-size',
    input: strict({
      rate1: chance,
      rate2: chance,
      delta: z.number().gt(-1).lt(1).default(0),
      ratio: positive.default(1).describe('Units of arm 2 per unit of arm 1.'),
      alpha,
      power: chance.default(0.8),
      sides,
      inflation,
    }),
    run: ({ rate1, rate2, delta, ratio, ...options }) =>
      farringtonManning({ rate1, rate2, delta, ratio }, options),
  }),
  'design-effect': procedure({
    summary: "Kish's design effect of clusters of correlated requests.",
    source: 'sample-size',
    input: strict({ clusterSize: z.number().min(1), correlation: unit }),
    run: ({ clusterSize, correlation }) => ({ inflation: designEffect(clusterSize, correlation) }),
  }),
  'remaining-units': procedure({
    summary:
      'How many times the units so far a comparison still needs, by the rule that judges it.',
    source: 'remaining-units',
    input: strict({
      se: positive.describe('Standard error of the effect now.'),
      units: positive.describe('Units of both arms so far.'),
      effect: positive,
      alpha,
      comparisons: least1.default(1),
      power: chance.default(0.8),
      rule: judgingRule.default({ kind: 'fixed' }),
    }),
    run: ({ se, units, power, ...goal }) => {
      const factor = factorNeeded({ se, units }, goal, power);
      return { factor, units: factor * units, powerNow: powerAfter({ se, units }, goal, 0) };
    },
  }),
  'losses-to-verdict': procedure({
    summary: 'Losses, and units at a baseline rate, until sequential evidence suffices.',
    source: 'time-to-verdict',
    input: strict({
      ratio: nonNegative.describe('True candidate / baseline ratio.'),
      ratio0: positive.default(1).describe('Ratio under H0: 1 for harm, the margin for safety.'),
      share: z.number().min(0).lt(1),
      alpha,
      baselineRate: chance.exactOptional(),
    }),
    run: ({ baselineRate, ...query }) => ({
      information: informationPerExpectedLoss(query),
      losses: expectedLossesToVerdict(query),
      units: baselineRate === undefined ? null : expectedUnitsToVerdict({ ...query, baselineRate }),
    }),
  }),
  'buckets-to-verdict': procedure({
    summary: 'Further buckets like those seen until evidence suffices.',
    source: 'time-to-verdict',
    input: strict({
      buckets,
      alpha,
      margin: z.number().gt(1).exactOptional().describe('For safety; without it, for harm.'),
    }),
    run: ({ buckets: table, alpha: error, margin }) => {
      const start = margin === undefined ? rateRatioStart() : promotionStart({ margin });
      const typical = typicalBucket(table);
      if (typical === undefined) return { buckets: null };
      const half = margin === undefined ? 'combined' : 'cumulative';
      const state = table.reduce(rateRatioStep, start);
      return { buckets: bucketsToVerdict(state, typical, { alpha: error, half }) };
    },
  }),
};
