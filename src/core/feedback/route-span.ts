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
  readonly route: SpanRoute;
};

/** As much of a route as assignment depends on. */
export type SpanRoute = Pick<
  Route,
  'rollout' | 'revision' | 'arms' | 'split' | 'salt' | 'audience'
>;

/** What a span keeps of a route. */
export const spanRouteOf = (route: Route): SpanRoute => ({
  rollout: route.rollout,
  revision: route.revision,
  arms: route.arms,
  split: route.split,
  salt: route.salt,
  audience: route.audience,
});
