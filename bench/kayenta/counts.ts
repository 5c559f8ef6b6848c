import { fork, prng } from '../../src/core/lib/prng.ts';
import { rateRatioPath } from '../../src/core/stats/rate-ratio.ts';
import type { Bucket } from '../../src/core/stats/rate-ratio.ts';
import { sampleBuckets } from '../../src/core/stats/simulated-buckets.ts';
import { shareOf } from '../estimate.ts';
import type { Estimate } from '../estimate.ts';
import type { Judge } from './score.ts';

/** Requests of both arms for an hour, each failing or not. */
export type Requests = {
  readonly name: string;
  readonly perMinute: number;
  readonly rate: number;
  /** The candidate's rate as a multiple of the baseline's; 1: the arms are the same. */
  readonly ratio: number;
};

const MINUTES = 60;
/** The product's own level: a healthy candidate is taken out in at most one of a hundred. */
const ALPHA = 0.01;

/** Rare errors under two kinds of traffic, and the same with nothing wrong. */
export const REQUESTS: readonly Requests[] = [
  { name: '0.1 → 0.5 %, 200 a minute (bad)', perMinute: 200, rate: 0.001, ratio: 5 },
  { name: '1 → 5 %, 20 a minute (bad)', perMinute: 20, rate: 0.01, ratio: 5 },
  { name: '1 → 2 %, 200 a minute (bad)', perMinute: 200, rate: 0.01, ratio: 2 },
  { name: '0.1 % in both, 200 a minute (good)', perMinute: 200, rate: 0.001, ratio: 1 },
  { name: '1 % in both, 20 a minute (good)', perMinute: 20, rate: 0.01, ratio: 1 },
];

function hours({ perMinute, rate, ratio }: Requests, runs: number): readonly (readonly Bucket[])[] {
  const rng = prng(`fresh/${perMinute}/${rate}/${ratio}`);
  const stretch = {
    buckets: MINUTES,
    candidateUnits: perMinute,
    baselineUnits: perMinute,
    baselineRate: rate,
    ratio,
  };
  return Array.from({ length: runs }, () => sampleBuckets(fork(rng, 'run'), [stretch]));
}

/** How often a judge of series fails the candidate by the error rate of each minute. */
export function failedBySeries({ fails }: Judge, requests: Requests, runs: number): Estimate {
  const failed = hours(requests, runs).filter((buckets) => {
    const experiment = buckets.map((one) => one.candidateLoss / one.candidateUnits);
    const control = buckets.map((one) => one.baselineLoss / one.baselineUnits);
    return fails([{ experiment, control }]);
  });
  return shareOf(failed.length, runs);
}

/** How often the product's process fails it by the requests, looked at every minute. */
export function failedByRequests(requests: Requests, runs: number): Estimate {
  const failed = hours(requests, runs).filter((buckets) =>
    rateRatioPath(buckets, { horizonBuckets: MINUTES }).some(
      ({ logE }) => logE >= Math.log(1 / ALPHA),
    ),
  );
  return shareOf(failed.length, runs);
}
