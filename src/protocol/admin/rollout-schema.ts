import { z } from 'zod';
import type { StrategyKind } from '../../core/strategy/spec.ts';
import type { Schema } from './json-schema.ts';
import { rolloutSpecSchema } from './rollout-spec.ts';
import { FOLLOWED_BY, declarations } from './strategy/strategy.ts';

/** What each strategy is, in a sentence. */
export const SENTENCES = {
  canary: 'Stages of rising share; each lasts until the evidence suffices.',
  'blue-green': 'The new version is proved unseen, then all traffic is switched to it at once.',
  shadow: 'The new version answers copies of requests; users never get its answers.',
  gradual: 'All of the traffic at once, then a window of close watching.',
  phased: 'Phases, each with an audience, a share of it, a time and a margin.',
  'ab-test': 'Users are divided at random; a metric that was declared before decides.',
  'champion-challenger': 'Challengers keep a share without end; one that is better takes over.',
  bandit: 'Shares follow what each version earns.',
} as const satisfies Record<StrategyKind, string>;

/** Every kind, in the order people read about them. */
export const KINDS = Object.keys(SENTENCES) as readonly StrategyKind[];

/** The long form of one strategy as JSON Schema, without what follows it. */
export function strategyForm(kind: StrategyKind): Schema {
  const { $schema: _dialect, ...form } = z.toJSONSchema(declarations[kind].shape, DIALECT);
  return form as Schema;
}

/** Editors know this draft best; nothing here needs a later one. */
const DIALECT = { io: 'input', target: 'draft-7' } as const;
const STRATEGY = '#/definitions/strategy';
const FOLLOWER = '#/definitions/follower';

/**
 * The shape of rollout.yaml for editors. It says a little more than the shape that reads it: what
 * only a start can refuse, such as a rollout without triggers, is underlined before.
 */
export function rolloutSchema(): Schema {
  const whole = z.toJSONSchema(rolloutSpecSchema, DIALECT) as Schema;
  const { properties = {}, required: _required, ...rest } = whole;
  const { strategy = {}, ...others } = properties;
  const [words = {}] = strategy.anyOf ?? [];
  return {
    ...rest,
    title: 'rollout.yaml',
    description: 'A rollout of Understudy, declared before it starts and never changed afterwards.',
    required: ['endpoint', 'triggers'],
    oneOf: [{ required: ['candidate'] }, { required: ['candidates'] }],
    properties: {
      ...others,
      strategy: { description: strategy.description ?? '', $ref: STRATEGY },
    },
    definitions: {
      strategy: { anyOf: [words, ...KINDS.map(longForm)] },
      follower: {
        description: 'A strategy that nothing follows: a sequence is one list.',
        allOf: [{ $ref: STRATEGY }, { not: { type: 'object', required: [FOLLOWED_BY] } }],
      },
    },
  };
}

function longForm(kind: StrategyKind): Schema {
  const form = strategyForm(kind);
  const following: Schema = {
    description: 'What follows when it is done: a strategy, or a list of them.',
    anyOf: [{ $ref: FOLLOWER }, { type: 'array', items: { $ref: FOLLOWER } }],
  };
  return {
    title: kind,
    description: SENTENCES[kind],
    ...form,
    properties: { ...form.properties, [FOLLOWED_BY]: following },
    ...(kind === 'canary' ? { not: { required: ['preset', 'stages'] } } : {}),
  };
}
