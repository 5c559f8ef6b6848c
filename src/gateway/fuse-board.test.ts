import { describe, expect, test } from 'vitest';
import { createRig } from '../../test/gateway/rig.ts';
import { failing, hanging, infer, started } from '../../test/gateway/started.ts';
import { digestOf, rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import { createVirtualClock } from '../../test/gateway/virtual-clock.ts';
import { bps } from '../core/lib/units.ts';

const all = rolloutRoute(10_000);
const half = rolloutRoute(5_000);

describe('the fuse', () => {
  test('cuts a broken candidate off within 50 requests, and tells control at once', async () => {
    const rig = await started(tableWith(1, [half]), { 2: failing });
    let failed = 0;
    for (let n = 0; n < 200; n += 1) {
      const { status, headers } = await infer(rig, `u${n}`);
      expect(status).toBe(200);
      if (headers.has('x-understudy-fallback')) failed += 1;
    }
    expect(failed).toBe(20);
    await rig.clock.pass(50);
    expect(rig.feed.reports.at(-1)?.fuses).toMatchObject([{ rollout: 'r-1', by: 'gateway' }]);
  });

  test('leaves the other candidates what they have', async () => {
    const third = { model: 'sums', version: 3, digest: digestOf(3) };
    const route = rolloutRoute(4_000);
    const several = {
      ...route,
      arms: [...route.arms, { name: 'candidate-2', role: 'candidate', version: third } as const],
      split: [
        { arm: 'baseline', bps: bps(2_000) },
        { arm: 'candidate', bps: bps(4_000) },
        { arm: 'candidate-2', bps: bps(4_000) },
      ],
    };
    const rig = await started(tableWith(1, [several]), { 3: failing });
    for (let n = 0; n < 300; n += 1) await infer(rig, `u${n}`);
    await rig.clock.pass(50);
    const contender = { arm: 'candidate-2', version: third };
    expect(rig.feed.reports.at(-1)?.fuses).toMatchObject([{ contender, by: 'gateway' }]);
    const [endpoint] = rig.gateway.status().endpoints;
    expect(endpoint?.arms.map(({ effectiveBps }) => effectiveBps)).toEqual([6_000, 4_000, 0]);
    const answering = new Set<string | undefined>();
    for (let n = 0; n < 100; n += 1) {
      answering.add((await infer(rig, `u${n}`)).headers.get('x-understudy-arm'));
    }
    expect(answering).toEqual(new Set(['baseline', 'candidate']));
  });

  test('frees requests that hang on the candidate', async () => {
    const rig = await started(tableWith(1, [rolloutRoute(5_000)]), { 2: hanging });
    const asked = Array.from({ length: 100 }, (_none, n) => infer(rig, `u${n}`));
    await rig.clock.pass(900);
    const replies = await Promise.all(asked);
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  });

  test('stays out after a restart without control, until the rollout is over', async () => {
    const first = await started(tableWith(1, [all]), { 2: failing });
    for (let n = 0; n < 60; n += 1) await infer(first, `u${n}`);
    await first.clock.pass(100);
    const clock = createVirtualClock();
    const second = createRig({ clock, files: first.files });
    second.feed.isAway = true;
    await second.gateway.start();
    await clock.pass(50);
    expect((await infer(second)).headers.get('x-understudy-arm')).toBe('baseline');
    second.feed.isAway = false;
    second.feed.publish(tableWith(2, [rolloutRoute(10_000, { rollout: 'r-2' })]));
    await clock.pass(10_000);
    expect((await infer(second)).headers.get('x-understudy-arm')).toBe('candidate');
    expect(second.gateway.status().endpoints[0]?.fuses).toEqual([]);
  });

  test('a person cuts it on the local socket, with control away', async () => {
    const rig = await started(tableWith(1, [all]));
    rig.feed.isAway = true;
    const order = { endpoint: 'risk', who: 'ada', reason: 'odd scores' };
    const reply = await rig.gateway.handleLocal({
      method: 'POST',
      target: '/rollback',
      headers: new Map(),
      body: new TextEncoder().encode(JSON.stringify(order)),
      signal: new AbortController().signal,
    });
    expect(reply.status).toBe(200);
    expect((await infer(rig)).headers.get('x-model-version')).toBe('1');
    rig.feed.isAway = false;
    await rig.clock.pass(10_000);
    expect(rig.feed.reports.at(-1)?.fuses).toMatchObject([
      { rollout: 'r-1', by: 'person', who: 'ada', sentence: 'odd scores' },
    ]);
  });
});
