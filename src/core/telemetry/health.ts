import { Sketch } from '../lib/sketch.ts';
import { latency } from '../lib/wording.ts';
import { perOutcome } from './observation.ts';
import type { Outcome } from './observation.ts';
import type { SegmentFigures, Window } from './window.ts';

/** What a version must keep to be called healthy (M1). */
export type HealthThresholds = {
  readonly meanMsMax: number;
  readonly successRateMin: number;
};

/** Of endpoints for which nothing was said. */
export const defaultHealthThresholds: HealthThresholds = { meanMsMax: 100, successRateMin: 0.95 };

/** What figures come to. `no_data`: nothing was asked, which is neither (law 8). */
export const HEALTHS = ['healthy', 'unhealthy', 'no_data'] as const;

/** See `HEALTHS`. */
export type Health = (typeof HEALTHS)[number];

/** The figures of one arm over some time. Rates are of attempts that are evidence; null: none. */
export type HealthFigures = {
  readonly requests: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly successRate: number | null;
  readonly nullRate: number | null;
  /** Of attempts that were answered; null: none was. */
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Answered by the baseline because this arm failed. */
  readonly fallbacks: number;
};

/** The figures of one segment of an arm. */
export type SegmentHealth = HealthFigures & { readonly segment: string };

/** Adds windows up, one after the other: what it holds does not grow with their number. */
export class HealthTally {
  readonly #outcomes = perOutcome(() => 0);
  readonly #latencyMs = new Sketch();
  #latencySumMs = 0;
  #requests = 0;
  #fallbacks = 0;
  readonly #segments = new Map<string, HealthTally>();

  /** Adds a window, whichever gateway and bucket it is of. */
  add(window: Window): void {
    this.#count(window);
    for (const part of window.segments ?? []) {
      const { segment } = part;
      const tally = this.#segments.get(segment) ?? new HealthTally();
      this.#segments.set(segment, tally);
      tally.#count(part);
    }
  }

  #count({ requests, outcomes, latencyMs, latencySumMs, fallbacks }: Counted): void {
    this.#requests += requests;
    this.#fallbacks += fallbacks;
    this.#latencySumMs += latencySumMs;
    this.#latencyMs.addCounts(latencyMs);
    for (const outcome of Object.keys(outcomes) as Outcome[]) {
      this.#outcomes[outcome] += outcomes[outcome];
    }
  }

  /** The same requests by segment, by rising name; those that were not told apart are in none. */
  segments(): readonly SegmentHealth[] {
    return [...this.#segments]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([segment, tally]) => ({ segment, ...tally.figures() }));
  }

  /** What came together so far. */
  figures(): HealthFigures {
    const outcomes = perOutcome((outcome) => this.#outcomes[outcome]);
    const counted = this.#requests - outcomes.client_error - outcomes.cancelled;
    const part = (of: number): number | null => (counted <= 0 ? null : of / counted);
    const measured = this.#latencyMs.count;
    return {
      requests: this.#requests,
      outcomes,
      successRate: part(outcomes.ok),
      nullRate: part(outcomes.null_prediction),
      meanMs: measured === 0 ? null : this.#latencySumMs / measured,
      p50Ms: this.#latencyMs.quantile(0.5),
      p95Ms: this.#latencyMs.quantile(0.95),
      p99Ms: this.#latencyMs.quantile(0.99),
      fallbacks: this.#fallbacks,
    };
  }
}

type Counted = Omit<SegmentFigures, 'segment'>;

/** Whether figures keep their thresholds; and in sentences what they do not keep. */
export function healthOf(
  { successRate, meanMs }: Pick<HealthFigures, 'successRate' | 'meanMs'>,
  { meanMsMax, successRateMin }: HealthThresholds,
): { readonly health: Health; readonly why: readonly string[] } {
  if (successRate === null) {
    return { health: 'no_data', why: ['No request was answered or failed.'] };
  }
  const why = [
    ...(successRate < successRateMin
      ? [`The success rate is ${rate(successRate)}, below ${rate(successRateMin)}.`]
      : []),
    ...(meanMs !== null && meanMs > meanMsMax
      ? [`The mean latency is ${latency(meanMs)}, above ${latency(meanMsMax)}.`]
      : []),
  ];
  return { health: why.length === 0 ? 'healthy' : 'unhealthy', why };
}

/** With as many digits as it takes to tell 94.99 % from 95 %. */
const rate = (fraction: number): string => `${Number((fraction * 100).toPrecision(4))} %`;

/** The worst of several; nothing at all is no data. */
export function worstHealth(all: readonly Health[]): Health {
  if (all.includes('unhealthy')) return 'unhealthy';
  return all.length === 0 || all.includes('no_data') ? 'no_data' : 'healthy';
}
