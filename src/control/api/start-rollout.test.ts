import { expect, test } from 'vitest';
import { declared, openDesk } from '../../../test/simulator/admin-desk.ts';

test('rollouts are in the order of their starts, also on a clock that is set back', async () => {
  const desk = await openDesk();
  const started: unknown[] = [];
  for (const candidate of ['tumour@2', 'tumour@3', 'tumour@2']) {
    const said = await desk.ask('admin', 'rollout.start', { body: declared('risk', candidate) });
    const { id } = said.json();
    started.push(id);
    const asked = { params: { rollout: String(id) }, body: { command: 'cancel', reason: 'next' } };
    await desk.ask('admin', 'rollout.command', asked);
    desk.clock.jump(-3_600_000);
  }
  const listed = async (from: typeof desk): Promise<readonly unknown[]> => {
    const { text } = await from.ask('viewer', 'rollout.list');
    return (JSON.parse(text) as readonly { readonly id: string }[]).map(({ id }) => id);
  };
  expect(await listed(desk)).toEqual(started.toReversed());
  const reopened = await openDesk({ store: desk.store, timeline: desk.timeline });
  expect(await listed(reopened)).toEqual(started.toReversed());
  await reopened.close();
  await desk.close();
});

test('a candidate without golden rows is refused where they are required', async () => {
  const desk = await openDesk();
  const body = { ...declared('risk', 'tumour@2'), golden: 'required' };
  const said = await desk.ask('admin', 'rollout.start', { body });
  expect(said.json()).toMatchObject({
    code: 'ROLLOUT_GOLDEN_MISSING',
    path: 'golden',
    error: 'tumour@2 was pushed without golden rows, and they are required.',
  });
  const { text } = await desk.ask('viewer', 'rollout.list');
  expect(JSON.parse(text)).toEqual([]);
  await desk.close();
});
