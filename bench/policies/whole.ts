import { fork, prng } from '../../src/core/lib/prng.ts';
import { medianOf, meanOf, shareOf } from '../estimate.ts';
import type { Estimate } from '../estimate.ts';
import { asItComes, byMargins } from './product.ts';
import { argoLike, flaggerLike } from './thresholds.ts';
import type { Policy, Service } from './thresholds.ts';

/** Policies, those that people use first. */
export const POLICIES = [flaggerLike, argoLike, byMargins, asItComes] as const;

/** Services with good candidates and bad ones. */
export const SERVICES: readonly Service[] = [
  { rate: 0.002, ratio: 1 },
  { rate: 0.002, ratio: 2 },
  { rate: 0.002, ratio: 5 },
  { rate: 0.005, ratio: 1 },
  { rate: 0.005, ratio: 1.5 },
  { rate: 0.005, ratio: 5 },
  { rate: 0.015, ratio: 1 },
  { rate: 0.015, ratio: 20 },
];

/** What a policy does to a service. */
export type Tried = {
  readonly rolledBack: Estimate;
  readonly promoted: Estimate;
  readonly minutes: Estimate;
  readonly harmed: Estimate;
};

/** Tries a policy in seeded rollouts. */
export function tried(policy: Policy, service: Service, runs: number): Tried {
  const rng = prng(`whole/${policy.name}/${service.rate}/${service.ratio}`);
  const play = policy.against(service);
  const all = Array.from({ length: runs }, () => play(fork(rng, 'run')));
  const part = (end: (typeof all)[number]['end']): Estimate =>
    shareOf(all.filter((one) => one.end === end).length, runs);
  return {
    rolledBack: part('rolled back'),
    promoted: part('promoted'),
    minutes: medianOf(all.map(({ minutes }) => minutes)),
    harmed: meanOf(all.map(({ harmed }) => harmed)),
  };
}
