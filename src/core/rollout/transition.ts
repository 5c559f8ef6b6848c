import type { Endpoint } from '../routing/endpoint.ts';
import type { Decision } from './decision.ts';
import type { Command } from './command.ts';
import type { Effect } from './effect.ts';
import type { Rollout } from './rollout.ts';

/** One step of one rollout: everything that must become durable together. */
export type Transition = {
  readonly before: Rollout;
  readonly after: Rollout;
  /** The endpoint as it must be from now on; null when the step leaves it alone. */
  readonly endpoint: Endpoint | null;
  readonly why: { readonly decision: Decision } | { readonly command: Command };
  readonly effects: readonly Effect[];
};
