import { z } from 'zod';
import type { Instant } from '../../core/lib/units.ts';
import { digestSchema } from './digest.ts';
import { ROLES } from '../../core/governance/role.ts';

/** Names of models, endpoints, aliases and tokens: what is safe in a path, a header and a label. */
export const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'use lower-case letters, digits, `.`, `_` and `-`')
  .describe(
    'Lower-case letters, digits, `.`, `_`, `-`; starts with a letter or digit; 63 at most.',
  );

/** A moment as RFC 3339, UTC. */
export const momentSchema = z.iso.datetime();

/** The wire shape of a moment. */
export const momentBody = (at: Instant): string => new Date(at).toISOString();

/** Why somebody does something; kept in the audit log. */
export const reasonSchema = z.string().trim().min(1, 'say why in a few words').max(2_000);

/** A role of a token. */
export const roleSchema = z.enum(ROLES);

/** A version as `{ model, version, digest }`. */
export const versionRefSchema = z.strictObject({
  model: nameSchema,
  version: z.number().int().positive(),
  digest: digestSchema,
});
