import { z } from 'zod';
import { agreementReport, cohenKappa, DEFAULT_AGREEMENT_GOAL } from '../../core/stats/agreement.ts';
import { kendallTau, numbersDisagree, rankingDisagreement } from '../../core/stats/agreement.ts';
import { importanceShift, occlusionEffects, occlusionRows } from '../../core/stats/importance.ts';
import { kayentaClassify, kayentaScore, removeOutliers } from '../../core/stats/kayenta.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { alpha, chance, counts, least1, matrix, nonNegative, positive, real } from './shapes.ts';
import { reals, seed, whole } from './shapes.ts';

const limits = strict({ decrease: positive, increase: positive });
const words = z.array(z.string()).min(1);

/** Agreement of two models, feature importance, and the Kayenta mode. */
export const agreementProcedures = {
  agreement: procedure({
    summary: 'Agreement rate with its bounds, against a goal such as 0.98.',
    source: 'agreement',
    input: strict({
      disagreements: whole,
      units: least1,
      goal: chance.default(DEFAULT_AGREEMENT_GOAL),
      alpha,
    }).refine(({ disagreements, units }) => disagreements <= units, {
      error: 'there are more disagreements than units',
      path: ['disagreements'],
    }),
    run: ({ goal, alpha: level, ...seen }) => agreementReport(seen, { goal, alpha: level }),
  }),
  kappa: procedure({
    summary: "Cohen's kappa of a square table.",
    source: 'agreement',
    input: strict({ table: z.array(counts).min(1) }),
    run: ({ table }) => ({ kappa: cohenKappa(table) }),
  }),
  'kendall-tau': procedure({
    summary: "Kendall's tau-b of two score lists.",
    source: 'agreement',
    input: strict({ first: reals, second: reals }),
    run: ({ first, second }) => ({ tau: kendallTau(first, second) }),
  }),
  'ranking-disagreement': procedure({
    summary: 'Share of the first k items of one ranking that another does not have there.',
    source: 'agreement',
    input: strict({ first: words, second: words, k: least1 }),
    run: ({ first, second, k }) => ({ disagreement: rankingDisagreement(first, second, k) }),
  }),
  'numbers-disagree': procedure({
    summary: 'Whether two numbers differ by more than a tolerance.',
    source: 'agreement',
    input: strict({
      value: real,
      reference: real,
      absolute: nonNegative.default(0),
      relative: nonNegative.default(0),
    }),
    run: ({ value, reference, ...tolerance }) => ({
      disagree: numbersDisagree(value, reference, tolerance),
    }),
  }),
  'importance-shift': procedure({
    summary: 'Which features two models use differently, from paired occlusion effects.',
    source: 'importance',
    input: strict({ candidate: matrix, baseline: matrix }),
    run: ({ candidate, baseline }) => importanceShift(candidate, baseline),
  }),
  'occlusion-rows': procedure({
    summary: 'Rows to score for the importances: the rows, then each feature occluded.',
    source: 'importance',
    input: strict({
      rows: matrix,
      reference: reals.exactOptional().describe('Typical values; without it, values are permuted.'),
      seed,
    }),
    run: ({ rows, reference, seed: rng }) => ({
      rows: occlusionRows(
        rows,
        reference === undefined
          ? { kind: 'permutation', rng }
          : { kind: 'reference', values: reference },
      ),
    }),
  }),
  'occlusion-effects': procedure({
    summary: 'Effect of each feature on each row, from the scores of those rows.',
    source: 'importance',
    input: strict({ scores: reals, rows: least1 }),
    run: ({ scores, rows }) => ({ effects: occlusionEffects(scores, rows) }),
  }),
  'kayenta-classify': procedure({
    summary: 'Classifies a metric as the Kayenta judge does.',
    source: 'kayenta',
    input: strict({
      experiment: z.array(real),
      control: z.array(real),
      tolerance: nonNegative.exactOptional(),
      level: chance.exactOptional(),
      direction: z.enum(['increase', 'decrease', 'either']).exactOptional(),
      measure: z.enum(['meanRatio', 'cles']).exactOptional(),
      allowed: limits.exactOptional(),
      critical: limits.exactOptional(),
      isCritical: z.boolean().exactOptional(),
      missing: z.enum(['remove', 'zero']).exactOptional(),
    }),
    run: ({ experiment, control, ...options }) => kayentaClassify(experiment, control, options),
  }),
  'kayenta-score': procedure({
    summary: 'Score of 0 to 100 from classified metrics in weighted groups.',
    source: 'kayenta',
    input: strict({
      metrics: z.array(
        strict({
          group: z.string(),
          label: z.enum(['pass', 'high', 'low', 'nodata']),
          deviation: real.default(1),
          criticalFailure: z.boolean().default(false),
        }),
      ),
      weights: z.record(z.string(), nonNegative).default({}),
    }),
    run: ({ metrics, weights }) => ({ score: kayentaScore(metrics, weights) }),
  }),
  'kayenta-outliers': procedure({
    summary: 'The values without those that Kayenta takes for outliers.',
    source: 'kayenta',
    input: strict({ values: reals, factor: positive.exactOptional() }),
    run: ({ values, factor }) => ({ values: removeOutliers(values, factor) }),
  }),
};
