import { prng, uniform, uniformInt, type Prng } from '../../src/core/lib/prng.ts';
import { assign, compileRoute, type CompiledRoute } from '../../src/core/routing/assign.ts';
import type { RoutingTable } from '../../src/core/routing/table.ts';
import type { Behaviour } from '../../src/core/plan/scenario.ts';
import { sampleLogNormal, samplePoisson } from '../../src/core/stats/samplers.ts';
import type { Observation, Outcome } from '../../src/core/telemetry/observation.ts';
import { Recorder, type Slot } from '../../src/gateway/recorder.ts';
import type { GatewayReport } from '../../src/protocol/feed/report.ts';
import { reportSample } from '../samples.ts';
import type { SimClock } from './sim-clock.ts';

/** What clients send to every endpoint, and how its versions answer. */
export type Steadiness = {
  readonly seed: string;
  readonly unitsPerSecond: number;
  readonly baseline: Behaviour;
  readonly candidate: Behaviour;
};

/** The version that behaves like a candidate, whatever its arm is called. */
const CANDIDATE_VERSION = 2;
const UNITS = 1_000_000;
const UNITS_PER_BUCKET_MAX = 65_536;
const WINDOWS_MAX = 100_000;

type ServedRoute = { readonly compiled: CompiledRoute; readonly slots: readonly Slot[] };

/**
 * A gateway that nothing happens to: it assigns, counts and reports as any, with the code of any,
 * but asks no model. It can serve millions of requests in the time of a test.
 */
export class SteadyGateway {
  readonly #rng: Prng;
  readonly #given: Steadiness;
  readonly #recorder: Recorder;
  #table: RoutingTable | null = null;
  #routes: readonly ServedRoute[] = [];
  #sequence = 0;

  constructor(clock: SimClock, given: Steadiness) {
    this.#rng = prng(given.seed);
    this.#given = given;
    const limits = { unitsMax: UNITS_PER_BUCKET_MAX, windowsMax: WINDOWS_MAX };
    this.#recorder = new Recorder({ clock, ...limits });
  }

  /** Serves from this table from now on. */
  apply(table: RoutingTable): void {
    if (table === this.#table) return;
    this.#table = table;
    this.#routes = table.routes.map((route) => ({
      compiled: compileRoute(route),
      slots: route.arms.map((_, index) => this.#recorder.slot(route, index)),
    }));
  }

  /** Answers what comes in during `ms`, all of it now. */
  serve(ms: number): void {
    for (const route of this.#routes) {
      const requests = samplePoisson(this.#rng, (this.#given.unitsPerSecond * ms) / 1_000);
      for (let i = 0; i < requests; i += 1) this.#serveOne(route);
    }
  }

  /** What it tells control. */
  report(): GatewayReport {
    const { windows, through } = this.#recorder.pending();
    this.#sequence += 1;
    const ready = (this.#table?.routes ?? []).flatMap(({ arms }) =>
      arms.map(({ version }) => version.digest),
    );
    return reportSample({
      sequence: this.#sequence,
      generation: this.#table?.generation ?? 0,
      ready: [...new Set(ready)],
      through,
      windows,
    });
  }

  /** Control has stored the windows of a report. */
  confirm({ windows }: GatewayReport): void {
    this.#recorder.confirm(windows);
  }

  #serveOne({ compiled, slots }: ServedRoute): void {
    const { armIndex, unit } = assign(compiled, `u${uniformInt(this.#rng, UNITS)}`);
    const slot = slots[armIndex];
    if (slot === undefined) throw new Error('a unit is assigned to an arm of its route');
    const isCandidate = compiled.route.arms[armIndex]?.version.version === CANDIDATE_VERSION;
    const { baseline, candidate } = this.#given;
    this.#recorder.observe(slot, this.#observed(isCandidate ? candidate : baseline, unit));
  }

  #observed({ errorRate, nullRate, medianMs, sigma }: Behaviour, unit: number): Observation {
    const drawn = uniform(this.#rng);
    const outcome: Outcome =
      drawn < errorRate
        ? 'model_error'
        : drawn < errorRate + (1 - errorRate) * nullRate
          ? 'null_prediction'
          : 'ok';
    const latencyMs = sampleLogNormal(this.#rng, Math.log(medianMs), sigma);
    return { unit, outcome, latencyMs, fallback: false };
  }
}
