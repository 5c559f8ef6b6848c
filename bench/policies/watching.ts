import { fork, prng } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import type { Bucket } from '../../src/core/stats/rate-ratio.ts';
import { sampleBucket } from '../../src/core/stats/simulated-buckets.ts';
import type { TrafficStretch } from '../../src/core/stats/simulated-buckets.ts';
import type { Rule } from './rules.ts';

/** How a rule ended one rollout: the minute it took the candidate out, or never. */
export type Seen = {
  /** Infinity: it never did. */
  readonly minute: number;
  /** Errors of the candidate until then, or until the end. */
  readonly losses: number;
};

/** Minutes of a course in their order, drawn as they are asked for. */
function* minutesOf(rng: Prng, course: readonly TrafficStretch[]): Generator<Bucket> {
  for (const stretch of course) {
    for (let i = 0; i < stretch.buckets; i += 1) yield sampleBucket(rng, stretch);
  }
}

/** What a rule does in seeded rollouts of one course. All rules meet the same rollouts. */
export function watched(
  { begin }: Rule,
  course: readonly TrafficStretch[],
  runs: number,
): readonly Seen[] {
  const rng = prng(`watched/${JSON.stringify(course)}`);
  const minutes = course.reduce((sum, { buckets }) => sum + buckets, 0);
  return Array.from({ length: runs }, () => {
    const watch = begin(minutes);
    let minute = 0;
    let losses = 0;
    for (const bucket of minutesOf(fork(rng, 'run'), course)) {
      minute += 1;
      losses += bucket.candidateLoss;
      if (watch(bucket)) return { minute, losses };
    }
    return { minute: Infinity, losses };
  });
}

/** How many of them took the candidate out. */
export const stopped = (all: readonly Seen[]): readonly Seen[] =>
  all.filter(({ minute }) => Number.isFinite(minute));
