import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { declared, openDesk, type Desk } from '../../../test/simulator/admin-desk.ts';
import { obedientGateway } from '../../../test/simulator/obedient-gateway.ts';

let desk: Desk;
beforeEach(async () => void (desk = await openDesk()));
afterEach(() => desk.close());

type Shown = { readonly id: string; readonly phase: string; readonly doing: string };

/** Starts a rollout of a version, and says what is shown of it. */
async function start(candidate: string, over: object = {}): Promise<Shown> {
  const body = { ...declared('risk', candidate), ...over };
  const said = await desk.ask('operator', 'rollout.start', { body });
  expect(said.status).toBe(201);
  return said.json() as unknown as Shown;
}

const read = async (id: string): Promise<Shown> =>
  (await desk.ask('viewer', 'rollout.read', { params: { rollout: id } })).json() as never;

const command = (id: string, kind: string) =>
  desk.ask('admin', 'rollout.command', {
    params: { rollout: id },
    body: { command: kind, reason: 'because' },
  });

const audited = async (id: string): Promise<readonly unknown[]> =>
  (await desk.audit())
    .filter(({ subject }) => subject === `rollout/${id}`)
    .map(({ actor, action, reason }) => `${actor} ${action}: ${reason}`);

const pass = obedientGateway(() => desk);

describe('a rollout that waits', () => {
  test('is listed with what it waits for, and begins when the endpoint is free', async () => {
    const first = await start('tumour@2');
    const second = await start('tumour@3', { onBusy: 'queue', reason: 'next one' });
    await pass(7);
    expect(await read(second.id)).toMatchObject({
      phase: 'queued',
      doing: `Waits for ${first.id}, which is advancing.`,
    });
    const explained = { params: { rollout: second.id } };
    const why = await desk.ask('viewer', 'rollout.explain', explained);
    expect(why.json()).toMatchObject({
      rollout: { doing: `Waits for ${first.id}, which is advancing.` },
      wants: [],
      history: [{ action: 'rollout.queue', reason: 'next one' }],
    });
    const { text } = await desk.ask('viewer', 'rollout.list', { query: { active: 'true' } });
    expect(JSON.parse(text)).toMatchObject([{ id: second.id }, { id: first.id }]);
    await command(first.id, 'rollback');
    await pass(3);
    expect((await read(first.id)).phase).toBe('reverted');
    expect((await read(second.id)).phase).toBe('advancing');
    expect(await audited(second.id)).toEqual([
      'operator rollout.queue: next one',
      'operator rollout.start: its turn came: the endpoint is free',
      expect.stringContaining('rollout.advance'),
    ]);
  });

  test('goes on waiting in a control process that is started anew', async () => {
    const first = await start('tumour@2');
    const second = await start('tumour@3', { onBusy: 'queue' });
    const { store, timeline } = desk;
    await desk.close();
    desk = await openDesk({ store, timeline, seed: 'anew' });
    expect((await read(second.id)).phase).toBe('queued');
    await command(first.id, 'cancel');
    await pass(1);
    expect((await read(second.id)).phase).toBe('preparing');
  });

  test('is taken out by hand, and has no receipt', async () => {
    await start('tumour@2');
    const { id } = await start('tumour@3', { onBusy: 'queue' });
    expect((await command(id, 'cancel')).json()).toMatchObject({ phase: 'cancelled' });
    const said = await desk.ask('viewer', 'rollout.receipt', { params: { rollout: id } });
    expect(said.json()).toMatchObject({ code: 'RECEIPT_NOT_BEGUN' });
  });

  test('ends with the reason when its turn comes and it no longer fits', async () => {
    const first = await start('tumour@2');
    const second = await start('tumour@2', { onBusy: 'queue' });
    await pass(7);
    await command(first.id, 'promote');
    await pass(2);
    expect(await read(second.id)).toMatchObject({
      phase: 'cancelled',
      doing: 'tumour@2 is what risk serves already.',
    });
  });

  test('is taken out when somebody takes the whole endpoint back', async () => {
    const first = await start('tumour@2');
    const { id } = await start('tumour@3', { onBusy: 'queue' });
    const asked = { params: { endpoint: 'risk' }, body: { reason: 'it burns' } };
    await desk.ask('operator', 'endpoint.rollback', asked);
    expect((await read(first.id)).phase).toBe('reverting');
    expect((await read(id)).phase).toBe('cancelled');
    expect(await audited(id)).toContain(
      'operator rollout.cancel: taken out when risk went back: it burns',
    );
  });
});

test('what supersedes sends what goes on back first, and then begins', async () => {
  const first = await start('tumour@2');
  await pass(7);
  expect((await read(first.id)).phase).toBe('advancing');
  const second = await start('tumour@3', { onBusy: 'supersede', reason: 'a fix' });
  expect(second.phase).toBe('queued');
  expect((await read(first.id)).phase).toBe('reverting');
  await pass(3);
  expect((await read(first.id)).phase).toBe('reverted');
  expect((await read(second.id)).phase).toBe('advancing');
  expect(await audited(first.id)).toContain(
    `operator rollout.cancel: superseded by ${second.id}: a fix`,
  );
});

test('a baseline that is not in production is refused', async () => {
  const body = { ...declared('risk', 'tumour@2'), baseline: 'tumour@3' };
  const said = await desk.ask('operator', 'rollout.start', { body });
  expect(said.json()).toMatchObject({ code: 'ROLLOUT_BASELINE_DIFFERS', path: 'baseline' });
});
