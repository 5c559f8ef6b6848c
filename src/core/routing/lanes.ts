import { compileRoute } from './assign.ts';
import type { CompiledRoute } from './assign.ts';
import { compileSlice, holds, placeIn } from './slice.ts';
import type { CompiledSlice } from './slice.ts';
import type { LaneRoute, Route, RoutingTable } from './table.ts';

/** Something that is for the units of one slice. */
export type InSlice = { readonly slice: CompiledSlice };

/** What a unit has of things for disjoint slices; null: nothing, it is in none of them. */
export function laneOf<L extends InSlice>(lanes: readonly L[], unit: string): L | null {
  let salt: string | null = null;
  let place = 0;
  for (const lane of lanes) {
    // Slices of one layer have one salt, and a unit one place: it is looked for once.
    if (lane.slice.salt !== salt) {
      salt = lane.slice.salt;
      place = placeIn(lane.slice, unit);
    }
    if (holds(lane.slice, place)) return lane;
  }
  return null;
}

/** A route made ready with all its lanes. */
export type CompiledWhole = {
  readonly compiled: CompiledRoute;
  readonly lanes: readonly (InSlice & {
    readonly route: LaneRoute;
    readonly compiled: CompiledRoute;
  })[];
};

/** Makes a route and its lanes ready. */
export const compileWhole = (route: Route): CompiledWhole => ({
  compiled: compileRoute(route),
  lanes: (route.lanes ?? []).map((lane) => ({
    slice: compileSlice(lane.slice),
    route: lane.route,
    compiled: compileRoute(lane.route),
  })),
});

/** The routes of an endpoint: its own, and that of each lane. */
export const routesIn = (route: Route): readonly LaneRoute[] => [
  route,
  ...(route.lanes ?? []).map((lane) => lane.route),
];

/** The route a rollout has: its lane's, else its endpoint's; undefined: neither is in the table. */
export function routeOfRollout(
  { routes }: Pick<RoutingTable, 'routes'>,
  { id, endpoint }: { readonly id: string; readonly endpoint: string },
): LaneRoute | undefined {
  const whole = routes.find((one) => one.endpoint === endpoint);
  return whole?.lanes?.find(({ route }) => route.rollout === id)?.route ?? whole;
}
