import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { declared, openDesk, type Desk } from '../../../test/simulator/admin-desk.ts';
import { obedientGateway } from '../../../test/simulator/obedient-gateway.ts';
import { verifyReceipt } from '../../core/replay/verify.ts';
import { parseReceipt } from '../../protocol/admin/receipt.ts';
import { tableOf } from '../state.ts';

let desk: Desk;
beforeEach(async () => void (desk = await openDesk()));
afterEach(() => desk.close());

const strategy = {
  kind: 'ab-test',
  primary: { name: 'reward', kind: 'ratio', expected: 0.6, mde: 0.1, sd: 0.4 },
};

type Shown = {
  readonly id: string;
  readonly phase: string;
  readonly sliceBps: number;
  readonly code: string;
  readonly error: string;
};

/** Starts a test with a slice, and says what is shown of it. */
async function start(candidate: string, slice: string, over: object = {}): Promise<Shown> {
  const body = { ...declared('risk', candidate), strategy, slice, ...over };
  return (await desk.ask('operator', 'rollout.start', { body })).json() as unknown as Shown;
}

const read = async (id: string): Promise<Shown> =>
  (await desk.ask('viewer', 'rollout.read', { params: { rollout: id } })).json() as never;

const command = (id: string, kind: string) =>
  desk.ask('admin', 'rollout.command', {
    params: { rollout: id },
    body: { command: kind, reason: 'because' },
  });

const served = async (): Promise<unknown> =>
  (await desk.ask('viewer', 'endpoint.read', { params: { endpoint: 'risk' } })).json()['version'];

const pass = obedientGateway(() => desk);

describe('tests beside each other', () => {
  test('have slices that share nobody, and keep them', async () => {
    const first = await start('tumour@2', '30%');
    const second = await start('tumour@3', '50%');
    await pass(7);
    const [route] = tableOf(desk.context.journal.state()).routes.filter(
      ({ endpoint }) => endpoint === 'risk',
    );
    expect(route?.lanes?.map(({ slice: { fromBps, toBps } }) => [fromBps, toBps])).toEqual([
      [0, 3_000],
      [3_000, 8_000],
    ]);
    expect(await read(second.id)).toMatchObject({ phase: 'advancing', sliceBps: 5_000 });
    await command(first.id, 'rollback');
    await pass(2);
    expect((await read(first.id)).phase).toBe('reverted');
    expect((await read(second.id)).phase).toBe('advancing');
    const third = await start('tumour@2', '20%');
    expect(third).toMatchObject({ phase: 'preparing', sliceBps: 2_000 });
  });

  test('are refused where there is no room, and wait for it where they may', async () => {
    const first = await start('tumour@2', '60%');
    expect(await start('tumour@3', '50%')).toMatchObject({
      code: 'ROLLOUT_NO_ROOM',
      error: expect.stringContaining('free in one piece: 40 %'),
    });
    const second = await start('tumour@3', '50%', { onBusy: 'queue' });
    expect(second.phase).toBe('queued');
    await command(first.id, 'cancel');
    await pass(7);
    expect((await read(second.id)).phase).toBe('advancing');
  });

  test('and a rollout that wants all exclude each other', async () => {
    await start('tumour@2', '30%');
    const said = await desk.ask('operator', 'rollout.start', {
      body: declared('risk', 'tumour@3'),
    });
    expect(said.json()).toMatchObject({ code: 'ROLLOUT_ACTIVE' });
    const canary = { ...declared('risk', 'tumour@3'), slice: '20%' };
    const odd = await desk.ask('operator', 'rollout.start', { body: canary });
    expect(odd.json()).toMatchObject({ code: 'ROLLOUT_SPEC_INVALID', path: 'slice' });
  });

  test('go on when one of them is promoted, and each can be decided again', async () => {
    const first = await start('tumour@2', '30%');
    const second = await start('tumour@3', '50%');
    await pass(7);
    await command(first.id, 'promote');
    await pass(2);
    expect((await read(first.id)).phase).toBe('promoted');
    expect(await served()).toMatchObject({ version: 2 });
    expect(await read(second.id)).toMatchObject({ phase: 'advancing', baseline: { version: 1 } });
    await command(second.id, 'promote');
    await desk.timeline.advance(10);
    await command(second.id, 'rollback');
    await pass(2);
    // It goes back to what was in production, not to what it was compared with.
    expect(await served()).toMatchObject({ version: 2 });
    for (const { id } of [first, second]) {
      const said = await desk.ask('viewer', 'rollout.receipt', { params: { rollout: id } });
      const receipt = parseReceipt(JSON.parse(said.text));
      expect(said.text).not.toContain('layerSalt');
      expect(verifyReceipt(receipt)).toMatchObject({ outcome: 'same' });
    }
  });

  test('are each told what came back about them', async () => {
    const ids = [(await start('tumour@2', '30%')).id, (await start('tumour@3', '50%')).id];
    const asked = { params: { endpoint: 'risk' } };
    const said = await desk.ask('viewer', 'feedback.read', asked);
    expect(said.json()).toMatchObject({ rollout: { id: ids[0] }, beside: [{ id: ids[1] }] });
  });

  test('all go back when somebody takes the endpoint back', async () => {
    const ids = [(await start('tumour@2', '30%')).id, (await start('tumour@3', '30%')).id];
    await pass(7);
    const asked = { params: { endpoint: 'risk' }, body: { reason: 'it burns' } };
    const said = await desk.ask('operator', 'endpoint.rollback', asked);
    expect(said.json()).toMatchObject({ changed: true, rollouts: ids, version: { version: 1 } });
    await pass(2);
    for (const id of ids) expect((await read(id)).phase).toBe('reverted');
  });

  test('have a line each in the status', async () => {
    await start('tumour@2', '30%');
    await start('tumour@3', '50%');
    const { text } = await desk.ask('viewer', 'status.read');
    const { endpoints } = JSON.parse(text) as { endpoints: readonly { endpoint: string }[] };
    expect(endpoints.filter(({ endpoint }) => endpoint === 'risk')).toMatchObject([
      { candidate: 'tumour@2', sliceBps: 3_000 },
      { candidate: 'tumour@3', sliceBps: 5_000 },
    ]);
  });
});
