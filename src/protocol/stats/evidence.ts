import { z } from 'zod';
import { hardTrigger, lossesToProveSpike } from '../../core/stats/hard-trigger.ts';
import { EMPTY_SPIKE_WINDOW, spikeWindowStep } from '../../core/stats/hard-trigger.ts';
import { logEOfPValue, logMeanE, logProductE, pValueOfE } from '../../core/stats/e-values.ts';
import { oneSample, oneSampleBoundary } from '../../core/stats/one-sample.ts';
import { promotionStart, promotionStep } from '../../core/stats/promotion.ts';
import { rateRatioEvidence } from '../../core/stats/rate-ratio.ts';
import { DEFAULT_HORIZON_BUCKETS, rateRatio, rateRatioPath } from '../../core/stats/rate-ratio.ts';
import type { RateRatioOptions } from '../../core/stats/rate-ratio.ts';
import { mantelHaenszelRatio, ratioInterval } from '../../core/stats/ratio-interval.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { alpha, bucket, buckets, chance, least1, nonNegative, positive } from './shapes.ts';
import { positives, reals, unit } from './shapes.ts';

const r0 = positive.default(1).describe('Largest tolerated candidate / baseline ratio.');
const horizon = least1.default(DEFAULT_HORIZON_BUCKETS).describe('Planned number of buckets.');
const weights = positives.exactOptional().describe('Prior weights of the grid.');
const processShape = {
  buckets,
  r0,
  horizon,
  grid: positives.exactOptional().describe('Alternatives as multiples of r0.'),
  weights,
  form: z.enum(['poisson', 'bernoulli']).default('poisson'),
};
const processInput = strict(processShape);

function processOptions(given: z.output<typeof processInput>): RateRatioOptions {
  const { r0: ratio0, horizon: horizonBuckets, form, buckets: _buckets, ...mixture } = given;
  return { ratio0, horizonBuckets, form, ...mixture };
}

const oneSampleShape = {
  rate0: chance.describe('The rate that is tolerated (harm) or to be shown to be undercut.'),
  direction: z.enum(['harm', 'safety']).default('harm'),
  alternatives: z.array(chance).min(1).exactOptional(),
  weights,
  horizonBuckets: least1.default(DEFAULT_HORIZON_BUCKETS),
};
const lossCount = z
  .tuple([nonNegative, nonNegative])
  .refine(([loss, units]) => loss <= units, { error: 'there are more losses than units' })
  .describe('[losses, units]')
  .transform(([loss, units]) => ({ loss, units }));

/** Sequential evidence: e-processes, what is made of them and what they need. */
export const evidenceProcedures = {
  'rate-ratio': procedure({
    summary: 'log E against "the candidate loses at most r0 times as often as the baseline".',
    source: 'rate-ratio',
    input: processInput,
    run: (given) => rateRatio(given.buckets, processOptions(given)),
  }),
  'rate-ratio-path': procedure({
    summary: 'The same evidence after each bucket.',
    source: 'rate-ratio',
    input: processInput,
    run: (given) => ({ path: rateRatioPath(given.buckets, processOptions(given)) }),
  }),
  promotion: procedure({
    summary: 'log E against "the candidate loses at least margin times as often".',
    source: 'promotion',
    input: strict({
      buckets,
      margin: z.number().gt(1).describe('What must be shown not to be reached.'),
      r0: z
        .literal(1, { error: 'the margin takes the place of r0, which can only be 1' })
        .default(1),
      horizon,
      grid: positives.exactOptional().describe('Ratios below the margin to bet on.'),
      weights,
      form: z.literal('poisson', { error: 'known forms: poisson' }).default('poisson'),
    }),
    run: ({ buckets: table, margin, grid, weights: prior }) => {
      const start = promotionStart({
        margin,
        ...(grid === undefined ? {} : { ratios: grid }),
        ...(prior === undefined ? {} : { weights: prior }),
      });
      const { logECumulative } = rateRatioEvidence(table.reduce(promotionStep, start));
      // Safety must hold over the whole rollout, so there is no change-point half here.
      return { logE: logECumulative, logECumulative, margin };
    },
  }),
  'one-sample': procedure({
    summary: 'log E against "the rate is at most rate0" (harm) or "at least rate0" (safety).',
    source: 'one-sample',
    input: strict({ counts: z.array(lossCount), ...oneSampleShape }),
    run: ({ counts, ...options }) => oneSample(counts, options),
  }),
  'one-sample-boundary': procedure({
    summary: 'Losses among units seen at once from (harm) or up to (safety) which E is 1/alpha.',
    source: 'one-sample',
    input: strict({ units: least1, alpha: chance, ...oneSampleShape }),
    run: ({ units, alpha: level, ...options }) => ({
      loss: oneSampleBoundary(units, level, options),
    }),
  }),
  'hard-trigger': procedure({
    summary: 'Whether a gross spike of losses fires at once, from the bucket table.',
    source: 'hard-trigger',
    input: strict({
      buckets,
      lossMin: nonNegative.exactOptional(),
      ratioMin: z.number().gt(1).exactOptional(),
      evidenceMin: positive.exactOptional().describe('E needed; default 1000.'),
    }),
    run: ({ buckets: table, ...options }) => {
      const window = table.reduce(
        (seen, one) => spikeWindowStep(seen, one, options.ratioMin),
        EMPTY_SPIKE_WINDOW,
      );
      return hardTrigger(window, rateRatio(table).logE, options);
    },
  }),
  'losses-to-prove-spike': procedure({
    summary: 'Fewest losses that prove a ratio-fold spike over a known expectation.',
    source: 'hard-trigger',
    input: strict({
      expectedLoss: positive,
      alpha: chance,
      ratio: z.number().gt(1).exactOptional(),
    }),
    run: ({ expectedLoss, alpha: level, ratio }) => ({
      losses: lossesToProveSpike(expectedLoss, level, ratio),
    }),
  }),
  'ratio-interval': procedure({
    summary: 'Anytime-valid interval of the candidate / baseline ratio.',
    source: 'ratio-interval',
    input: strict({ buckets, alpha, grid: positives.exactOptional(), weights }),
    run: ({ buckets: table, ...options }) => ratioInterval(table, options),
  }),
  'mantel-haenszel': procedure({
    summary: 'Mantel-Haenszel estimate of the candidate / baseline ratio over the buckets.',
    source: 'ratio-interval',
    input: strict({ buckets: z.array(bucket).min(1) }),
    run: ({ buckets: table }) => ({ ratio: mantelHaenszelRatio(table) }),
  }),
  'e-mean': procedure({
    summary: 'log of the weighted mean of e-values; valid under any dependence.',
    source: 'e-values',
    input: strict({ logEs: reals, weights }),
    run: ({ logEs, weights: shares }) => ({ logE: logMeanE(logEs, shares) }),
  }),
  'e-product': procedure({
    summary: 'log of the product of independent or successive e-values.',
    source: 'e-values',
    input: strict({ logEs: reals }),
    run: ({ logEs }) => ({ logE: logProductE(logEs) }),
  }),
  'e-to-p': procedure({
    summary: 'Anytime-valid p-value min(1, 1/E).',
    source: 'e-values',
    input: strict({ logE: z.number() }),
    run: ({ logE }) => ({ pValue: pValueOfE(logE) }),
  }),
  'p-to-e': procedure({
    summary: 'log E that a p-value of one fixed look is worth.',
    source: 'e-values',
    input: strict({ pValue: unit }),
    run: ({ pValue }) => ({ logE: logEOfPValue(pValue) }),
  }),
};
