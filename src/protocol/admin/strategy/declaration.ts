import type { z } from 'zod';
import type { StrategyKind, StrategySpec } from '../../../core/strategy/spec.ts';

/** What the rest of the declaration says that a strategy's defaults depend on. */
export type Setting = {
  readonly bucketMs: number;
  /** How many versions are rolled out at once. */
  readonly candidates: number;
};

/** How one kind of strategy is declared. */
export type Declaration<K extends StrategyKind = StrategyKind> = {
  /** The long form: a strict object with `kind`. */
  readonly shape: z.ZodType;
  /** Reads the long form; a number of problems when it does not fit. */
  read(given: unknown): Read<K>;
};

/** A long form as read: the spec once the setting is known, or what is wrong. */
export type Read<K extends StrategyKind = StrategyKind> =
  | { readonly ok: true; specIn(setting: Setting): StrategySpec<K> }
  | { readonly ok: false; readonly issues: readonly z.core.$ZodIssue[] };

/** A declaration from a shape and what its output means. */
export function declared<K extends StrategyKind, Shape extends z.ZodType>(
  shape: Shape,
  specOf: (wire: z.output<Shape>, setting: Setting) => StrategySpec<K>,
): Declaration<K> {
  return {
    shape,
    read(given) {
      const parsed = shape.safeParse(given);
      if (!parsed.success) return { ok: false, issues: parsed.error.issues };
      return { ok: true, specIn: (setting) => specOf(parsed.data, setting) };
    },
  };
}
