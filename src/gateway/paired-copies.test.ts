import { describe, expect, test } from 'vitest';
import { createRig, inferBody, RIG_SECRET } from '../../test/gateway/rig.ts';
import type { Rig } from '../../test/gateway/rig.ts';
import { rolloutRoute, tableWith, versionOf } from '../../test/gateway/tables.ts';
import { createVirtualClock } from '../../test/gateway/virtual-clock.ts';
import type { VirtualClock } from '../../test/gateway/virtual-clock.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import type { Signature } from '../core/catalog/signature.ts';
import { instant, bps } from '../core/lib/units.ts';
import type { Route, RouteMirror } from '../core/routing/table.ts';
import { defaultMirror } from '../core/strategy/stage.ts';
import type { ToldCopy } from '../protocol/feed/feedback.ts';
import { readPredictionId } from '../protocol/inference/prediction-id.ts';
import { CopiedAnswers } from './copied-answers.ts';
import { createMac } from './mac.ts';

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'class', datatype: 'INT64', shape: [-1] }],
};

/** Names the class `named` for every row. */
const naming = (named: bigint): FunctionModel => ({
  predict: ({ inputs }) => {
    const rows = inputs[0]?.shape[0] ?? 0;
    const data = BigInt64Array.from({ length: rows }, () => named);
    return [{ name: 'class', datatype: 'INT64', shape: [rows], data }];
  },
});

const mac = createMac(Buffer.from(RIG_SECRET, 'hex'));

type Started = Rig & { readonly clock: VirtualClock };

/** Two challengers. */
const arms = [1, 2, 3].map((version, at) => {
  const { model, digest } = versionOf(version);
  const name = ['baseline', 'candidate', 'candidate-2'][at] ?? '';
  return { name, role: at === 0 ? 'baseline' : 'candidate', version: { model, version, digest } };
}) as Route['arms'];
const split = arms.map(({ name }, at) => ({ arm: name, bps: bps(at === 0 ? 10_000 : 0) }));

async function started(over: Partial<RouteMirror> = {}): Promise<Started> {
  const clock = createVirtualClock();
  const rig = { ...createRig({ clock }), clock };
  rig.models.set(1, naming(1n));
  rig.models.set(2, naming(2n));
  rig.models.set(3, naming(3n));
  const mirror = { ...defaultMirror, arm: 'candidate', sample: bps(10_000), ...over };
  const versions = [3, 2, 1].map((version) => versionOf(version, { signature }));
  rig.feed.publish(tableWith(1, [rolloutRoute(0, { mirror, arms, split })], versions));
  await rig.gateway.start();
  await clock.pass(10);
  return rig;
}

const toldTo = (rig: Rig): readonly ToldCopy[] =>
  rig.feed.fedBack.flatMap(({ copies }) => copies ?? []);

const predict = (rig: Rig, ...rows: readonly (readonly [number, number])[]) =>
  rig.ask('/v2/models/risk/infer', inferBody(...rows), { 'x-unit-id': 'ada' });

describe('copies of paired challengers', () => {
  test('both classes come to control under the prediction the user got', async () => {
    const rig = await started({ isPaired: true });
    const { headers } = await predict(rig, [1, 2]);
    await rig.clock.pass(3_000);
    const made = readPredictionId(headers.get('x-prediction-id') ?? '', mac);
    expect(toldTo(rig)).toEqual([
      {
        rollout: 'r-1',
        arm: 'candidate',
        nonce: made?.nonce,
        at: made?.at,
        unit: made?.unit,
        user: '1',
        copy: '2',
      },
    ]);
  });

  test('several challengers get copies of the same request, each within its budget', async () => {
    const rig = await started({ isPaired: true, others: ['candidate-2'], perSecondMax: 10 });
    await predict(rig, [1, 2]);
    await rig.clock.pass(3_000);
    const told = toldTo(rig);
    expect(told.map(({ arm, copy }) => [arm, copy])).toEqual([
      ['candidate', '2'],
      ['candidate-2', '3'],
    ]);
    expect(new Set(told.map(({ nonce }) => nonce)).size).toBe(1);
    const metrics = await rig.metrics();
    for (const arm of ['candidate', 'candidate-2']) {
      expect(metrics).toMatch(new RegExp(`copies_sampled_total\\{.*arm="${arm}"\\} 1\n`));
    }
  });

  test('models of numbers are told of by their numbers', async () => {
    const clock = createVirtualClock();
    const rig = createRig({ clock });
    const sampled = { ...defaultMirror, arm: 'candidate', sample: bps(10_000) };
    const mirror: RouteMirror = { ...sampled, isPaired: true };
    rig.feed.publish(tableWith(1, [rolloutRoute(0, { mirror })]));
    await rig.gateway.start();
    await clock.pass(10);
    await predict(rig, [1, 2]);
    await clock.pass(3_000);
    expect(toldTo(rig)).toMatchObject([{ user: 3, copy: 3 }]);
  });

  test('several rows name no class: there is nothing a label could be held against', async () => {
    const rig = await started({ isPaired: true });
    await predict(rig, [1, 2], [3, 4]);
    await rig.clock.pass(3_000);
    expect(toldTo(rig)).toEqual([]);
  });

  test('of a mere shadow nothing is told', async () => {
    const rig = await started();
    await predict(rig, [1, 2]);
    await rig.clock.pass(3_000);
    expect(toldTo(rig)).toEqual([]);
  });

  test('what control does not take is told again', async () => {
    const rig = await started({ isPaired: true });
    rig.feed.isAway = true;
    await predict(rig, [1, 2]);
    await rig.clock.pass(3_000);
    rig.feed.isAway = false;
    await rig.clock.pass(5_000);
    expect(toldTo(rig)).toHaveLength(1);
  });
});

test('answers that wait for control are bounded, and those without room counted', () => {
  const copied = new CopiedAnswers(2);
  const one = { rollout: 'r-1', arm: 'candidate', at: instant(1), unit: 1, user: 'a', copy: 'b' };
  for (const nonce of ['1', '2', '3']) copied.push({ ...one, nonce });
  expect(copied.next().map(({ nonce }) => nonce)).toEqual(['1', '2']);
  expect(copied.dropped).toBe(1);
  copied.confirm(1);
  expect(copied.next().map(({ nonce }) => nonce)).toEqual(['2']);
});
