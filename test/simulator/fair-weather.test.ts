import { describe, expect, test } from 'vitest';
import type { Rollout } from '../../src/core/rollout/rollout.ts';
import type { Ailment } from './behaviour.ts';
import { declaration, planFor } from './small-world.ts';
import { must } from './trace.ts';
import { World, type Plan } from './world.ts';

/** Starts the rollout and waits for its end. */
async function rollOut(plan: Plan): Promise<{ readonly world: World; readonly rollout: Rollout }> {
  const world = new World(plan);
  await world.open();
  world.faults.begin();
  const asked = world.people.insist('rollout.start', null, declaration);
  await world.pass(5_000);
  expect(await asked).toMatchObject({ type: 'done' });
  await world.pass(1_200_000, () => world.active().length === 0);
  const [rollout] = world.ledger.rollouts.values();
  must(rollout !== undefined, 'there is no rollout');
  return { world, rollout };
}

describe('without any fault', () => {
  test('a candidate that is well is promoted, mostly within ten minutes', async () => {
    const tookMs: number[] = [];
    // How long a single one takes is chance: both versions fail now and then.
    for (const seed of ['a', 'b', 'c']) {
      const { world, rollout } = await rollOut(planFor(seed, { type: 'none' }));
      expect(rollout).toMatchObject({ phase: 'promoted' });
      tookMs.push(world.timeline.nowMs);
    }
    expect(tookMs.sort((one, other) => one - other)[1]).toBeLessThan(600_000);
  });

  const ailments: readonly Ailment[] = [
    { type: 'errors', chance: 0.05 },
    { type: 'errors', chance: 1 },
    { type: 'nans', chance: 0.05 },
    { type: 'nans', chance: 1 },
    { type: 'crashes', chance: 0.2 },
    { type: 'hangs', chance: 0.3 },
    { type: 'hangs', chance: 1 },
    { type: 'slow', factor: 4 },
    { type: 'unloadable' },
  ];
  test.for(ailments)('a candidate that ails is taken out: %j', async (ailment) => {
    const { world, rollout } = await rollOut(planFor(JSON.stringify(ailment), ailment));
    expect(rollout.phase).toBe('reverted');
    expect(rollout.cause?.by).not.toBe('person');
    // Whoever was unlucky got the baseline's answer: only the usual errors of both arms are left.
    const { answered, failed } = world.clients;
    expect(failed / (answered + failed)).toBeLessThan(0.01);
  });
});

test('a candidate that is well is not taken out for incidents that hit both arms', async () => {
  const plan = planFor('incidents', { type: 'none' }, { incidentMs: 15_000 });
  const { world, rollout } = await rollOut(plan);
  expect(rollout).toMatchObject({ phase: 'promoted' });
  expect(world.coverage.count('an incident hit both arms')).toBeGreaterThan(2);
});
