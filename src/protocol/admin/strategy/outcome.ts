import { z } from 'zod';
import type { Bps } from '../../../core/lib/units.ts';
import { METRIC_KINDS } from '../../../core/strategy/outcome-spec.ts';
import type { OutcomeMetric } from '../../../core/strategy/outcome-spec.ts';
import { evenSplit } from '../../../core/strategy/split.ts';
import { shareSchema } from '../quantities.ts';
import { nameSchema } from '../scalars.ts';

/** A metric of the feedback, as people declare it. */
export const metricShape = {
  name: nameSchema.describe('As feedback names it: `label`, `reward`, `conversion`.'),
  kind: z
    .enum(METRIC_KINDS, { error: `known kinds: ${METRIC_KINDS.join(', ')}` })
    .default('proportion')
    .describe(
      'proportion: part of the units that did it. mean: per unit, all that came back for it. ' +
        'ratio: per piece of feedback.',
    ),
  better: z
    .enum(['higher', 'lower'], { error: 'higher or lower' })
    .default('higher')
    .describe('Which way is good.'),
} as const;

/** A metric without what else was said beside it. */
export const metricOf = ({ name, kind, better }: OutcomeMetric): OutcomeMetric => {
  return { name, kind, better };
};

/** For JSON Schema, so that editors see a slip before anybody parses it. */
const AMOUNT_PATTERN = '^\\s*-?\\d+(\\.\\d+)?\\s*%\\s*$';

/** A value of a metric: `10%` of a proportion, or a number. */
export const amountSchema = z
  .union([z.number(), z.string().meta({ pattern: AMOUNT_PATTERN })], {
    error: 'write a number, or a percentage like 10%',
  })
  .meta({ title: 'amount' })
  .describe('A value of the metric: `10%` of a proportion, or a number.')
  .transform((given, context) => {
    if (typeof given === 'number') return given;
    const match = /^(-?\d+(?:\.\d+)?)\s*%$/.exec(given.trim());
    if (match !== null) return Number(match[1]) / 100;
    context.addIssue({ code: 'custom', message: `write a number, or 10%, not ${given}` });
    return z.NEVER;
  });

/** The share of each candidate, in their order. */
export const splitSchema = z
  .array(shareSchema, { error: 'write a list of shares, one for each candidate: [25%, 25%]' })
  .describe('The share of each candidate, in their order; the baseline has the rest.');

/** As declared, else the same for the baseline and all candidates. */
export const splitOf = (split: readonly Bps[] | undefined, candidates: number): readonly Bps[] =>
  split ?? evenSplit(candidates);
