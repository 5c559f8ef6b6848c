import { z } from 'zod';
import { wishFor } from '../../core/advice/declaration.ts';
import type { Declared } from '../../core/advice/declaration.ts';
import { FACTORS, MONITORS } from '../../core/advice/factor.ts';
import type { Answers, Monitor } from '../../core/advice/factor.ts';
import { horizonFor } from '../../core/advice/horizon.ts';
import { QUESTIONS, asksDelay } from '../../core/advice/question.ts';
import type { Advised } from '../../core/advice/trade-off.ts';
import { trafficSchema } from '../stats/quantities.ts';
import { parseWith } from './parse.ts';
import { durationSchema } from './quantities.ts';
import { rolloutSpecSchema } from './rollout-spec.ts';
import { strict } from './shapes.ts';

/** One of some words; an error that names them. */
const word = <const W extends readonly string[]>(words: W) =>
  z.enum(words, { error: `write one of ${words.join(', ')}` });

const known = [...MONITORS, 'none'].join(', ');

/** `metrics,labels`, or `none`. */
const monitoringSchema = z
  .string({ error: `write some of ${known}` })
  .transform((given, context): readonly Monitor[] => {
    const words = given.split(',').map((one) => one.trim());
    const isNone = words.length === 1 && words[0] === 'none';
    const found = MONITORS.filter((one) => words.includes(one));
    if (isNone || (found.length > 0 && found.length === new Set(words).size)) return found;
    const message = `write some of ${known}, separated by commas, not ${given}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** How each question is answered, by its flag. */
export const answerSchemas = {
  goal: word(FACTORS.goal),
  risk: word(FACTORS.risk),
  traffic: trafficSchema,
  monitoring: monitoringSchema,
  'label-delay': durationSchema,
  change: word(FACTORS.change),
  budget: word(FACTORS.budget),
  reversible: word(FACTORS.reversible),
} as const;

const shape = strict({
  ...answerSchemas,
  goal: answerSchemas.goal.default(QUESTIONS.goal.usual),
  'label-delay': answerSchemas['label-delay'].optional(),
}).superRefine(({ monitoring, 'label-delay': delay }, context) => {
  const issue = (message: string): void =>
    context.addIssue({ code: 'custom', path: ['label-delay'], message });
  if (asksDelay(monitoring) === (delay !== undefined)) return;
  if (delay === undefined) issue('say how long labels or business metrics take, like 2d');
  else issue('belongs to `labels` or `business` among --monitoring');
});

/** Reads what was answered. Fault `INPUT_INVALID` with the flag as its path. */
export function answersFrom(words: Readonly<Record<string, unknown>>): Answers {
  const { traffic, 'label-delay': delay, ...rest } = parseWith(shape, words, null);
  return { ...rest, unitsPerSecond: traffic, labelDelayMs: delay ?? null };
}

/** Whose rollout is proposed. */
export type Subject = { readonly endpoint: string; readonly candidate: string };

/** A declaration in the shape of rollout.yaml, and what must be known to use it. */
export type Proposal = {
  readonly declaration: Readonly<Record<string, Declared>>;
  readonly notes: readonly string[];
};

const NEVER_ENDS =
  'At this traffic a stage would outlast every horizon there can be. Widen its margin, raise the ' +
  'tolerance of a trigger, or go on by schedule; `understudy plan` tells what would do.';

/**
 * What would be declared for a strategy; sound, and long enough for the traffic. Fault
 * `INPUT_INVALID` when the subject has no such name.
 */
export function proposalFor(strategy: Advised, answers: Answers, subject: Subject): Proposal {
  const wish = wishFor(strategy, answers);
  const declaration = { ...subject, strategy: wish.strategy, triggers: 'default' };
  const { spec } = parseWith(rolloutSpecSchema, declaration, null);
  const horizon = wish.horizon ?? horizonFor(spec, answers.unitsPerSecond);
  if (horizon === null) return { declaration, notes: [...wish.notes, NEVER_ENDS] };
  return { declaration: { ...declaration, horizon }, notes: wish.notes };
}
