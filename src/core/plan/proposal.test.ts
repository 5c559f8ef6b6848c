import { describe, expect, test } from 'vitest';
import { usualSpec } from '../../../test/samples.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { specProblems } from '../rollout/spec-problems.ts';
import { canaryOf, presetStages } from '../strategy/presets.ts';
import { plan } from './plan.ts';
import type { Plan } from './plan.ts';
import { withProposal } from './proposal.ts';
import { unattended } from './unattended.ts';

const spec: RolloutSpec = { ...usualSpec, horizonMs: 86_400_000 };
const usual = { errorRate: 0.005, nullRate: 0, medianMs: 20, sigma: 0.5 };

const planOf = (one: RolloutSpec, unitsPerSecond: number): Plan =>
  plan({ spec: one, unitsPerSecond, dayShape: null, usual, rollouts: 5, seed: 1 });

const healthyDone = ({ scenarios }: Plan): number => scenarios[0]?.promoted ?? 0;

describe('what is proposed', () => {
  test.for([
    { unitsPerSecond: 0.02, horizonMs: 86_400_000 },
    { unitsPerSecond: 0.2, horizonMs: 86_400_000 },
    { unitsPerSecond: 2, horizonMs: 4 * 3_600_000 },
    { unitsPerSecond: 20, horizonMs: 20 * 60_000 },
  ])('at $unitsPerSecond a second is sound and does better', ({ unitsPerSecond, horizonMs }) => {
    const before = planOf({ ...spec, horizonMs }, unitsPerSecond);
    expect(before.advice).not.toEqual([]);
    const { proposal } = before;
    if (proposal === null) throw new Error('there is a proposal');
    const better = withProposal({ ...spec, horizonMs }, proposal);
    expect(specProblems(better)).toEqual([]);
    const after = planOf(better, unitsPerSecond);
    expect(after.advice).toEqual([]);
    expect(after.proposal).toBeNull();
    expect(healthyDone(after)).toBeGreaterThan(healthyDone(before));
    expect(healthyDone(after)).toBeGreaterThanOrEqual(0.8);
  });

  test('is nothing where all works, and nothing where nothing would', () => {
    expect(planOf(spec, 50).proposal).toBeNull();
    const { advice, proposal } = planOf(spec, 1e-5);
    expect(advice).not.toEqual([]);
    expect(proposal).toBeNull();
  });
});

test('people who are waited for answer at once', () => {
  const byHand: RolloutSpec = {
    ...spec,
    strategy: { ...canaryOf(presetStages('default', 60_000)), advance: 'manual' },
    followers: [{ kind: 'blue-green', prove: null, proveMs: 0, keepWarmMs: 0, cutOver: 'manual' }],
  };
  expect(unattended(byHand)).toMatchObject({
    strategy: { advance: 'evidence' },
    followers: [{ cutOver: 'automatic' }],
  });
  expect(unattended(spec)).toEqual(spec);
});
