import { z } from 'zod';
import { ROLES } from '../../core/governance/role.ts';

/** Names of models, endpoints, aliases and tokens: what is safe in a path, a header and a label. */
export const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'use lower-case letters, digits, `.`, `_` and `-`')
  .describe('Lower-case letters, digits, `.`, `_`, `-`; starts with a letter or digit; 63 at most.');

/** Milliseconds since the epoch. */
export const Moment = z.number().nonnegative().describe('Milliseconds since 1970-01-01T00:00:00Z.');

/** A content digest. */
export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'write a digest as sha256: and 64 hexadecimal digits');

/** Why somebody does something; kept in the audit log. */
export const Reason = z.string().trim().min(1, 'say why in a few words').max(2_000);

/** A role of a token. */
export const RoleName = z.enum(ROLES);

/** A version as `{ model, version, digest }`. */
export const VersionRefShape = z.strictObject({
  model: Name,
  version: z.number().int().positive(),
  digest: Digest,
});

/** Which page of a list is wanted. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
