import { z } from 'zod';
import { PHASES } from '../../core/rollout/rollout.ts';
import { rolloutBodySchema, verdictBodySchema } from './rollout.ts';
import { momentSchema } from './scalars.ts';

const chance = z.number().min(0).max(1);

const explainedVerdictSchema = z.strictObject({
  verdict: verdictBodySchema,
  onFail: z.enum(['hard', 'soft', 'inform']),
  accepted: z.boolean().describe('A person went on although it had failed.'),
  harmChance: chance.describe('Most that a candidate that is no worse shows so much by chance.'),
  harmChanceNeeded: chance.describe('Below this it fails.'),
  safetyChance: chance.describe('Most that one worse than the margin shows so much by chance.'),
  safetyChanceNeeded: chance.describe('Below this it passes.'),
});

const gatewaySchema = z.strictObject({
  gateway: z.string(),
  living: z.boolean(),
  generation: z.number().int(),
  ready: z.boolean().describe('Can answer with every candidate.'),
  failed: z.string().nullable(),
  fuse: z.string().nullable().describe('Why it cut the candidate off.'),
});

const proofSchema = z.strictObject({
  gateway: z.string(),
  arm: z.string(),
  values: z.number().int().describe('Compared with what is expected.'),
  tookMs: z.number(),
  agoMs: z.number().describe('Before it was judged.'),
  difference: z.string().nullable().describe('From what is expected; null: none.'),
});

const agreementSchema = z.strictObject({
  since: momentSchema.describe('Later than asked where there are more windows than are read.'),
  segments: z.array(
    z.strictObject({
      arm: z.string(),
      segment: z.string(),
      units: z.number().describe('Compared, counted anew in every bucket.'),
      agreement: chance.nullable(),
      lowerBound: chance
        .nullable()
        .describe('All segments together lie above theirs with 95 %, for one look.'),
      sampled: z.number().int().describe('Requests that were to be copied.'),
      coverage: chance.nullable().describe('Part of them that was copied and answered.'),
    }),
  ),
});

const stepSchema = z.strictObject({
  seq: z.number().int(),
  at: momentSchema,
  actor: z.string(),
  action: z.string(),
  reason: z.string(),
  phase: z.enum(PHASES).nullable().describe('Where it went; null: the entry does not say.'),
  stage: z.number().int().nullable(),
});

/** Why a rollout is where it is. */
export const explanationSchema = z.strictObject({
  rollout: rolloutBodySchema,
  wants: z.array(z.string()).describe('What the strategy gives now, and what it asks for.'),
  asOf: momentSchema.nullable().describe('When the checks were last asked; null: never.'),
  checks: z.array(explainedVerdictSchema),
  budget: z.strictObject({
    wrongRevert: chance,
    hardChecks: z.number().int(),
    candidates: z.number().int(),
    each: chance.describe('What each hard check of each candidate may spend.'),
    wrongPromote: chance,
    feedback: z
      .array(z.strictObject({ check: z.string(), alpha: chance }))
      .describe('What each check on feedback may spend, over all candidates.'),
  }),
  thresholdsMs: z.strictObject({
    slow: z.number().nullable(),
    tail: z.number().nullable(),
    late: z.number().nullable(),
  }),
  gateways: z
    .strictObject({
      published: z.number().int(),
      since: z.number().int().describe('The generation all must serve from.'),
      confirmed: z.array(z.string()),
      others: z.array(gatewaySchema),
      proofs: z
        .array(proofSchema)
        .optional()
        .describe('Golden rows answered before the first user; absent: there are none.'),
    })
    .nullable()
    .describe('As the last judgement saw them; null: there was none.'),
  agreement: agreementSchema
    .exactOptional()
    .describe('How copies agreed in each segment; absent: nothing is copied, or told apart.'),
  history: z.array(stepSchema),
});

/** An explanation as the admin API gives it. */
export type ExplanationBody = z.input<typeof explanationSchema>;
