import type { Prng } from '../../src/core/lib/prng.ts';
import { sampleBinomial } from '../../src/core/stats/samplers.ts';

/** A service whose candidate fails `ratio` times as often. */
export type Service = { readonly rate: number; readonly ratio: number };

/** How a policy ended a rollout. */
export type End = {
  readonly end: 'promoted' | 'rolled back' | 'neither';
  readonly minutes: number;
  /** Requests that failed and would not have, an hour after a wrong promotion included. */
  readonly harmed: number;
};

/** A whole policy, from the first request of the candidate to a decision. */
export type Policy = {
  readonly name: string;
  /** Plays rollouts of a service, one for each generator. */
  readonly against: (service: Service) => (rng: Prng) => End;
};

/** All requests in a minute: 50 a second. */
export const PER_MINUTE = 3_000;
/** How long a promoted candidate goes unnoticed. */
const AFTERWARDS_MINUTES = 60;
const RATE_MAX = 0.01;

/** What a candidate with all the traffic harms until somebody else takes it out. */
export const harmAfterwards = ({ rate, ratio }: Service): number =>
  PER_MINUTE * AFTERWARDS_MINUTES * rate * (ratio - 1);

/** A minute of the candidate at a share: whether it failed its check, and whom it harmed. */
function minuteAt(rng: Prng, { rate, ratio }: Service, share: number) {
  const units = Math.round(PER_MINUTE * share);
  const losses = sampleBinomial(rng, units, rate * ratio);
  return { failed: losses / units > RATE_MAX, harmed: units * rate * (ratio - 1) };
}

const FLAGGER = { shares: [0.1, 0.2, 0.3, 0.4, 0.5], failuresMax: 5 } as const;

/**
 * As Flagger's documentation sets it up: success of 99 % over a minute lets the weight grow, a
 * failed check keeps it, five failed checks in all take the candidate out.
 */
function stepwise(rng: Prng, service: Service): End {
  let [stage, failed, minutes, harmed] = [0, 0, 0, 0];
  while (stage < FLAGGER.shares.length) {
    const minute = minuteAt(rng, service, FLAGGER.shares[stage] ?? 0);
    minutes += 1;
    harmed += minute.harmed;
    if (minute.failed) failed += 1;
    else stage += 1;
    if (failed >= FLAGGER.failuresMax) return { end: 'rolled back', minutes, harmed };
  }
  return { end: 'promoted', minutes, harmed: harmed + harmAfterwards(service) };
}

const ARGO = { shares: [0.01, 0.05, 0.25, 0.5], minutes: 10, failureLimit: 3 } as const;

/**
 * As an Argo Rollouts user writes it: an analysis of ten minutes in each step, a measurement a
 * minute, failed when more than three of them are.
 */
function analysed(rng: Prng, service: Service): End {
  let [minutes, harmed] = [0, 0];
  for (const share of ARGO.shares) {
    let failed = 0;
    for (let i = 0; i < ARGO.minutes; i += 1) {
      const minute = minuteAt(rng, service, share);
      minutes += 1;
      harmed += minute.harmed;
      if (minute.failed) failed += 1;
      if (failed > ARGO.failureLimit) return { end: 'rolled back', minutes, harmed };
    }
  }
  return { end: 'promoted', minutes, harmed: harmed + harmAfterwards(service) };
}

/** Models of how other tools are usually set up, not their code. */
export const flaggerLike: Policy = {
  name: 'Flagger-like',
  against: (service) => (rng) => stepwise(rng, service),
};

/** See `flaggerLike`. */
export const argoLike: Policy = {
  name: 'Argo-Rollouts-like',
  against: (service) => (rng) => analysed(rng, service),
};
