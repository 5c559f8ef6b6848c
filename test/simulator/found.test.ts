import { expect, test } from 'vitest';
import { refTo } from './catalog.ts';
import { declaration, planFor } from './small-world.ts';
import { World } from './world.ts';

// What the simulator once found, as small as it could be made.

/** A world with a rollout that gives its candidate traffic. */
async function withRollout(seed: string, gateways: number): Promise<{ world: World; id: string }> {
  const world = new World({ ...planFor(seed, { type: 'none' }), gateways, requestMs: 40 });
  await world.open();
  void world.people.insist('rollout.start', null, declaration);
  await world.pass(8_000);
  const [id = ''] = world.active();
  expect(world.ledger.rollouts.get(id)).toMatchObject({ phase: 'advancing', stage: 0 });
  return { world, id };
}

test('a gateway whose baseline does not load takes the candidate out nevertheless', async () => {
  const { world, id } = await withRollout('baseline away', 1);
  world.models.broken.add(refTo('tumour', 1).digest);
  world.crashGateway(0, 100);
  await world.pass(3_000);
  const share = (): number => world.gateways[0]?.candidatesOf(id)[0]?.bps ?? 0;
  expect(share()).toBe(500);
  void world.people.insist('rollout.command', { rollout: id }, { command: 'rollback' });
  await world.pass(2_000);
  expect(share()).toBe(0);
});
