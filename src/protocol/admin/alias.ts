import { z } from 'zod';
import { modelNameSchema } from './model.ts';
import type { Alias } from '../../core/catalog/alias.ts';

/** Not an alias: `model@latest` always means the newest version. */
export const RESERVED_ALIAS = 'latest';

/** How an alias is named; not `latest`, and never only digits, which would read as a number. */
export const aliasNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,62}$/, 'an alias is 1 to 63 of a-z, 0-9, . _ -, a letter first')
  .refine((name) => name !== RESERVED_ALIAS, '`latest` is kept for the newest version');

/** Body of a request to point an alias at a version. */
export const aliasMoveSchema = z.strictObject({
  /** Number of the version it shall point at. */
  version: z.int().positive(),
  /**
   * Number of the version it points at now, null when it must not exist yet. The move is refused
   * when that is not so: nobody overwrites a move he has not seen.
   */
  expect: z.int().positive().nullable(),
});

/** Body of a request to point an alias at a version. */
export type AliasMoveBody = z.infer<typeof aliasMoveSchema>;

const moveSchema = z.strictObject({
  version: z.int().positive(),
  movedAt: z.iso.datetime(),
  movedBy: z.string(),
});

/** An alias as the admin API shows it, with where it pointed before, newest first. */
export const aliasBodySchema = moveSchema.extend({
  model: modelNameSchema,
  name: aliasNameSchema,
  history: z.array(moveSchema),
});

/** An alias as the admin API shows it. */
export type AliasBody = z.infer<typeof aliasBodySchema>;

/** The wire shape of an alias. */
export function aliasBody({ movedAt, history, ...alias }: Alias): AliasBody {
  return {
    ...alias,
    movedAt: new Date(movedAt).toISOString(),
    history: history.map((move) => ({ ...move, movedAt: new Date(move.movedAt).toISOString() })),
  };
}
