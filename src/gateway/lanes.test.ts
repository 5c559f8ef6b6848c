import { describe, expect, test } from 'vitest';
import { createRig, inferBody, type Rig } from '../../test/gateway/rig.ts';
import { plainRoute, rolloutRoute, digestOf, tableWith } from '../../test/gateway/tables.ts';
import { createVirtualClock, type VirtualClock } from '../../test/gateway/virtual-clock.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import { WHOLE_BPS, bps } from '../core/lib/units.ts';
import { compileSlice, inSlice } from '../core/routing/slice.ts';
import type { Arm, Lane } from '../core/routing/table.ts';

type Started = Rig & { readonly clock: VirtualClock };

const salt = 'cd'.repeat(16);
const units = Array.from({ length: 200 }, (_, i) => `u${i}`);

/** Half of the slice gets a version of its own. */
function laneOf(id: string, [fromBps, toBps]: readonly [number, number], version: number): Lane {
  const { split } = rolloutRoute(5_000);
  const [baseline] = plainRoute().arms;
  const candidate: Arm = {
    name: 'candidate',
    role: 'candidate',
    version: { model: 'sums', version, digest: digestOf(version) },
  };
  const arms = baseline === undefined ? [candidate] : [baseline, candidate];
  return {
    slice: { salt, fromBps: bps(fromBps), toBps: bps(toBps) },
    route: rolloutRoute(5_000, { rollout: id, salt: id.padEnd(32, '0'), arms, split }),
  };
}

const lanes = [laneOf('a', [0, 4_000], 2), laneOf('b', [4_000, 7_000], 3)];

async function started(
  given: readonly Lane[] = lanes,
  models: ReadonlyMap<number, FunctionModel> = new Map(),
): Promise<Started> {
  const clock = createVirtualClock();
  const rig = createRig({ clock });
  for (const [version, model] of models) rig.models.set(version, model);
  rig.feed.publish(tableWith(1, [plainRoute({ lanes: given })]));
  await rig.gateway.start();
  await clock.pass(10);
  return { ...rig, clock };
}

/** Which version answers each unit. */
async function versions(rig: Rig): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const unit of units) {
    const { headers } = await rig.ask('/v2/models/risk/infer', inferBody([1, 2]), {
      'x-unit-id': unit,
    });
    found.set(unit, headers.get('x-model-version') ?? '');
  }
  return found;
}

const within = (lane: Lane | undefined, unit: string): boolean =>
  lane !== undefined && inSlice(unit, compileSlice(lane.slice));

describe('a gateway with two tests at one endpoint', () => {
  test('answers each unit by its slice, and everybody else from production', async () => {
    const rig = await started();
    const answers = await versions(rig);
    const [a, b] = lanes;
    const seen = new Set<string>();
    for (const [unit, version] of answers) {
      const allowed = within(a, unit) ? ['1', '2'] : within(b, unit) ? ['1', '3'] : ['1'];
      expect(allowed).toContain(version);
      seen.add(`${within(a, unit) ? 'a' : within(b, unit) ? 'b' : 'none'} ${version}`);
    }
    expect([...seen].sort()).toEqual(['a 1', 'a 2', 'b 1', 'b 3', 'none 1']);
  });

  test('keeps evidence and exposures of each apart', async () => {
    const rig = await started();
    const answers = await versions(rig);
    await rig.clock.pass(15_000);
    const requests = new Map<string, number>();
    for (const { rollout, arm, requests: count } of rig.windows()) {
      requests.set(`${rollout} ${arm}`, count);
    }
    const of = (lane: Lane | undefined, version: string): number =>
      units.filter((unit) => within(lane, unit) && answers.get(unit) === version).length;
    expect(Object.fromEntries(requests)).toEqual({
      'a baseline': of(lanes[0], '1'),
      'a candidate': of(lanes[0], '2'),
      'b baseline': of(lanes[1], '1'),
      'b candidate': of(lanes[1], '3'),
      'null baseline': units.filter((unit) => !lanes.some((lane) => within(lane, unit))).length,
    });
    const exposed = rig.feed.fedBack.flatMap(({ exposures }) => exposures);
    expect(new Set(exposed.map(({ rollout }) => rollout))).toEqual(new Set(['a', 'b']));
  });

  const fusesOf = (rig: Rig) =>
    rig.gateway.status().endpoints.map(({ rollout, fuses }) => [rollout, fuses.length]);

  test('cuts a candidate off that fails, and leaves the one of the other test', async () => {
    const broken = { predict: () => Promise.reject(new Error('broken')) };
    const rig = await started(lanes, new Map([[2, broken]]));
    const answers = await versions(rig);
    expect(fusesOf(rig)).toEqual([
      [null, 0],
      ['a', 1],
      ['b', 0],
    ]);
    expect(new Set(answers.values())).toEqual(new Set(['1', '3']));
  });

  test('takes all candidates out for whoever stands at the machine', async () => {
    const rig = await started();
    const { status } = await rig.gateway.handleLocal({
      method: 'POST',
      target: '/rollback',
      headers: new Map(),
      body: Buffer.from(JSON.stringify({ endpoint: 'risk', who: 'ada', reason: 'by hand' })),
      signal: new AbortController().signal,
    });
    expect(status).toBe(200);
    expect(new Set((await versions(rig)).values())).toEqual(new Set(['1']));
    expect(fusesOf(rig)).toEqual([
      [null, 0],
      ['a', 1],
      ['b', 1],
    ]);
  });

  test('gives whoever was in a test that is over the version in production', async () => {
    const rig = await started();
    const before = await versions(rig);
    rig.feed.publish(tableWith(2, [plainRoute({ lanes: lanes.slice(1) })]));
    await rig.clock.pass(10);
    const after = await versions(rig);
    for (const unit of units) {
      expect(after.get(unit)).toBe(within(lanes[0], unit) ? '1' : before.get(unit));
    }
  });

  test('goes on with a baseline that is not in production any more', async () => {
    const rig = await started();
    const before = await versions(rig);
    const arms: readonly Arm[] = [
      {
        name: 'baseline',
        role: 'baseline',
        version: { model: 'sums', version: 2, digest: digestOf(2) },
      },
    ];
    rig.feed.publish(tableWith(2, [plainRoute({ arms, lanes: lanes.slice(1) })]));
    await rig.clock.pass(10);
    expect(rig.gateway.isReady()).toBe(true);
    const after = await versions(rig);
    for (const unit of units) {
      expect(after.get(unit)).toBe(within(lanes[1], unit) ? before.get(unit) : '2');
    }
    const [whole] = rig.gateway.status().endpoints;
    expect(whole?.arms).toMatchObject([{ version: 2, effectiveBps: WHOLE_BPS }]);
  });
});
