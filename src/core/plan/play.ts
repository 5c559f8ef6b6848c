import { prng } from '../lib/prng.ts';
import { scenariosFor } from './scenario.ts';
import { simulatorOf } from './simulate.ts';
import type { Outcome, Setting } from './simulate.ts';

/** What is to be planned. */
export type PlanRequest = Setting & {
  /** Simulated rollouts of each scenario. */
  readonly rollouts: number;
  readonly seed: number | string;
};

/** Some rollouts of one scenario, so that the work can be shared out. */
export type Portion = {
  /** Index into `scenariosFor(spec)`. */
  readonly scenario: number;
  readonly from: number;
  readonly count: number;
};

/** Cuts a plan's work into portions of at most `size` rollouts, scenario by scenario, in order. */
export function portionsOf({ spec, rollouts }: PlanRequest, size: number): readonly Portion[] {
  return scenariosFor(spec).flatMap((_, scenario) =>
    Array.from({ length: Math.ceil(rollouts / size) }, (_none, at) => {
      const from = at * size;
      return { scenario, from, count: Math.min(size, rollouts - from) };
    }),
  );
}

/** Plays a portion. Pure: the same request and portion, the same outcomes. */
export function playPortion(request: PlanRequest, portion: Portion): readonly Outcome[] {
  const scenario = scenariosFor(request.spec)[portion.scenario];
  if (scenario === undefined) return [];
  const simulate = simulatorOf(request, scenario.harm);
  return Array.from({ length: portion.count }, (_, at) =>
    // Each rollout has its own stream: more of them leave those before as they were.
    simulate(prng(`${request.seed}/${scenario.name}/${portion.from + at}`)),
  );
}
