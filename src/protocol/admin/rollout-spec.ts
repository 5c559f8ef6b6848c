import { z } from 'zod';
import { CHECK_METRICS } from '../../core/analysis/check.ts';
import type { Check } from '../../core/analysis/check.ts';
import type { OutcomeCheck } from '../../core/analysis/outcome-check.ts';
import { ON_BUSY } from '../../core/rollout/spec.ts';
import type { RolloutSpec } from '../../core/rollout/spec.ts';
import type { StrategySpec } from '../../core/strategy/spec.ts';
import { CHECK_DEFAULTS, defaultChecks } from '../../core/strategy/presets.ts';
import { neverQuiet } from '../../core/rollout/quiet-time.ts';
import {
  OUTCOME_TRIGGERS,
  accuracyTrigger,
  feedbackTrigger,
  outcomeCheckOf,
  plainAccuracy,
} from './outcome-trigger.ts';
import type { OutcomeTrigger } from './outcome-trigger.ts';
import { segmentsFormSchema } from '../segments.ts';
import { quietSchema } from './quiet.ts';
import { durationSchema, rateSchema, shareSchema } from './quantities.ts';
import { nameSchema, reasonSchema } from './scalars.ts';
import { shortOrLong, strict } from './shapes.ts';
import { strategySchema } from './strategy/strategy.ts';

const factorSchema = z.number({ error: 'write a factor like 1.5' });

const windowTrigger = strict({
  metric: z.enum(CHECK_METRICS).describe('What is counted as a failure.'),
  name: nameSchema.optional().describe('Default: the metric.'),
  onFail: z
    .enum(['hard', 'soft', 'inform'], { error: 'hard reverts, soft asks, inform only reports' })
    .optional()
    .describe(
      'hard reverts, soft asks, inform reports; default hard, about what is answered soft.',
    ),
  ratio: factorSchema
    .optional()
    .describe('How many times the baseline’s rate is still no harm; default 1, latency 1.5.'),
  tolerance: rateSchema.optional().describe('A candidate shown to be below this passes.'),
  limit: rateSchema
    .nullable()
    .optional()
    .describe('A candidate shown to be above this fails, unless the baseline is as bad.'),
  objective: durationSchema.optional().describe('latency_objective: the p99 that is promised.'),
  stretch: factorSchema
    .optional()
    .describe('latency: slow is what exceeds the baseline’s p90 and p99 by this factor.'),
  minUnits: z.number().int().min(0).optional().describe('Units of the candidate to wait for.'),
});

const KNOWN_METRICS = [...CHECK_METRICS, ...OUTCOME_TRIGGERS].join(', ');
const longTrigger = z.discriminatedUnion(
  'metric',
  [windowTrigger, accuracyTrigger, feedbackTrigger],
  { error: `known metrics: ${KNOWN_METRICS}` },
);

const SHORT_TRIGGERS = [
  'default',
  'error_rate',
  'null_rate',
  'latency',
  'disagreement',
  'prediction_distribution',
  'feature_importance',
  'accuracy',
] as const;
const shortTrigger = z.enum(SHORT_TRIGGERS, {
  error: `known triggers: ${SHORT_TRIGGERS.join(', ')}; latency_objective and feedback need more`,
});
const triggerSchema = shortOrLong(shortTrigger, longTrigger);

const versionWord = z.string().min(1).describe('`model@3`, `model@label` or `model@alias`.');

/** The shape of rollout.yaml and of the call that starts a rollout, before defaults. */
const wireSchema = strict({
  endpoint: nameSchema.describe('Whose traffic it is.'),
  candidate: versionWord.optional(),
  candidates: z
    .array(versionWord, { error: 'write a list of versions like [model@2, model@3]' })
    .min(1, { error: 'name at least one version' })
    .optional()
    .describe('Several, for ab-test, champion-challenger and bandit; excludes `candidate`.'),
  reason: reasonSchema.default('started by hand').describe('Kept in the audit log.'),
  strategy: strategySchema
    .optional()
    .describe('A preset’s or strategy’s name, or an object with `kind`; default: `default`.'),
  triggers: shortOrLong(
    z.literal('default', { error: 'write `default` or a list of triggers' }),
    z.array(triggerSchema, { error: 'write `default` or a list of triggers' }),
  )
    .optional()
    .describe('What takes the candidate out again: `default`, or a list. Required (R5).'),
  objective: durationSchema
    .optional()
    .describe('The p99 that is promised; adds latency_objective to the default triggers.'),
  risk: strict({
    wrongRevert: rateSchema.optional().describe('Chance to revert a good candidate; default 1%.'),
    wrongPromote: rateSchema.optional().describe('Chance to pass a bad one; default 5%.'),
  })
    .optional()
    .describe('How often a judgement may be wrong.'),
  bucket: durationSchema.optional().describe('Width of the evidence’s buckets; default 10s.'),
  horizon: durationSchema
    .optional()
    .describe('How long it is expected to last; tunes how late harm is found. Default 4h.'),
  fallback: z
    .enum(['baseline', 'none'], { error: 'baseline or none' })
    .default('baseline')
    .describe('Who answers when the candidate fails a request.'),
  golden: z
    .enum(['known', 'required'], { error: 'known or required' })
    .default('known')
    .describe('required: a candidate that was pushed without golden rows is refused.'),
  slice: shareSchema
    .optional()
    .describe('ab-test: its part of the units, so that others go on beside it; default: all.'),
  onBusy: z
    .enum(['refuse', ...ON_BUSY], { error: 'refuse, queue or supersede' })
    .default('refuse')
    .describe('While another rollout of the endpoint goes on: refuse, wait, or end that one.'),
  baseline: versionWord
    .optional()
    .describe('What it must find in production and goes back to; default: what is there.'),
  segments: segmentsFormSchema.optional(),
  quiet: quietSchema
    .optional()
    .describe('Times of the week in which nothing is moved upward; default: none.'),
})
  .refine(({ candidate, candidates }) => (candidate === undefined) !== (candidates === undefined), {
    error: 'name the candidate as `model@3`, or several under `candidates`; one of both',
    path: ['candidate'],
  })
  .refine(
    // An objective that nothing looks at would be a promise nobody keeps.
    ({ objective, triggers }) =>
      objective === undefined || triggers === 'default' || triggers?.includes('default') === true,
    {
      error: 'belongs to the default triggers; give it to a latency_objective trigger instead',
      path: ['objective'],
    },
  );

type Wire = z.output<typeof wireSchema>;

/** Declares a rollout: the shape of rollout.yaml. Gives the spec with every default filled in. */
export const rolloutSpecSchema = wireSchema.transform((wire) => ({
  endpoint: wire.endpoint,
  candidates: candidatesOf(wire),
  reason: wire.reason,
  ...(wire.baseline === undefined ? {} : { baseline: wire.baseline }),
  spec: specOf(wire),
}));

/** A declared rollout as it is asked for. */
export type RolloutRequest = z.output<typeof rolloutSpecSchema>;

const candidatesOf = ({ candidate, candidates = [] }: Wire): readonly string[] =>
  candidate === undefined ? candidates : [candidate];

const DEFAULT_STRATEGY = strategySchema.parse('default');
const BUCKET_MS = 10_000;
const HORIZON_MS = 4 * 3_600_000;
const WRONG_REVERT = 0.01;
const WRONG_PROMOTE = 0.05;

function specOf(wire: Wire): RolloutSpec {
  const bucketMs = wire.bucket ?? BUCKET_MS;
  const wish = wire.strategy ?? DEFAULT_STRATEGY;
  const alphaRevert = wire.risk?.wrongRevert ?? WRONG_REVERT;
  const outcomeChecks = outcomeChecksOf(wire, alphaRevert);
  const [strategy, ...followers] = wish({ bucketMs, candidates: candidatesOf(wire).length });
  return {
    strategy,
    followers,
    checks: withAgreement([strategy, ...followers], checksOf(wire)),
    ...(outcomeChecks.length === 0 ? {} : { outcomeChecks }),
    alphaRevert,
    alphaPromote: wire.risk?.wrongPromote ?? WRONG_PROMOTE,
    bucketMs,
    horizonMs: wire.horizon ?? HORIZON_MS,
    fallback: wire.fallback,
    ...(wire.golden === 'required' ? { golden: wire.golden } : {}),
    quiet: wire.quiet ?? neverQuiet,
    ...(wire.segments === undefined ? {} : { segments: wire.segments }),
    ...(wire.slice === undefined ? {} : { slice: wire.slice }),
    ...(wire.onBusy === 'refuse' ? {} : { onBusy: wire.onBusy }),
  };
}

/** The triggers one by one; what `default` brings gives way to a trigger of the same name. */
function checksOf(wire: Wire): readonly Check[] {
  const items = triggersOf(wire);
  const named = items.filter((item) => isOnWindows(item)).map(checkOf);
  const names = new Set(named.map(({ name }) => name));
  const standard = items.includes('default') ? defaultChecks(wire.objective ?? null) : [];
  return [...standard.filter(({ name }) => !names.has(name)), ...named];
}

/** Those of the triggers that look at what comes back. */
const outcomeChecksOf = (wire: Wire, alpha: number): readonly OutcomeCheck[] =>
  triggersOf(wire)
    .filter((item) => isOnFeedback(item))
    .map((trigger) => outcomeCheckOf(trigger, alpha));

function triggersOf({ triggers = [] }: Wire): readonly Trigger[] {
  const items = triggers === 'default' ? [triggers] : triggers;
  return items.map((item) => (item === 'accuracy' ? plainAccuracy : item));
}

/** A shadow is there to be compared; who says nothing of it wants the usual comparison (S3). */
function withAgreement(
  sequence: readonly StrategySpec[],
  checks: readonly Check[],
): readonly Check[] {
  const isShadowed = sequence.some(({ kind }) => kind === 'shadow');
  const isCompared = checks.some(({ metric }) => metric === 'disagreement');
  return isShadowed && !isCompared ? [...checks, CHECK_DEFAULTS.disagreement] : checks;
}

type WindowTrigger = z.output<typeof windowTrigger>;
type Word = Exclude<z.output<typeof shortTrigger>, 'accuracy'>;
type Trigger = Word | WindowTrigger | OutcomeTrigger;

const isOnFeedback = (trigger: Trigger): trigger is OutcomeTrigger =>
  typeof trigger !== 'string' && (trigger.metric === 'accuracy' || trigger.metric === 'feedback');

const isOnWindows = (trigger: Trigger): trigger is Exclude<Word, 'default'> | WindowTrigger =>
  trigger !== 'default' && !isOnFeedback(trigger);

function checkOf(trigger: Exclude<Word, 'default'> | WindowTrigger): Check {
  if (typeof trigger === 'string') return CHECK_DEFAULTS[trigger];
  const { metric, name, onFail, objective } = trigger;
  const standard: Check = CHECK_DEFAULTS[metric];
  return {
    metric,
    name: name ?? metric,
    onFail: onFail ?? standard.onFail,
    ratio: trigger.ratio ?? standard.ratio,
    tolerance: trigger.tolerance ?? toleranceWithin(standard.tolerance, trigger.limit ?? null),
    limit: trigger.limit === undefined ? standard.limit : trigger.limit,
    objectiveMs: objective ?? standard.objectiveMs,
    stretch: trigger.stretch ?? standard.stretch,
    minUnits: trigger.minUnits ?? standard.minUnits,
  };
}

/** A limit closer than the usual tolerance moves it: nobody means to tolerate what he forbids. */
const toleranceWithin = (tolerance: number, limit: number | null): number =>
  limit === null ? tolerance : Math.min(tolerance, limit / 2);
