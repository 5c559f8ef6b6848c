import { Sketch } from '../lib/sketch.ts';
import type { Instant } from '../lib/units.ts';
import type { Loss, Window } from './window.ts';

/** A stretch of time. */
export type Stretch = { readonly from: Instant; readonly to: Instant };

/** What an endpoint is asked over some time, and how its version in production answers. */
export type Demand = {
  /** Time that was looked at; what nobody could report of is left out. */
  readonly coveredMs: number;
  /** Units, counted anew in every bucket: what evidence is counted in. */
  readonly units: number;
  readonly unitsPerSecond: number;
  readonly requests: number;
  /** Traffic of each hour of the day (UTC) as a factor on the mean; null: less than a day seen. */
  readonly dayShape: readonly number[] | null;
  /** Parts of the units; null: nobody was counted. */
  readonly errorRate: number | null;
  readonly nullRate: number | null;
  /** Of answers of the version in production; null: none was timed. */
  readonly latencyMs: Quantiles | null;
};

/** Quantiles of a latency. */
export type Quantiles = { readonly p50: number; readonly p90: number; readonly p99: number };

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** An hour of the day of which less was seen says nothing about it. */
const HOUR_SEEN_MIN_MS = 1_800_000;

/** Adds windows up in constant memory, however many there are; in any order. */
export class DemandCount {
  readonly #version: number;
  readonly #unitsByHour = new Float64Array(HOURS);
  readonly #latencyMs = new Sketch();
  #requests = 0;
  #error: Loss = { units: 0, sum: 0 };
  #null: Loss = { units: 0, sum: 0 };

  /** Rates and latencies are those of this version; traffic is everybody's. */
  constructor(version: number) {
    this.#version = version;
  }

  /** Counts a window. */
  add({ start, version, requests, losses, latencyMs }: Window): void {
    const hour = hourOf(start);
    this.#unitsByHour[hour] = (this.#unitsByHour[hour] ?? 0) + losses.error.units;
    this.#requests += requests;
    if (version !== this.#version) return;
    this.#error = plus(this.#error, losses.error);
    this.#null = plus(this.#null, losses.null);
    this.#latencyMs.addCounts(latencyMs);
  }

  /** What was counted, over the time it was counted in. */
  over(stretches: readonly Stretch[]): Demand {
    const byHour = coveredByHour(stretches);
    const coveredMs = byHour.reduce((sum, ms) => sum + ms, 0);
    const units = this.#unitsByHour.reduce((sum, one) => sum + one, 0);
    return {
      coveredMs,
      units,
      unitsPerSecond: coveredMs > 0 ? units / (coveredMs / 1_000) : 0,
      requests: this.#requests,
      dayShape: this.#shape(byHour),
      errorRate: rateOf(this.#error),
      nullRate: rateOf(this.#null),
      latencyMs: quantilesOf(this.#latencyMs),
    };
  }

  #shape(byHour: readonly number[]): readonly number[] | null {
    if (byHour.some((ms) => ms < HOUR_SEEN_MIN_MS)) return null;
    const rates = byHour.map((ms, hour) => (this.#unitsByHour[hour] ?? 0) / ms);
    // The mean over a day, not over the time seen: some hours may have been seen oftener.
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / HOURS;
    return mean > 0 ? rates.map((rate) => rate / mean) : null;
  }
}

const hourOf = (at: number): number => Math.floor(at / HOUR_MS) % HOURS;
const plus = (a: Loss, b: Loss): Loss => ({ units: a.units + b.units, sum: a.sum + b.sum });
const rateOf = ({ units, sum }: Loss): number | null => (units > 0 ? sum / units : null);

function coveredByHour(stretches: readonly Stretch[]): readonly number[] {
  const covered = Array.from({ length: HOURS }, () => 0);
  for (const { from, to } of stretches) {
    for (let at: number = from; at < to;) {
      const next = Math.min(to, (Math.floor(at / HOUR_MS) + 1) * HOUR_MS);
      covered[hourOf(at)] = (covered[hourOf(at)] ?? 0) + next - at;
      at = next;
    }
  }
  return covered;
}

function quantilesOf(sketch: Sketch): Quantiles | null {
  const at = (q: number): number => sketch.quantile(q) ?? 0;
  return sketch.count === 0 ? null : { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** What is left of a stretch without those cut out of it, in the order of time. */
export function without(whole: Stretch, cuts: readonly Stretch[]): readonly Stretch[] {
  const left: Stretch[] = [];
  let { from } = whole;
  for (const cut of cuts.toSorted((a, b) => a.from - b.from)) {
    const to = cut.from < whole.to ? cut.from : whole.to;
    if (to > from) left.push({ from, to });
    if (cut.to > from) from = cut.to;
  }
  if (from < whole.to) left.push({ from, to: whole.to });
  return left;
}
