import { z } from 'zod';
import { bps, WHOLE_BPS } from '../../core/lib/units.ts';
import { LOG_FIELDS, REDACTIONS } from '../../core/routing/logging.ts';
import { redactTarget } from '../../core/routing/redaction.ts';

/** Rules an endpoint may have. */
const RULES_MAX = 64;
const POINTER_CHARS_MAX = 256;

const POINTERS = '`/unit`, `/features/3`, `/features/age`, `/features/age/0` or `/outputs/score`';

const ruleSchema = z.strictObject({
  pointer: z
    .string()
    .max(POINTER_CHARS_MAX)
    .regex(/^(\/([^/~]|~[01])*)+$/, `point with ${POINTERS}`)
    .refine((pointer) => redactTarget(pointer) !== null, `point with ${POINTERS}`)
    .describe(`${POINTERS}. What features are called holds for tensors, too.`),
  as: z
    .enum(REDACTIONS, { error: `a value is replaced by ${REDACTIONS.join(' or ')}` })
    .describe('`constant`: always the same word; `digest`: equal values stay equal.'),
});

const sample = z
  .int()
  .min(0)
  .max(WHOLE_BPS)
  .transform(bps)
  .describe('Share of the units whose predictions are kept, in basis points.');

const fields = z
  .array(z.enum(LOG_FIELDS, { error: `a field is one of ${LOG_FIELDS.join(', ')}` }))
  .max(LOG_FIELDS.length)
  .refine((named) => new Set(named).size === named.length, 'a field is named twice')
  .describe('What is kept besides who answered whom, when, and how it ended.');

const redact = z
  .array(ruleSchema)
  .max(RULES_MAX, `an endpoint has at most ${RULES_MAX} rules`)
  .describe('What is replaced before anything is written.');

/** What is kept of an endpoint's predictions. */
export const logSettingsSchema = z.strictObject({ sample, fields, redact });

/** What is changed of it; what is not named stays. */
export const logChangeSchema = z.strictObject({
  sample: sample.optional(),
  fields: fields.optional(),
  redact: redact.optional().describe('All of the rules: others do not hold any more.'),
});
