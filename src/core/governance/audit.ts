import type { Instant } from '../lib/units.ts';

/** What was done, by whom, why and on which evidence. One link of the chain. */
export type AuditEntry = AuditDraft & {
  /** 1, 2, 3, … without gaps. */
  readonly seq: number;
  /** `hash` of the entry before; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256, in hexadecimal, of the canonical JSON of this entry without `hash`. */
  readonly hash: string;
};

/** An entry before it has its place in the chain. */
export type AuditDraft = {
  readonly at: Instant;
  readonly actor: string;
  /** Noun and verb, e.g. `rollout.promote`, `alias.move`, `version.push`. */
  readonly action: string;
  /** What it was done to, e.g. `rollout/r-01H…`. */
  readonly subject: string;
  readonly reason: string;
  /** Anything that proves or details it; JSON. */
  readonly detail: unknown;
};
