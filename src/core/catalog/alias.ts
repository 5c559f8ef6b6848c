import type { Instant } from '../lib/units.ts';

/** A movable name for a version of one model (`production`, `previous`, …). */
export type Alias = {
  readonly model: string;
  readonly name: string;
  readonly version: number;
  readonly movedAt: Instant;
  readonly movedBy: string;
  /** Earlier targets, newest first, at most `ALIAS_HISTORY_MAX`; the audit log keeps all. */
  readonly history: readonly AliasMove[];
};

/** One earlier target of an alias. */
export type AliasMove = {
  readonly version: number;
  readonly movedAt: Instant;
  readonly movedBy: string;
};

/** How many earlier targets an alias record carries. */
export const ALIAS_HISTORY_MAX = 100;

/** Points an alias at a version, remembering where it pointed before. */
export function moveAlias(alias: Alias | null, to: Omit<Alias, 'history'>): Alias {
  if (alias === null) return { ...to, history: [] };
  const { version, movedAt, movedBy } = alias;
  const history = [{ version, movedAt, movedBy }, ...alias.history].slice(0, ALIAS_HISTORY_MAX);
  return { ...to, history };
}
