import { z } from 'zod';
import type { MetricOutcome } from '../../core/feedback/outcome.ts';
import { instant } from '../../core/lib/units.ts';
import type { PackedOutcomes } from '../../core/replay/packed-outcomes.ts';
import { RECEIPT_KIND } from '../../core/replay/receipt.ts';
import type { Receipt } from '../../core/replay/receipt.ts';
import type { RolloutState } from '../../core/replay/record.ts';
import type { StrategyResult } from '../../core/strategy/result.ts';
import { COMMANDS } from '../../core/rollout/command.ts';
import { PHASES } from '../../core/rollout/rollout.ts';
import type { RolloutSpec } from '../../core/rollout/spec.ts';
import { attributesSchema } from '../audience.ts';
import { Fault } from '../errors.ts';
import { goldenProofSchema, windowSchema } from '../feed/wire.ts';
import { causeBodySchema, verdictBodySchema } from './rollout.ts';
import { versionRefSchema } from './scalars.ts';

const moment = z
  .number()
  .nonnegative()
  .transform(instant)
  .describe('Milliseconds since 1970, as the hashes cover them.');
const count = z.int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 has 64 hexadecimal digits');

const outcomesSchema = z.array(
  z
    .looseObject({ metric: z.string(), asOf: moment, arms: z.array(z.unknown()) })
    .transform((outcome) => outcome as unknown as MetricOutcome),
);

/** Rows without names; see `PackedOutcomes`. */
const packedSchema = z
  .strictObject({ packed: outcomesSchema })
  .transform((outcomes) => outcomes as unknown as PackedOutcomes);

const fuseSchema = z.strictObject({
  rollout: z.string(),
  contender: z.strictObject({ arm: z.string(), version: versionRefSchema }).exactOptional(),
  at: moment,
  by: z.enum(['gateway', 'person']),
  who: z.string().nullable(),
  sentence: z.string(),
});

const fleetSchema = z.strictObject({
  published: z.int(),
  since: z.int(),
  confirmed: z.array(z.string()),
  others: z.array(
    z.strictObject({
      gateway: z.string(),
      living: z.boolean(),
      generation: z.int(),
      ready: z.array(z.string()),
      failed: z.array(z.strictObject({ digest: z.string(), detail: z.string() })),
      fuse: fuseSchema.nullable(),
    }),
  ),
  golden: z
    .strictObject({
      wanted: z.array(z.strictObject({ digest: z.string(), golden: z.string() })),
      proofs: z.array(z.strictObject({ gateway: z.string(), ...goldenProofSchema.shape })),
    })
    .exactOptional(),
});

const groundsSchema = z.strictObject({
  newest: moment.nullable(),
  before: z.strictObject({ start: moment, version: z.int().positive() }).nullable(),
  processes: z.array(
    z.strictObject({
      gateway: z.string(),
      instance: z.string(),
      through: z.array(
        z.strictObject({
          served: z.enum(['rollout', 'before']),
          revision: count,
          arm: z.string(),
          start: moment,
        }),
      ),
    }),
  ),
  digest: hash,
});

const resultSchema = z
  .looseObject({ kind: z.string() })
  .transform((result) => result as unknown as StrategyResult);

const judgedSchema = z.strictObject({
  at: moment,
  revision: count,
  outcomes: z
    .union([outcomesSchema, packedSchema])
    .nullable()
    .describe('Null: more than is kept with a decision.'),
  grounds: z.array(groundsSchema).describe('One for each candidate.'),
  fleet: fleetSchema,
  overtakenBy: versionRefSchema
    .optional()
    .describe('What was in production instead of what it was compared with.'),
  result: resultSchema.optional().describe('What its strategy made of the feedback.'),
});

const phaseSchema = z.enum(PHASES);
const placeSchema = z.strictObject({ phase: phaseSchema, stage: count, revision: count });

// What a rollout and its declaration hold grows with the strategies. They are read as they are
// written: the hash of the entry covers every member, and deciding again is what tests them.
const stateSchema = z
  .looseObject({
    id: z.string(),
    endpoint: z.string(),
    revision: count,
    phase: phaseSchema,
    stage: count,
    createdAt: moment,
    createdBy: z.string(),
  })
  .transform((state) => state as unknown as RolloutState)
  .describe('The rollout from then on, without its secret salt.');
const specSchema = z
  .looseObject({ checks: z.array(z.unknown()), bucketMs: z.number(), horizonMs: z.number() })
  .transform((spec) => spec as unknown as RolloutSpec)
  .describe('The declared spec, with all defaults filled in.');

const startDetailSchema = z.strictObject({
  endpoint: z.string(),
  baseline: versionRefSchema,
  candidate: versionRefSchema,
  spec: specSchema,
  attributes: attributesSchema,
  state: stateSchema,
  program: z.string(),
});

const transitionDetailSchema = z.strictObject({
  endpoint: z.string(),
  from: placeSchema,
  to: placeSchema,
  cause: causeBodySchema.omit({ verdict: true }).nullable(),
  verdicts: z.array(verdictBodySchema),
  command: z.enum(COMMANDS).nullable().describe('What a person asked; null: it was decided.'),
  judged: judgedSchema.nullable().describe('When, and on which windows and gateways.'),
  state: stateSchema,
  program: z.string(),
});

const entrySchema = z.strictObject({
  seq: z.int().positive(),
  at: moment,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  reason: z.string(),
  previous: hash,
  hash,
});

const sinceSchema = z
  .tuple([z.int().positive(), count])
  .describe('The first entry that rests on it, and the place of the candidate.');

/** A rollout's receipt; see `Receipt`. Moments are numbers here, because the hashes cover them. */
export const receiptSchema = z.strictObject({
  schema: z.literal(1),
  kind: z.literal(RECEIPT_KIND),
  rollout: z.string(),
  writtenAt: moment,
  program: z.string(),
  entries: z.tuple(
    [entrySchema.extend({ detail: startDetailSchema })],
    entrySchema.extend({ detail: transitionDetailSchema }),
  ),
  windows: z.array(z.strictObject({ since: sinceSchema, window: windowSchema.strict() })),
  later: z.array(windowSchema.strict()),
  sha256: hash,
});

/** A receipt as it travels. */
export type ReceiptBody = z.input<typeof receiptSchema>;

/** A receipt as it travels: the same value, which the wire shape does not call read-only. */
export const receiptBody = (receipt: Receipt): ReceiptBody => receipt as unknown as ReceiptBody;

/** Reads a receipt. Fault `RECEIPT_UNREADABLE` names the first thing that is wrong with it. */
export function parseReceipt(value: unknown): Receipt {
  const parsed = receiptSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []).map(String).join('.');
  const what = issue?.message ?? 'it has no known shape';
  throw new Fault('RECEIPT_UNREADABLE', `the receipt cannot be read: ${what}`, path || null);
}

/** Reads the entries of a rollout as the audit log has them; see `parseReceipt`. */
export function parseReceiptEntries(entries: readonly unknown[]): Receipt['entries'] {
  const parsed = receiptSchema.shape.entries.safeParse(entries);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []).map(String).join('.');
  throw new Fault(
    'RECEIPT_TOO_OLD',
    `the audit log says too little: ${issue?.message ?? ''}`,
    path,
  );
}
