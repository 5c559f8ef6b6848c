import { expect, test } from 'vitest';
import { analyse } from '../../src/core/analysis/analyse.ts';
import { emptyEvidence, extendEvidence } from '../../src/core/analysis/evidence.ts';
import { after } from '../../src/core/lib/units.ts';
import { project, emptyTable } from '../../src/core/routing/project.ts';
import type { Rollout } from '../../src/core/rollout/rollout.ts';
import { endpointSample, usualSpec } from '../samples.ts';
import { Traffic, began, usual } from '../histories/course.ts';
import type { Behaviour } from '../histories/course.ts';
import { startedRollout } from '../histories/run.ts';

const ROLLOUTS = 2_500;
const BUCKETS = 36;

/**
 * A rollout at 25 % with known thresholds, watched for six minutes of heavy traffic: some three
 * losses of every kind a bucket, which is where a test that looks often goes wrong.
 */
const rollout: Rollout = {
  ...startedRollout(usualSpec),
  phase: 'advancing',
  stage: 1,
  // 1.25 times the p90 and the p99 of a log-normal latency with median 20 ms and sigma 0.5.
  thresholdsMs: { slow: 47.4, tail: 80, late: null },
};
const [route] = project({
  endpoints: [endpointSample('risk')],
  rollouts: [rollout],
  models: [],
  previous: emptyTable,
}).routes;

/** Whether any hard check ever fails. */
function reverted(seed: number, candidate: Behaviour): boolean {
  if (route === undefined) throw new Error('an endpoint has a route');
  const course = {
    seed: `whole/${seed}`,
    gateways: 1,
    unitsPerSecond: () => 250,
    baseline: () => usual,
    candidate: () => candidate,
  };
  const traffic = new Traffic(course, began);
  let evidence = emptyEvidence(rollout);
  for (let i = 0; i < BUCKETS; i += 1) {
    evidence = extendEvidence(evidence, rollout, traffic.bucket(route, after(began, i * 10_000)));
  }
  // A failure is latched, so one look at the end sees what a look after every bucket would have.
  const verdicts = analyse(rollout, evidence, after(began, BUCKETS * 10_000));
  return verdicts.some(({ outcome }) => outcome === 'fail');
}

test('a healthy candidate is reverted in at most one rollout of a hundred', () => {
  let wrong = 0;
  for (let seed = 0; seed < ROLLOUTS; seed += 1) if (reverted(seed, usual)) wrong += 1;
  const { alphaRevert: alpha } = usualSpec;
  const standardError = Math.sqrt((alpha * (1 - alpha)) / ROLLOUTS);
  expect(wrong / ROLLOUTS).toBeLessThanOrEqual(alpha + 3 * standardError);
});

test('the same watch finds five times the errors every time', () => {
  const worse = { ...usual, errors: 0.025 };
  const found = Array.from({ length: 100 }, (_, seed) => reverted(seed, worse));
  expect(found.filter((one) => !one)).toEqual([]);
});
