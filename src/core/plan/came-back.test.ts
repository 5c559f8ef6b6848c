import { expect, test } from 'vitest';
import { banditSpec } from '../../../test/outcome-specs.ts';
import { judgedRollout, outcomesBegan } from '../../../test/outcome-samples.ts';
import { prng } from '../lib/prng.ts';
import { instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { BanditAlgorithm } from '../strategy/outcome-spec.ts';
import { cameBack } from './came-back.ts';

const reward = { name: 'reward', kind: 'proportion', better: 'higher' } as const;

function rolloutOf(algorithm: BanditAlgorithm): Rollout {
  const rollout = judgedRollout(banditSpec({ algorithm, candidates: 1, stop: null }));
  const segments = [{ by: 'region', values: ['eu', 'us'] }];
  return { ...rollout, spec: { ...rollout.spec, segments } };
}

// Which users will come nobody knows; a plan must not stand still for that.
test.each([
  { algorithm: 'linear-thompson', segments: ['other'] },
  { algorithm: 'thompson-beta', segments: undefined },
] as const)('$algorithm is planned with users in $segments', ({ algorithm, segments }) => {
  const metrics = [{ of: reward, mean: 0.2, sd: 1 }];
  const back = cameBack({ metrics, maturityMs: 0, labelled: 1 }, metrics);
  const served = { start: outcomesBegan, spanMs: 60_000, revision: 1, shares: [0.5, 0.5] };
  back.add(prng('plan'), { ...served, units: [300, 200] });
  const [outcome] = back.outcomes(rolloutOf(algorithm), instant(outcomesBegan + 120_000));
  expect(outcome?.arms.map(({ units }) => units)).toEqual([300, 200]);
  expect(outcome?.segments?.map(({ segment }) => segment)).toEqual(segments);
  const told = outcome?.segments?.map(({ arms }) => arms) ?? [outcome?.arms];
  expect(told).toEqual([outcome?.arms]);
});
