import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instant } from '../../core/lib/units.ts';
import { verifyReceipt } from '../../core/replay/verify.ts';
import { noThresholds } from '../../core/routing/table.ts';
import { closeBucket, fold, foldCopy, openBucket, splitBucket } from '../../core/telemetry/fold.ts';
import { emptyChange } from '../../ports/store.ts';
import { run } from '../../../test/cli/run.ts';
import { tokenOf } from '../../../test/simulator/admin-desk.ts';
import { feedSegments } from '../../../test/receipts/feed.ts';
import { Town, brisk } from '../../../test/receipts/town.ts';

let town: Town;
beforeEach(async () => {
  town = await Town.open();
  await change({ attributes: [region] });
});
afterEach(() => town.desk.close());

const region = { name: 'region', type: 'text', source: { kind: 'header', header: 'x-region' } };
const params = { endpoint: 'risk' };
const byRegion = { by: 'region', values: ['eu', 'us'] };

async function change(body: unknown): Promise<void> {
  const said = await town.desk.ask('operator', 'endpoint.change', { params, body });
  expect(said.status).toBe(200);
}

const read = async (id: string) =>
  (await town.desk.ask('viewer', 'rollout.read', { params: { rollout: id } })).json();

const abTest = {
  kind: 'ab-test',
  primary: { name: 'reward', kind: 'proportion', expected: '20%', mde: '10%' },
  cycle: '10s',
};
const soon = { triggers: [{ metric: 'error_rate', tolerance: '5%' }] } as const;

// S4: a table by segment, with correction.
describe('an A/B test by segment', () => {
  test.for([
    { what: 'its own, one attribute without a list', of: null, own: byRegion },
    { what: 'its own before those of the endpoint', of: ['sa'], own: [byRegion] },
    { what: 'those of the endpoint', of: ['eu', 'us'], own: undefined },
  ])('$what', async ({ of, own }) => {
    if (of !== null) await change({ segments: [{ by: 'region', values: of }] });
    const segments = own === undefined ? {} : { segments: own };
    const id = await town.start({ strategy: abTest, ...soon, ...segments });
    await town.passUntil(id, ['advancing']);
    expect(town.route.segments).toEqual([byRegion]);
    await feedSegments(town, 25, { eu: [20, 40], other: [20, 20] });
    const { result } = await read(id);
    expect(result).toMatchObject({
      kind: 'ab-test',
      segments: [
        { segment: 'eu', arm: 'candidate', finding: 'better' },
        { segment: 'other', arm: 'candidate', finding: 'none' },
      ],
    });
    await town.command(id, 'promote');
    await town.passUntil(id, ['promoted']);
    expect(verifyReceipt(await town.receipt(id))).toMatchObject({ outcome: 'same' });
  });

  test('without segments there is no table', async () => {
    const id = await town.start({ strategy: abTest, ...soon });
    await town.passUntil(id, ['advancing']);
    await feedSegments(town, 5, { eu: [20, 40] });
    expect((await read(id))['result']).not.toHaveProperty('segments');
  });
});

// S6: the contextual variant, from the declaration to the table and back.
describe('a contextual bandit', () => {
  const reward = { name: 'reward', kind: 'proportion' };
  const strategy = { kind: 'bandit', reward, algorithm: 'linear-thompson', update: '10s' };

  test('each segment gets shares of its own; in the table and the receipt', async () => {
    const id = await town.start({ strategy, ...soon, segments: byRegion });
    await town.passUntil(id, ['advancing']);
    expect(town.route).not.toHaveProperty('segmentSplits');
    await feedSegments(town, 24, { eu: [20, 45], us: [45, 20] });
    const [eu, us, other] = (town.route.segmentSplits ?? []).map((split) =>
      split.map(({ bps }) => bps),
    );
    expect(eu?.[1]).toBeGreaterThan(8_000);
    expect(us?.[0]).toBeGreaterThan(8_000);
    expect(other).toHaveLength(2);
    const { result } = await read(id);
    expect(result).toMatchObject({
      kind: 'bandit',
      segments: [
        { segment: 'eu', arms: [{}, { arm: 'candidate', share: eu?.[1] }] },
        { segment: 'us', arms: [{ arm: 'baseline', share: us?.[0] }, {}] },
        { segment: 'other', arms: [{ units: 0 }, { units: 0 }] },
      ],
    });
    await town.command(id, 'rollback');
    await town.passUntil(id, ['reverted']);
    expect(town.route).not.toHaveProperty('segmentSplits');
    expect(verifyReceipt(await town.receipt(id))).toMatchObject({ outcome: 'same' });
  });

  test.for([
    {
      what: 'nothing to tell apart',
      over: {},
      code: 'SEGMENTS_INVALID',
      path: 'strategy.algorithm',
    },
    {
      what: 'a trigger that would compare other people',
      over: {
        segments: byRegion,
        triggers: ['default', { metric: 'prediction_distribution' }],
      },
      code: 'ROLLOUT_SPEC_INVALID',
      path: 'triggers',
    },
  ])('is refused with $what', async ({ over, code, path }) => {
    const body = { ...brisk, strategy, ...over };
    const said = await town.desk.ask('admin', 'rollout.start', { body });
    expect(said.json()).toMatchObject({ code, path });
  });
});

// S3: how copies agreed, segment by segment.
describe('a shadow by segment', () => {
  const strategy = { kind: 'shadow', sample: '100%', least: '1h' };
  const explain = async (id: string) =>
    (await town.desk.ask('viewer', 'rollout.explain', { params: { rollout: id } })).json();

  test('explain tells agreement with its bound and coverage', async () => {
    const id = await town.start({ strategy, ...soon, segments: byRegion });
    const start = instant(town.desk.clock.now());
    const key = { endpoint: 'risk', rollout: id, revision: 2, arm: 'candidate', version: 2, start };
    const bucket = openBucket({ ...key, bucketMs: 1_000 }, noThresholds, 1_000);
    splitBucket(bucket, ['eu', 'us', 'other'], 1_000);
    for (let unit = 0; unit < 200; unit += 1) {
      const segment = unit % 2;
      foldCopy(bucket, null, segment);
      const compared = { rows: 1, differing: segment };
      fold(bucket, { unit, segment, outcome: 'ok', latencyMs: 1, fallback: false, compared });
    }
    const windows = [{ gateway: 'g9', instance: 'i', window: closeBucket(bucket) }];
    await town.desk.store.commit({ ...emptyChange, windows });
    const { agreement } = await explain(id);
    expect(agreement).toMatchObject({
      segments: [
        { arm: 'candidate', segment: 'eu', units: 100, agreement: 1, sampled: 100, coverage: 1 },
        { arm: 'candidate', segment: 'us', units: 100, agreement: 0, lowerBound: 0 },
      ],
    });
    const server = await town.desk.server.listen({ port: 0, host: '127.0.0.1' });
    const environment = { UNDERSTUDY_TOKEN: tokenOf('viewer') };
    const { stdout } = await run(['rollout', 'explain', id, '--server', server], { environment });
    expect(stdout).toMatch(/ARM +SEGMENT +COMPARED +AGREES +AT LEAST +SAMPLED +COVERAGE/);
    expect(stdout).toMatch(/candidate +eu +100 +100% +9\d\.\d+% +100 +100%/);
  });

  test.for([
    { what: 'nothing is told apart', over: { strategy } },
    { what: 'nothing is copied', over: { segments: byRegion } },
  ])('nothing is said where $what', async ({ over }) => {
    const id = await town.start({ ...soon, ...over });
    expect(await explain(id)).not.toHaveProperty('agreement');
  });
});

describe('a rollout with segments that say nothing is refused', () => {
  test.for([
    {
      segments: { by: 'regoin', values: ['eu'] },
      code: 'SEGMENTS_INVALID',
      path: /^segments\.by$/,
    },
    {
      segments: [{ by: 'region', values: ['eu', 3] }],
      code: 'SEGMENTS_INVALID',
      path: /^segments.0..values.1.$/,
    },
    { segments: { by: 'region', value: ['eu'] }, code: 'INPUT_INVALID', path: /^segments/ },
    { segments: [], code: 'INPUT_INVALID', path: /^segments/ },
    { segments: 'region', code: 'INPUT_INVALID', path: /^segments/ },
  ])('$segments', async ({ segments, code, path }) => {
    const body = { ...brisk, segments };
    const said = await town.desk.ask('admin', 'rollout.start', { body });
    expect([said.status, said.json()['code']]).toEqual([422, code]);
    expect(said.json()['path']).toMatch(path);
  });
});
