import { expect, test } from 'vitest';
import { rolloutSample } from '../../../test/samples.ts';
import { after, bps } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { asCandidate } from '../rollout/contenders.ts';
import { sharesOf } from '../rollout/share.ts';
import { emptyEvidence } from './evidence.ts';
import { courtOf } from './traffic.ts';

/** A stage of 5 %, a thousand units in its only bucket. */
const plain = rolloutSample('endpoint', 'advancing');
const third = { arm: 'candidate-2', version: { ...plain.candidate, version: 3 } };

test.for([
  { what: 'the share of the stage', over: {}, candidate: 50 },
  { what: 'before the first traffic, too', over: { phase: 'preparing' }, candidate: 50 },
  {
    what: 'the shares that a bandit moved',
    over: { weights: [bps(4_000), bps(6_000)] },
    candidate: 600,
  },
  {
    what: 'of two candidates, the part of one and the baseline',
    over: { others: [third], weights: [bps(2_000), bps(2_000), bps(6_000)] },
    candidate: 500,
  },
] as const)('what is expected follows $what', ({ over, candidate }) => {
  const rollout: Rollout = { ...plain, ...over };
  const [first] = [{ arm: 'candidate', version: rollout.candidate }];
  const alone = asCandidate(rollout, first, sharesOf(rollout));
  const start = after(rollout.createdAt, 0);
  const recent = [{ start, candidateUnits: 700, baselineUnits: 300 }];
  const evidence = { ...emptyEvidence(alone), recent };
  const { traffic } = courtOf(alone, evidence, after(start, 12_000));
  expect(traffic.candidateUnits).toBeCloseTo(candidate, 9);
  expect(traffic.baselineUnits).toBeCloseTo(1_000 - candidate, 9);
});
