import type { Instant } from '../lib/units.ts';
import type { Contender } from './rollout.ts';

/** What control knows of one gateway, from its own reports. */
export type GatewayState = {
  readonly gateway: string;
  readonly seenAt: Instant;
  /** The generation it serves from. */
  readonly generation: number;
  /** Digests it can answer with now. */
  readonly ready: readonly string[];
  readonly failed: readonly { readonly digest: string; readonly detail: string }[];
  /** Candidates it cut off by itself, and rollouts it was told to on its own socket. */
  readonly fuses: readonly FuseReport[];
  /** Every window that ended before this has been sent. */
  readonly through: Instant;
};

/** A gateway moved traffic of one rollout back to the baseline by itself (law 6). */
export type FuseReport = {
  readonly rollout: string;
  /** The candidate that was cut off, as it was then; absent: all of them. */
  readonly contender?: Contender;
  readonly at: Instant;
  readonly by: 'gateway' | 'person';
  /** Who asked, when `by` is `person`. */
  readonly who: string | null;
  readonly sentence: string;
};
