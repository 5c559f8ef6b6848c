import { describe, expect, test } from 'vitest';
import { createRig, inferBody } from '../../test/gateway/rig.ts';
import { failing, giving, infer, started } from '../../test/gateway/started.ts';
import { digestOf, plainRoute, rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import { createVirtualClock, settled } from '../../test/gateway/virtual-clock.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';

const plainRefOf = (version: number) => ({ model: 'sums', version, digest: digestOf(version) });

describe('the table', () => {
  test('one that is refused changes nothing, and control hears where it is wrong', async () => {
    const rig = await started(tableWith(1, [plainRoute()]));
    const arms = plainRoute().arms;
    rig.feed.publish(tableWith(2, [plainRoute({ split: [], arms })]));
    await rig.clock.pass(100);
    expect(await infer(rig)).toMatchObject({ status: 200 });
    expect(rig.feed.reports.at(-1)).toMatchObject({
      generation: 1,
      rejected: { generation: 2, message: expect.stringMatching(/^routes\[0\]\.split: /) },
    });
    rig.feed.publish(tableWith(3, [plainRoute()]));
    await rig.clock.pass(100);
    expect(rig.feed.reports.at(-1)).toMatchObject({ generation: 3, rejected: null });
  });

  test('one without a number is refused without haste', async () => {
    const rig = await started(null);
    const { table } = rig.feed;
    let asked = 0;
    rig.feed.table = (after, signal) => {
      asked += 1;
      return table(after, signal);
    };
    rig.feed.publish({ routes: 'none' });
    await rig.clock.pass(20_000);
    expect(asked).toBeLessThan(10);
  });

  test('a route waits for its new baseline, and holds up no other', async () => {
    const slow: FunctionModel = { ...giving(9), loadMs: 5_000 };
    const other = { endpoint: 'fraud' };
    const rig = await started(tableWith(1, [plainRoute(), rolloutRoute(10_000, other)]), {
      3: slow,
    });
    const moved = plainRoute({
      arms: [{ name: 'baseline', role: 'baseline', version: { ...plainRefOf(3) } }],
    });
    rig.feed.publish(tableWith(2, [moved, rolloutRoute(0, other)]));
    await rig.clock.pass(50);
    expect((await infer(rig)).headers.get('x-model-version')).toBe('1');
    const back = await rig.ask('/v2/models/fraud/infer', inferBody([1, 2]));
    expect(back.headers.get('x-model-version')).toBe('1');
    expect(rig.feed.reports.at(-1)?.generation).toBe(1);
    await rig.clock.pass(5_000);
    expect((await infer(rig)).headers.get('x-model-version')).toBe('3');
    expect(rig.feed.reports.at(-1)?.generation).toBe(2);
  });

  test('a version that cannot be loaded keeps its route as it was, and is reported', async () => {
    const rig = await started(tableWith(1, [plainRoute()]), { 3: { ...failing, refusal: 'torn' } });
    const arms = [{ name: 'baseline', role: 'baseline', version: plainRefOf(3) }] as const;
    rig.feed.publish(tableWith(2, [plainRoute({ arms })]));
    await rig.clock.pass(1_100);
    expect((await infer(rig)).headers.get('x-model-version')).toBe('1');
    expect(rig.feed.reports.at(-1)).toMatchObject({
      generation: 2,
      failed: [{ digest: digestOf(3), detail: 'torn' }],
    });
  });

  test('serves from disk without control, and takes what control has when it is back', async () => {
    const { files } = await started(tableWith(9, [plainRoute()]));
    await settled();
    const clock = createVirtualClock();
    const rig = createRig({ clock, files });
    rig.feed.isAway = true;
    await rig.gateway.start();
    await clock.pass(10);
    expect(rig.gateway.isReady()).toBe(true);
    expect(await infer(rig)).toMatchObject({ status: 200 });
    // Control was set up anew: its numbers begin again.
    rig.feed.publish(tableWith(2, [plainRoute({ endpoint: 'fresh' })]));
    rig.feed.isAway = false;
    await clock.pass(10_000);
    expect(rig.gateway.status()).toMatchObject({
      generation: 2,
      endpoints: [{ endpoint: 'fresh' }],
    });
  });

  test('without any table it is not ready, and says so', async () => {
    const rig = await started(null);
    expect(await rig.ask('/v2/health/ready')).toMatchObject({ status: 503 });
    expect(await infer(rig)).toMatchObject({ status: 404, json: { code: 'ENDPOINT_UNKNOWN' } });
  });
});

describe('control that is away', () => {
  const lines = async (awayMs: number): Promise<readonly string[]> => {
    const clock = createVirtualClock();
    const rig = createRig({ clock });
    rig.feed.publish(tableWith(1, [plainRoute()]));
    rig.feed.isAway = true;
    await rig.gateway.start();
    await clock.pass(awayMs);
    rig.feed.isAway = false;
    await clock.pass(6_000);
    return rig.log.lines.filter((line) => line.startsWith('control'));
  };

  test.for([
    { what: 'for as long as it takes to start, is no news', awayMs: 3_000, told: [] },
    {
      what: 'for longer, is told once, and when it is back',
      awayMs: 60_000,
      told: ['control does not answer', 'control answers again'],
    },
  ])('$what', async ({ awayMs, told }) => {
    expect(await lines(awayMs)).toEqual(told);
  });
});
