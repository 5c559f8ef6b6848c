import { list } from '../lib/wording.ts';
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
  /** Versions without users that answered their golden rows here; absent: none. */
  readonly proofs?: readonly GoldenProof[];
};

/** A version answered its golden rows on a gateway. */
export type GoldenProof = {
  /** Of the version. */
  readonly digest: string;
  /** Of its golden rows. */
  readonly golden: string;
  /** How long ago, when it was said. */
  readonly agoMs: number;
  readonly tookMs: number;
  /** Values compared. */
  readonly values: number;
  /** How they differ from what is expected; null: they do not. */
  readonly difference: string | null;
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

const NAMED_MAX = 3;

/** Gateways by name; of many the first. */
export function gatewayNames(gateways: readonly Pick<GatewayState, 'gateway'>[]): string {
  const names = gateways.slice(0, NAMED_MAX).map(({ gateway }) => gateway);
  const more = gateways.length - names.length;
  return list(more > 0 ? [...names, `${more} more`] : names);
}
