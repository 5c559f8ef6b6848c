import { prng, uniform } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { instant } from '../../src/core/lib/units.ts';
import { sampleBinomial, sampleExponential, samplePoisson } from '../../src/core/stats/samplers.ts';
import { perLoss } from '../../src/core/telemetry/window.ts';
import type { Loss, LossName } from '../../src/core/telemetry/window.ts';
import type { Losses, Stratum } from '../../src/core/analysis/stratum.ts';

/**
 * Two model processes that pause now and then, each by itself: garbage collection, a busy core, a
 * neighbour. Every request that comes in a pause is slow, so requests share their fate; over time
 * both arms are slow equally often unless `candidateGapMs` says otherwise.
 */
export type Bursts = {
  readonly seed: string;
  readonly requestsPerSecond: number;
  readonly bucketMs: number;
  /** Of the candidate, at a moment since the beginning. */
  readonly share: (atMs: number) => number;
  /** Pauses last between these, evenly in the logarithm. */
  readonly pauseMs: readonly [least: number, most: number];
  /** Mean time between pauses, exponentially distributed. */
  readonly gapMs: number;
  readonly candidateGapMs?: number;
  /** Chances to be slow, and to be very slow, outside of pauses. */
  readonly slow: number;
  readonly tail: number;
};

/** When one process pauses. Asked for in the order of time. */
class Pauses {
  readonly #rng: Prng;
  readonly #gapMs: number;
  readonly #pauseMs: Bursts['pauseMs'];
  #from = 0;
  #to = 0;

  constructor(rng: Prng, gapMs: number, pauseMs: Bursts['pauseMs']) {
    this.#rng = rng;
    this.#gapMs = gapMs;
    this.#pauseMs = pauseMs;
    this.#next();
  }

  /** Milliseconds of pause in a stretch of time. */
  within(from: number, to: number): number {
    let sum = 0;
    for (;;) {
      sum += Math.max(0, Math.min(to, this.#to) - Math.max(from, this.#from));
      if (this.#to >= to) return sum;
      this.#next();
    }
  }

  #next(): void {
    const [least, most] = this.#pauseMs;
    this.#from = this.#to + sampleExponential(this.#rng, this.#gapMs);
    this.#to = this.#from + least * (most / least) ** uniform(this.#rng);
  }
}

/** Buckets of both arms, without end. */
export function* burstyBuckets(bursts: Bursts): Generator<Stratum> {
  const { seed, requestsPerSecond, bucketMs, share, gapMs, pauseMs } = bursts;
  const rng = prng(seed);
  const candidate = new Pauses(rng, bursts.candidateGapMs ?? gapMs, pauseMs);
  const baseline = new Pauses(rng, gapMs, pauseMs);
  for (let start = 0; ; start += bucketMs) {
    const part = share(start);
    const served = (pauses: Pauses, rate: number): Losses => {
      const pausedMs = pauses.within(start, start + bucketMs);
      return losses(rng, bursts, { pausedMs, perMs: (requestsPerSecond * rate) / 1_000 });
    };
    yield {
      start: instant(start),
      bucketMs,
      revision: 1,
      before: false,
      candidate: served(candidate, part),
      baseline: served(baseline, 1 - part),
      baselineLatencyMs: [],
      copies: null,
    };
  }
}

function losses(
  rng: Prng,
  { bucketMs, slow, tail }: Bursts,
  { pausedMs, perMs }: { readonly pausedMs: number; readonly perMs: number },
): Losses {
  const hit = samplePoisson(rng, perMs * pausedMs);
  const other = samplePoisson(rng, perMs * (bucketMs - pausedMs));
  const slowly = sampleBinomial(rng, other, slow);
  const sums: Partial<Record<LossName, number>> = {
    slow: hit + slowly,
    tail: hit + sampleBinomial(rng, slowly, tail / slow),
  };
  return perLoss((name): Loss => ({ units: hit + other, sum: sums[name] ?? 0 }));
}
