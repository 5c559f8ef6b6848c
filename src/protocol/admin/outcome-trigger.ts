import { z } from 'zod';
import type { OutcomeCheck } from '../../core/analysis/outcome-check.ts';
import { LABEL_METRIC } from '../../core/feedback/feedback.ts';
import { METRIC_KINDS } from '../../core/strategy/outcome-spec.ts';
import { rateSchema } from './quantities.ts';
import { nameSchema } from './scalars.ts';
import { strict } from './shapes.ts';
import { amountSchema } from './strategy/outcome.ts';

/** Triggers that look at what comes back, by what they say under `metric`. */
export const OUTCOME_TRIGGERS = ['accuracy', 'feedback'] as const;

const MARGIN_DEFAULT = 0.02;
const MIN_UNITS_DEFAULT = 500;

const judgedBy = {
  name: nameSchema.optional().describe('Default: what is looked at.'),
  onFail: z
    .enum(['hard', 'soft', 'inform'], { error: 'hard reverts, soft asks, inform only reports' })
    .default('soft')
    .describe('hard reverts, soft asks a person, inform reports; default soft.'),
  limit: amountSchema
    .optional()
    .describe('A candidate shown to be beyond this fails, whatever the baseline does.'),
  alpha: rateSchema
    .optional()
    .describe('Chance to fail one that is not; default: `risk.wrongRevert`.'),
  minUnits: z
    .number()
    .default(MIN_UNITS_DEFAULT)
    .describe(`Complete units of each arm to wait for; default ${MIN_UNITS_DEFAULT}.`),
  onMissing: z
    .enum(['hold', 'continue'], { error: 'hold or continue' })
    .default('hold')
    .describe('Whether a stage waits while nothing has come back; default hold.'),
} as const;

/** Part of the labels that were as predicted. */
export const accuracyTrigger = strict({
  metric: z.literal('accuracy').describe('Part of the labels that were as predicted.'),
  margin: amountSchema
    .default(MARGIN_DEFAULT)
    .describe(`How much worse than the baseline is borne; default ${MARGIN_DEFAULT * 100}%.`),
  ...judgedBy,
});

/** Any metric of the feedback. */
export const feedbackTrigger = strict({
  metric: z.literal('feedback').describe('Any metric of the feedback.'),
  feedback: nameSchema.describe('As feedback names it: `label`, `reward`, `conversion`.'),
  kind: z
    .enum(METRIC_KINDS, { error: `known kinds: ${METRIC_KINDS.join(', ')}` })
    .default('proportion')
    .describe('proportion or mean: per unit. ratio: per piece of feedback.'),
  better: z
    .enum(['higher', 'lower'], { error: 'higher or lower' })
    .default('higher')
    .describe('Which way is good.'),
  margin: amountSchema.describe('How much worse than the baseline is borne, in its unit.'),
  ...judgedBy,
});

/** A trigger on feedback as people write it, before defaults that stand elsewhere. */
export type OutcomeTrigger = z.output<typeof accuracyTrigger> | z.output<typeof feedbackTrigger>;

/** The short form `accuracy`. */
export const plainAccuracy: OutcomeTrigger = accuracyTrigger.parse({ metric: 'accuracy' });

/** The check a trigger means. `alpha`: of one that says nothing of its own. */
export function outcomeCheckOf(trigger: OutcomeTrigger, alpha: number): OutcomeCheck {
  const { name, onFail, margin, limit = null, minUnits, onMissing } = trigger;
  const of =
    trigger.metric === 'accuracy'
      ? ({ name: LABEL_METRIC, kind: 'ratio', better: 'higher' } as const)
      : { name: trigger.feedback, kind: trigger.kind, better: trigger.better };
  const called = trigger.metric === 'accuracy' ? trigger.metric : of.name;
  return {
    name: name ?? called,
    of,
    onFail,
    margin,
    limit,
    alpha: trigger.alpha ?? alpha,
    minUnits,
    onMissing,
  };
}
