import { z } from 'zod';
import { momentSchema, nameSchema, roleSchema } from './scalars.ts';

/** A link of the audit chain. */
export const auditBodySchema = z.strictObject({
  seq: z.number().int(),
  at: momentSchema,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  reason: z.string(),
  detail: z.unknown(),
  previous: z.string(),
  hash: z.string(),
});

/** Which entries are wanted; newest first. */
export const auditQuerySchema = z.strictObject({
  subject: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** Whether the chain is whole. */
export const auditVerificationSchema = z.strictObject({
  ok: z.boolean(),
  entries: z.number().int(),
  head: z.string().nullable().describe('Hash of the newest entry; keep it elsewhere.'),
  broken: z.strictObject({ seq: z.number().int(), why: z.string() }).nullable(),
});

/** A gateway as control knows it. */
export const gatewayBodySchema = z.strictObject({
  gateway: z.string(),
  alive: z.boolean(),
  seenAt: momentSchema,
  generation: z.number().int(),
  ready: z.array(z.string()),
  failed: z.array(z.strictObject({ digest: z.string(), detail: z.string() })),
  fuses: z.array(z.string()).describe('Rollouts cut off locally.'),
  refused: z.strictObject({ generation: z.number().int(), message: z.string() }).nullable(),
  windowsDropped: z.number().int(),
});

/** One line an endpoint, or a test beside others, for the question «is anything unsafe?». */
export const statusBodySchema = z.strictObject({
  now: momentSchema,
  version: z.string(),
  generation: z.number().int(),
  gateways: z.array(gatewayBodySchema),
  endpoints: z.array(
    z.strictObject({
      endpoint: nameSchema,
      version: z.string(),
      rollout: z.string().nullable(),
      phase: z.string().nullable(),
      candidate: z.string().nullable(),
      shareBps: z.number().int(),
      sliceBps: z.number().int().nullable().default(null).describe('Of the units; null: all.'),
      doing: z.string(),
    }),
  ),
});

/** A token that outlives this is forgotten rather than used: ten years. */
const TOKEN_MS_MAX = 3_653 * 86_400_000;

/** Makes a token. */
export const tokenCreateSchema = z.strictObject({
  name: nameSchema,
  role: roleSchema,
  expiresInMs: z.number().int().positive().max(TOKEN_MS_MAX).nullable().default(null),
});

/** A token's meaning, without the token. */
export const tokenBodySchema = z.strictObject({
  id: z.string().describe('First 12 digits of the token’s SHA-256.'),
  name: nameSchema,
  role: roleSchema,
  createdAt: momentSchema,
  expiresAt: momentSchema.nullable(),
});

/** The one time a token is shown. */
export const tokenCreatedSchema = tokenBodySchema.extend({ token: z.string() });

/** A gateway as the admin API shows it. */
export type GatewayBody = z.input<typeof gatewayBodySchema>;

/** The whole at a glance. */
export type StatusBody = z.input<typeof statusBodySchema>;

/** A token's meaning. */
export type TokenBody = z.input<typeof tokenBodySchema>;
