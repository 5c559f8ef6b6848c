import { z } from 'zod';

/** How a model is named: as it stands in a path and in `model@3`, so neither `/` nor `@`. */
export const modelNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'a model name is 1 to 63 of a-z, 0-9, . _ - (not first)');

/** A model as the admin API shows it. */
export const modelBodySchema = z.strictObject({
  name: modelNameSchema,
  /** RFC 3339, UTC. */
  createdAt: z.iso.datetime(),
  /** How many versions there are. */
  versions: z.int().nonnegative(),
  /** Number of the newest version; null while there is none. */
  latest: z.int().positive().nullable(),
});

/** A model as the admin API shows it. */
export type ModelBody = z.infer<typeof modelBodySchema>;
