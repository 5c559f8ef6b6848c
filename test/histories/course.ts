import { prng } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { Sketch } from '../../src/core/lib/sketch.ts';
import { WHOLE_BPS, instant } from '../../src/core/lib/units.ts';
import type { Instant } from '../../src/core/lib/units.ts';
import type { Route } from '../../src/core/routing/table.ts';
import { noThresholds } from '../../src/core/routing/table.ts';
import { normalCdf } from '../../src/core/stats/normal.ts';
import { sampleBinomial, sampleLogNormal, samplePoisson } from '../../src/core/stats/samplers.ts';
import { perReason } from '../../src/core/telemetry/copies.ts';
import { OUTCOMES } from '../../src/core/telemetry/observation.ts';
import type { Loss, Window } from '../../src/core/telemetry/window.ts';

/** How an arm behaves at a moment: chances per unit, and log-normal latencies. */
export type Behaviour = {
  readonly errors: number;
  readonly nulls: number;
  readonly medianMs: number;
  readonly sigma: number;
};

/** Synthetic traffic on one endpoint; times in milliseconds since the first request. */
export type Course = {
  readonly seed: number | string;
  readonly unitsPerSecond: (atMs: number) => number;
  readonly baseline: (atMs: number) => Behaviour;
  readonly candidate: (atMs: number) => Behaviour;
  readonly gateways: number;
  /** Buckets of ten seconds that the baseline served before the rollout. */
  readonly bucketsBefore?: number;
};

/** A service as many are: one error in two hundred, a spread of latencies, no nulls. */
export const usual: Behaviour = { errors: 0.005, nulls: 0, medianMs: 20, sigma: 0.5 };

/** Draws the windows of one bucket, as every gateway would send them. */
export class Traffic {
  readonly #course: Course;
  readonly #rng: Prng;
  readonly #began: Instant;
  #answers = 0;

  constructor(course: Course, began: Instant) {
    this.#course = course;
    this.#began = began;
    this.#rng = prng(course.seed);
  }

  /** The windows of the bucket that starts at `start` under `route`; empty arms send none. */
  bucket(route: Route, start: Instant): readonly Window[] {
    const { gateways, unitsPerSecond } = this.#course;
    const mean = (unitsPerSecond(start - this.#began) * route.bucketMs) / 1_000 / gateways;
    return Array.from({ length: gateways }, () => samplePoisson(this.#rng, mean)).flatMap((units) =>
      this.#ofGateway(route, start, units),
    );
  }

  #ofGateway(route: Route, start: Instant, units: number): readonly Window[] {
    const share = (route.split.at(1)?.bps ?? 0) / WHOLE_BPS;
    const candidate = sampleBinomial(this.#rng, units, share);
    const counts = [units - candidate, candidate];
    return route.arms.flatMap((arm, i) => {
      const isMirror = arm.name === route.mirror?.arm;
      const served = isMirror ? this.#copies(route, units) : (counts[i] ?? 0);
      if (served === 0) return [];
      const behave = arm.role === 'candidate' ? this.#course.candidate : this.#course.baseline;
      const behaviour = behave(start - this.#began);
      const key = {
        endpoint: route.endpoint,
        rollout: route.rollout,
        revision: route.revision,
        arm: arm.name,
        version: arm.version.version,
        start,
        bucketMs: route.bucketMs,
      };
      const window = { ...key, ...this.#served(route, behaviour, served) };
      return [isMirror ? this.#compared(window) : window];
    });
  }

  /** How many of the requests are copied to the mirrored arm. */
  #copies({ mirror }: Route, units: number): number {
    return sampleBinomial(this.#rng, units, (mirror?.sample ?? 0) / WHOLE_BPS);
  }

  /** Every copy was answered in time, and held against what the user got. */
  #compared(window: Window): Window {
    const { requests: units, losses } = window;
    const disagree = { units, sum: sampleBinomial(this.#rng, units, DISAGREES) };
    const copies = { sampled: units, dropped: perReason(() => 0) };
    return { ...window, losses: { ...losses, disagree }, copies };
  }

  #served({ thresholdsMs }: Route, behaviour: Behaviour, units: number): Served {
    const rng = this.#rng;
    const error = sampleBinomial(rng, units, behaviour.errors);
    const nulls = sampleBinomial(rng, units - error, behaviour.nulls);
    const above = (ms: number): number => exceedance(behaviour, ms);
    const { slow, tail, late } = thresholdsMs;
    const slowSum = slow === null ? 0 : sampleBinomial(rng, units, above(slow));
    // Every answer above the higher threshold is above the lower one as well.
    const tailSum =
      slow === null || tail === null
        ? 0
        : sampleBinomial(rng, slowSum, above(tail) / Math.max(above(slow), Number.MIN_VALUE));
    const lateSum = late === null ? 0 : sampleBinomial(rng, units, above(late));
    const none: Loss = { units: 0, sum: 0 };
    return {
      requests: units,
      outcomes: {
        ...noOutcomes,
        ok: units - error - nulls,
        null_prediction: nulls,
        model_error: error,
      },
      losses: {
        error: { units, sum: error },
        null: { units, sum: nulls },
        slow: slow === null ? none : { units, sum: slowSum },
        tail: tail === null ? none : { units, sum: tailSum },
        late: late === null ? none : { units, sum: lateSum },
        disagree: none,
      },
      latencyMs: thresholdsMs.slow === null ? this.#sketch(behaviour, units) : [],
      latencySumMs: units * behaviour.medianMs * Math.exp(behaviour.sigma ** 2 / 2),
      fallbacks: 0,
      unitsDropped: 0,
    };
  }

  /** Only what is needed to fix the thresholds is drawn answer by answer. */
  #sketch({ medianMs, sigma }: Behaviour, units: number): Window['latencyMs'] {
    const sketch = new Sketch();
    const draws = Math.min(units, Math.max(0, ANSWERS_DRAWN_MAX - this.#answers));
    this.#answers += draws;
    for (let i = 0; i < draws; i += 1)
      sketch.add(sampleLogNormal(this.#rng, Math.log(medianMs), sigma));
    return sketch.toCounts();
  }
}

const ANSWERS_DRAWN_MAX = 5_000;
/** So many copies are answered otherwise than the user was. */
const DISAGREES = 0.005;

type Served = Omit<
  Window,
  'endpoint' | 'rollout' | 'revision' | 'arm' | 'version' | 'start' | 'bucketMs'
>;

const noOutcomes = Object.fromEntries(OUTCOMES.map((name) => [name, 0])) as Window['outcomes'];

function exceedance({ medianMs, sigma }: Behaviour, ms: number): number {
  return 1 - normalCdf(Math.log(ms / medianMs) / sigma);
}

/** Nothing is counted by latency, and nothing is being rolled out: for windows made by hand. */
export const quietThresholds = noThresholds;

/** A moment far from zero, so that nothing works by accident. */
export const began = instant(1_800_000_000_000);
