import type { Instant } from '../lib/units.ts';
import type { Route } from '../routing/table.ts';

/**
 * How the requests of an endpoint were answered from a moment on, until the next span begins: so
 * that feedback which names a unit and a time, and no prediction, is still attributed.
 */
export type RouteSpan = {
  readonly endpoint: string;
  readonly from: Instant;
  readonly generation: number;
  readonly route: Route;
};

/** The span a moment is in; null before the first. `spans` are in the order of their beginnings. */
export function spanAt<S extends RouteSpan>(spans: readonly S[], at: Instant): S | null {
  return spans.findLast(({ from }) => from <= at) ?? null;
}
