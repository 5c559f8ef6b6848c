import { z } from 'zod';
import { COMMANDS } from '../../core/rollout/command.ts';
import { PHASES } from '../../core/rollout/rollout.ts';
import { strategyResultSchema } from './strategy-result.ts';
import { momentSchema, nameSchema, reasonSchema, versionRefSchema } from './scalars.ts';

const armCountSchema = z.strictObject({ units: z.number(), losses: z.number() });

const effectSchema = z
  .strictObject({
    metric: z.string(),
    better: z.enum(['higher', 'lower']),
    scale: z.enum(['part', 'number']).describe('Whether people read it in per cent.'),
    candidate: z.number().nullable().describe('Its mean; null: too little came back.'),
    baseline: z.number().nullable(),
    advantage: z.number().nullable().describe('Of the candidate, compared at the same times.'),
    interval: z
      .tuple([z.number(), z.number()])
      .readonly()
      .nullable()
      .describe('Of it; always valid, 95 %.'),
    margin: z.number().describe('How much worse is borne.'),
    minUnits: z.number().describe('Complete units of each arm that are waited for.'),
  })
  .describe('Of a check on feedback; then `losses` of an arm is the sum over its `units`.');

/** What a check says, with its numbers. Evidence is in natural logarithms of e-values. */
export const verdictBodySchema = z.strictObject({
  check: z.string(),
  arm: z.string().describe('The candidate it is about.'),
  outcome: z.enum(['pass', 'fail', 'unsure', 'starved']),
  candidate: armCountSchema,
  baseline: armCountSchema,
  ratio: z.number().nullable(),
  interval: z.tuple([z.number(), z.number().nullable()]).nullable(),
  evidence: z.strictObject({
    harm: z.number(),
    harmNeeded: z.number(),
    safety: z.number(),
    safetyNeeded: z.number(),
  }),
  etaMs: z.number().nullable(),
  sentence: z.string(),
  effect: effectSchema.optional(),
});

/** Who or what made a rollout hold or end. */
export const causeBodySchema = z.strictObject({
  by: z.enum(['check', 'strategy', 'fuse', 'person', 'gateway', 'queue']),
  who: z.string(),
  sentence: z.string(),
  verdict: verdictBodySchema.nullable(),
  arm: z.string().nullable().optional().describe('The candidate a strategy proposes.'),
});

/** A rollout as people see it. */
export const rolloutBodySchema = z.strictObject({
  id: z.string(),
  endpoint: nameSchema,
  revision: z.number().int(),
  baseline: versionRefSchema,
  candidate: versionRefSchema,
  strategy: z.string(),
  phase: z.enum(PHASES),
  stage: z.number().int(),
  stages: z.number().int(),
  shareBps: z.number().int().describe('Share of the candidate now, in basis points.'),
  sliceBps: z
    .number()
    .int()
    .nullable()
    .default(null)
    .describe('Its part of the units, of which shares are shares; null: all of them.'),
  createdAt: momentSchema,
  createdBy: z.string(),
  phaseSince: momentSchema,
  stageSince: momentSchema,
  hold: causeBodySchema.nullable(),
  cause: causeBodySchema.nullable(),
  doing: z.string().describe('What it waits for or does, in one sentence.'),
  etaMs: z
    .number()
    .nullable()
    .describe('Estimate until the next step if the candidate is healthy.'),
  verdicts: z
    .array(verdictBodySchema)
    .describe('As of the last tick; empty once the rollout is final.'),
  result: strategyResultSchema
    .nullable()
    .default(null)
    .describe('What a strategy that judges by feedback makes of it; null for others.'),
  overlap: z
    .strictObject({
      since: momentSchema.describe('Nothing is known of before.'),
      versionSeconds: z
        .number()
        .describe('Time of versions loaded beside the one it takes, over all gateways.'),
      byteSeconds: z.number().describe('Their memory over that time.'),
    })
    .optional()
    .describe('What it costs that more than one version is loaded; absent: it is not known.'),
  spec: z.unknown().describe('The declared spec, with all defaults filled in.'),
});

/** Asks something of a rollout. */
export const rolloutCommandSchema = z.strictObject({
  command: z.enum(COMMANDS),
  reason: reasonSchema,
  arm: z
    .string()
    .optional()
    .describe('promote, advance: which of several candidates; default: the proposed one.'),
  revision: z.number().int().optional().describe('Refuse unless the rollout is at this revision.'),
});

/** Which rollouts are wanted. */
export const rolloutQuerySchema = z.strictObject({
  endpoint: nameSchema.optional(),
  active: z.enum(['true', 'false']).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** One event as server-sent events carry it. */
export const eventBodySchema = z.strictObject({
  seq: z.number().int(),
  id: z.string().describe('The same event sent twice has the same id.'),
  at: momentSchema,
  event: z.strictObject({
    kind: z.string(),
    rollout: z.string(),
    endpoint: nameSchema,
    revision: z.number().int(),
    shareBps: z.number().int(),
    sentence: z.string(),
  }),
});

/** A rollout as the admin API shows it. */
export type RolloutBody = z.input<typeof rolloutBodySchema>;
