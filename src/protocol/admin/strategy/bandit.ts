import { z } from 'zod';
import { bps } from '../../../core/lib/units.ts';
import { BANDIT_ALGORITHMS } from '../../../core/strategy/outcome-spec.ts';
import type { BanditMemory } from '../../../core/strategy/outcome-spec.ts';
import { durationSchema, rateSchema, shareSchema } from '../quantities.ts';
import { shortOrLong, strict } from '../shapes.ts';
import { audienceSchema } from './terms.ts';
import { declared } from './declaration.ts';
import { amountSchema, metricOf, metricShape } from './outcome.ts';

const UPDATE_MS = 3_600_000;
const FLOOR = bps(200);
const EPSILON = 0.1;
const BURN_IN = { units: 100, responses: 40 } as const;

const memorySchema = shortOrLong(
  z.literal('all', { error: 'all, {discount: 0.9} or {window: 24}' }),
  strict({
    discount: z.number().optional().describe('An update later everything counts this much.'),
    window: z.number().optional().describe('The latest updates that count.'),
  }).refine(({ discount, window }) => (discount === undefined) !== (window === undefined), {
    error: 'give discount or window, one of them',
  }),
);

const shape = strict({
  kind: z.literal('bandit'),
  reward: strict(metricShape).describe('What the arms earn; may come late.'),
  algorithm: z
    .enum(BANDIT_ALGORITHMS, { error: `known: ${BANDIT_ALGORITHMS.join(', ')}` })
    .optional()
    .describe(
      'Default: thompson-beta for a proportion, else thompson-gaussian. linear-*: by segment.',
    ),
  epsilon: rateSchema.optional().describe('epsilon-greedy: the part that explores; default 10%.'),
  memory: memorySchema
    .optional()
    .describe('What of the past counts: `all` (default), `{discount: 0.9}`, `{window: 24}`.'),
  audience: audienceSchema.optional(),
  update: durationSchema.optional().describe('How often the shares move; default: 1h.'),
  floor: shareSchema.optional().describe('Least share of every arm; default: 2%.'),
  burnIn: strict({
    units: z.number().optional().describe('Units assigned; default 100.'),
    responses: z.number().optional().describe('Units of which a reward came; default 40.'),
  })
    .optional()
    .describe('What every arm must have first; default: 100 units, 40 responses.'),
  stop: strict({
    best: rateSchema.describe('Chance to be the best: `95%`.'),
    loss: amountSchema.describe('What choosing it is expected to lose per unit, at the most.'),
  })
    .optional()
    .describe('When the best arm is promoted; default: never.'),
});

/** Declares a bandit (S6). */
export const banditDeclaration = declared<'bandit', typeof shape>(shape, (wire, setting) => {
  const { reward, stop } = wire;
  const usual = reward.kind === 'proportion' ? 'thompson-beta' : 'thompson-gaussian';
  return {
    kind: 'bandit',
    reward: metricOf(reward),
    algorithm: wire.algorithm ?? usual,
    epsilon: wire.epsilon ?? EPSILON,
    memory: memoryOf(wire.memory ?? 'all'),
    candidates: setting.candidates,
    audience: wire.audience ?? null,
    updateMs: wire.update ?? UPDATE_MS,
    floor: wire.floor ?? FLOOR,
    burnIn: {
      units: wire.burnIn?.units ?? BURN_IN.units,
      responses: wire.burnIn?.responses ?? BURN_IN.responses,
    },
    stop: stop === undefined ? null : { chance: stop.best, lossMax: stop.loss },
  };
});

function memoryOf(given: z.output<typeof memorySchema>): BanditMemory {
  if (given === 'all') return { kind: 'all' };
  const { discount, window } = given;
  if (discount !== undefined) return { kind: 'discount', gamma: discount };
  return { kind: 'window', updates: window ?? 0 };
}
