import { describe, expect, test } from 'vitest';
import { createRig, inferBody, sums, type Reply, type Rig } from '../../test/gateway/rig.ts';
import { mirrorOfAll as mirror, plainRoute } from '../../test/gateway/tables.ts';
import { rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import { createVirtualClock, type VirtualClock } from '../../test/gateway/virtual-clock.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import type { AttributeDeclaration } from '../core/audience/attribute.ts';
import type { Route } from '../core/routing/table.ts';
import type { Segments } from '../core/segment/segments.ts';
import type { SegmentFigures } from '../core/telemetry/window.ts';
import { segmentReader } from './segment.ts';

const attributes: readonly AttributeDeclaration[] = [
  { name: 'region', type: 'text', source: { kind: 'header', header: 'x-region' } },
  { name: 'age', type: 'number', source: { kind: 'pointer', pointer: '/parameters/user/age' } },
];
const segments: Segments = [{ by: 'region', values: ['eu', 'us'] }];

type Started = Rig & { readonly clock: VirtualClock };

async function started(route: Route, models: Readonly<Record<number, FunctionModel>> = {}) {
  const clock = createVirtualClock();
  const rig: Started = { ...createRig({ clock }), clock };
  for (const [version, model] of Object.entries(models)) rig.models.set(Number(version), model);
  rig.feed.publish(tableWith(1, [route]));
  await rig.gateway.start();
  await clock.pass(10);
  return rig;
}

let units = 0;
function infer(rig: Rig, region?: string): Promise<Reply> {
  units += 1;
  const headers = { 'x-unit-id': `u${units}`, ...(region ? { 'x-region': region } : {}) };
  return rig.ask('/v2/models/risk/infer', inferBody([1, 2]), headers);
}

/** The parts of all closed windows of an arm: segment and requests. */
async function partsOf(rig: Started, arm: string): Promise<readonly (SegmentFigures | null)[]> {
  await rig.clock.pass(30_000);
  return rig
    .windows()
    .filter((window) => window.arm === arm)
    .flatMap((window): readonly (SegmentFigures | null)[] => window.segments ?? [null]);
}

describe('the segment of a request', () => {
  test.each<{
    readonly segments: Segments;
    readonly age?: number | string | object;
    readonly index: number;
  }>([
    { segments, index: 1 },
    { segments: [{ by: 'age', values: [18, 65] }], age: 65, index: 1 },
    { segments: [{ by: 'age', values: [18, 65] }], age: '65', index: 1 },
    { segments: [{ by: 'age', values: [18, 65] }], age: { is: 'none' }, index: 2 },
    { segments: [...segments, { by: 'age', values: [18] }], age: 18, index: 2 },
    { segments: [...segments, { by: 'age', values: [18] }], index: 3 },
  ])('$segments, age $age: $index', ({ segments: declared, age, index }) => {
    const read = segmentReader({ ...plainRoute(), attributes, segments: declared });
    const headers = new Map([['x-region', 'us']]);
    expect(read?.({ headers, json: { parameters: { user: { age } } } })).toBe(index);
  });

  test('there is none where none is declared, and one without a body', () => {
    expect(segmentReader(plainRoute())).toBeNull();
    const read = segmentReader({ ...plainRoute(), attributes, segments });
    expect(read?.({ headers: new Map(), json: null })).toBe(2);
  });
});

describe('windows', () => {
  test('tell segments apart, at an endpoint without a rollout too', async () => {
    const rig = await started(plainRoute({ attributes, segments }));
    for (const region of ['eu', 'us', 'eu', 'mars', undefined]) await infer(rig, region);
    const parts = await partsOf(rig, 'baseline');
    expect(parts.map((part) => [part?.segment, part?.requests, part?.outcomes.ok])).toEqual([
      ['eu', 2, 2],
      ['other', 2, 2],
      ['us', 1, 1],
    ]);
  });

  test('of whoever is outside an audience tell them apart, too', async () => {
    const audience = 'region == eu';
    const rig = await started(rolloutRoute(10_000, { attributes, segments, audience }));
    for (const region of ['eu', 'us', 'us']) await infer(rig, region);
    expect(await partsOf(rig, 'outside')).toMatchObject([{ segment: 'us', requests: 2 }]);
    expect(await partsOf(rig, 'candidate')).toMatchObject([{ segment: 'eu', requests: 1 }]);
  });

  test('tell how copies agreed in each segment, and how many there were', async () => {
    const wrong: FunctionModel = {
      predict: ({ inputs }) => sums(inputs).map((one) => ({ ...one, data: new Float32Array([0]) })),
    };
    const route = rolloutRoute(0, { attributes, segments, mirror });
    const rig = await started(route, { 2: wrong });
    for (const region of ['eu', 'eu', 'us']) await infer(rig, region);
    expect(await partsOf(rig, 'candidate')).toMatchObject([
      { segment: 'eu', copies: { sampled: 2 }, losses: { disagree: { units: 2, sum: 2 } } },
      { segment: 'us', copies: { sampled: 1 }, losses: { disagree: { units: 1, sum: 1 } } },
    ]);
  });

  test('have no parts where no segments are declared', async () => {
    const rig = await started(plainRoute({ attributes }));
    await infer(rig, 'eu');
    expect(await partsOf(rig, 'baseline')).toEqual([null]);
  });
});

test('segments with shares of their own get them, and ids say which share it was', async () => {
  const split = (share: number) => rolloutRoute(share).split;
  const segmentSplits = [split(9_900), split(100), split(0)];
  const rig = await started(rolloutRoute(5_000, { attributes, segments, segmentSplits }));
  const armsOf = async (region: string): Promise<readonly string[]> => {
    const replies = await Promise.all(Array.from({ length: 60 }, () => infer(rig, region)));
    return replies.map(({ headers }) => headers.get('x-understudy-arm') ?? '');
  };
  const part = (arms: readonly string[]): number =>
    arms.filter((arm) => arm === 'candidate').length / arms.length;
  expect(part(await armsOf('eu'))).toBeGreaterThan(0.9);
  expect(part(await armsOf('us'))).toBeLessThan(0.1);
  expect(part(await armsOf('mars'))).toBe(0);
  for (const region of ['eu', 'mars']) {
    const id = (await infer(rig, region)).headers.get('x-prediction-id');
    const asked = rig.ask('/v1/feedback', { prediction_id: id, reward: 1 });
    await rig.clock.pass(3_000);
    expect((await asked).status).toBe(200);
  }
  const origins = rig.feed.fedBack.flatMap((batch) => batch.origins);
  expect(origins).toMatchObject([
    { segment: 'eu', assigned: 'candidate', shareBps: 9_900 },
    { segment: 'other', assigned: 'baseline', shareBps: 10_000 },
  ]);
});

describe('what comes back', () => {
  const route = rolloutRoute(10_000, { attributes, segments });
  const idOf = ({ headers }: Reply): string => headers.get('x-prediction-id') ?? '';
  async function tell(rig: Started, id: string): Promise<void> {
    const asked = rig.ask('/v1/feedback', { prediction_id: id, reward: 1 });
    await rig.clock.pass(3_000);
    expect((await asked).status).toBe(200);
  }

  test('is of the segment that the prediction id names', async () => {
    const rig = await started(route);
    for (const region of ['eu', 'mars']) await tell(rig, idOf(await infer(rig, region)));
    const origins = rig.feed.fedBack.flatMap((batch) => batch.origins);
    expect(origins).toMatchObject([
      { assigned: 'candidate', rollout: 'r-1', segment: 'eu' },
      { assigned: 'candidate', rollout: 'r-1', segment: 'other' },
    ]);
  });

  test('units are told of in each segment they are seen in, once', async () => {
    const rig = await started(route);
    const ask = (region: string): Promise<Reply> =>
      rig.ask('/v2/models/risk/infer', inferBody([1, 2]), { 'x-unit-id': 'a', 'x-region': region });
    for (const region of ['eu', 'us', 'eu']) await ask(region);
    await rig.clock.pass(3_000);
    const exposures = rig.feed.fedBack.flatMap((batch) => batch.exposures);
    const seen = exposures.map(({ segment, units: told }) => [segment, told.length]);
    expect(seen).toEqual([
      ['eu', 1],
      ['us', 1],
    ]);
  });

  test('outside a rollout names no segment', async () => {
    const rig = await started(plainRoute({ attributes, segments }));
    await tell(rig, idOf(await infer(rig, 'eu')));
    const [origin] = rig.feed.fedBack.flatMap((batch) => batch.origins);
    expect(origin).not.toHaveProperty('segment');
  });
});
