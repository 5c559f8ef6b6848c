import { describe, expect, test } from 'vitest';
import { endpointSample, refSample, rolloutSample, versionSample } from '../../../test/samples.ts';
import { invariant } from '../lib/invariant.ts';
import { instant } from '../lib/units.ts';
import { emptyTable, project } from '../routing/project.ts';
import { defaultChecks } from '../strategy/presets.ts';
import { QUEUE_MAX, moveQueues, requestRollout } from './queue.ts';
import type { QueueWorld, RolloutWish } from './queue.ts';
import type { FuseReport } from './fleet.ts';
import { hasBegun } from './rollout.ts';
import type { Phase, Rollout } from './rollout.ts';
import type { RolloutSpec } from './spec.ts';
import { tick } from './tick.ts';

const now = instant(1_800_000_000_000);
const later = instant(now + 60_000);
const spec: RolloutSpec = {
  ...rolloutSample('risk', 'preparing').spec,
  checks: defaultChecks(null),
};
const models = [
  { name: 'tumour', versions: [4, 3, 2, 1].map((version) => versionSample(version)) },
];
const free: QueueWorld = { endpoints: [endpointSample('risk')], rollouts: [], models, now };

const wish = (over: Partial<RolloutSpec> = {}, id = 'r-9'): RolloutWish => ({
  id,
  endpoint: 'risk',
  candidate: { model: 'tumour', version: 3 },
  spec: { ...spec, ...over },
  salt: 'ab'.repeat(16),
  createdBy: 'ada',
  reason: 'faster',
  now,
});

const going = (phase: Phase, over: Partial<Rollout> = {}): Rollout =>
  rolloutSample('risk', phase, { id: 'r-1', spec, ...over });

/** Asks for a rollout that must be let in. */
function asked(over: Partial<RolloutSpec>, world: QueueWorld, id?: string) {
  const result = requestRollout(wish(over, id), world);
  invariant(result.ok, result.ok ? '' : result.error.sentence);
  return result.value;
}

const waiting = (over: Partial<RolloutSpec> = {}, id = 'r-9'): Rollout =>
  asked({ onBusy: 'queue', ...over }, { ...free, rollouts: [going('advancing')] }, id).rollout;

describe('a rollout that is asked for', () => {
  test.for([
    { onBusy: undefined, busy: null, becomes: 'preparing' },
    { onBusy: 'queue', busy: null, becomes: 'preparing' },
    { onBusy: 'supersede', busy: null, becomes: 'preparing' },
    { onBusy: 'queue', busy: 'advancing', becomes: 'queued' },
    { onBusy: 'queue', busy: 'queued', becomes: 'queued' },
    { onBusy: 'queue', busy: 'reverted', becomes: 'preparing' },
    { onBusy: 'supersede', busy: 'advancing', becomes: 'queued', ends: 'reverting' },
    { onBusy: 'supersede', busy: 'promoting', becomes: 'queued', ends: 'reverting' },
    { onBusy: 'supersede', busy: 'reverting', becomes: 'queued', ends: 'reverting' },
    { onBusy: 'supersede', busy: 'preparing', becomes: 'preparing', ends: 'cancelled' },
    { onBusy: 'supersede', busy: 'queued', becomes: 'preparing', ends: 'cancelled' },
  ] as const)('with $onBusy while another is $busy: $becomes', (row) => {
    const { onBusy, busy, becomes } = row;
    const over = onBusy === undefined ? {} : { onBusy };
    const { rollout, superseded } = asked(over, {
      ...free,
      rollouts: busy === null ? [] : [going(busy)],
    });
    expect(rollout).toMatchObject({ phase: becomes, revision: becomes === 'queued' ? 0 : 1 });
    const ends = 'ends' in row ? [{ after: { phase: row.ends } }] : [];
    expect(superseded).toMatchObject(ends);
  });

  test('is refused by default while another goes on or waits', () => {
    for (const phase of ['advancing', 'queued'] as const) {
      const result = requestRollout(wish(), { ...free, rollouts: [going(phase)] });
      expect(result).toMatchObject({ ok: false, error: { code: 'ROLLOUT_ACTIVE' } });
    }
  });

  test('is checked before it may wait', () => {
    const unknown = { ...wish({ onBusy: 'queue' }), candidate: { model: 'tumour', version: 99 } };
    const result = requestRollout(unknown, { ...free, rollouts: [going('advancing')] });
    expect(result).toMatchObject({ ok: false, error: { code: 'ROLLOUT_VERSION_UNKNOWN' } });
  });

  test('does not wait where too many wait already', () => {
    const queue = Array.from({ length: QUEUE_MAX }, (_, i) => going('queued', { id: `r-2${i}` }));
    const rollouts = [going('advancing'), ...queue];
    expect(requestRollout(wish({ onBusy: 'queue' }), { ...free, rollouts })).toMatchObject({
      ok: false,
      error: { code: 'ROLLOUT_QUEUE_FULL' },
    });
  });

  test('says who superseded what, and gives nothing to another candidate', () => {
    const endpoints = [endpointSample('risk', { version: refSample(2), previous: refSample(1) })];
    const world = { ...free, endpoints, rollouts: [going('promoting')] };
    const { rollout, superseded } = asked({ onBusy: 'supersede' }, world);
    expect(superseded).toMatchObject([
      {
        endpoint: { version: refSample(1) },
        after: { cause: { who: 'ada', sentence: 'superseded by r-9: faster' } },
      },
    ]);
    expect(rollout).toMatchObject({ phase: 'queued', baseline: refSample(1) });
  });

  test.for([
    { names: 1, code: null },
    { names: 2, code: 'ROLLOUT_BASELINE_DIFFERS' },
  ])('that names tumour@$names as its baseline where 1 serves: $code', ({ names, code }) => {
    const result = requestRollout(wish({ baseline: { model: 'tumour', version: names } }), free);
    expect(result).toMatchObject(code === null ? { ok: true } : { ok: false, error: { code } });
  });
});

describe('the first in a queue', () => {
  const moved = (queued: Rollout, over: Partial<QueueWorld> = {}) =>
    moveQueues({ ...free, rollouts: [queued], now: later, ...over });

  test('begins as if it were asked for now, once the endpoint is free', () => {
    const { starts, cancelled, waits } = moved(waiting(), {
      rollouts: [waiting(), going('reverted')],
    });
    expect(starts).toMatchObject([
      { id: 'r-9', phase: 'preparing', revision: 1, createdAt: later, createdBy: 'ada' },
    ]);
    expect([cancelled, [...waits]]).toEqual([[], []]);
  });

  test('waits for what goes on, and the next one for it', () => {
    const [first, second] = [waiting(), waiting({}, 'r-a')];
    const { starts, waits } = moved(first, { rollouts: [second, first, going('holding')] });
    expect(starts).toEqual([]);
    expect([...waits.values()]).toEqual([
      'Waits for r-1, which is holding.',
      'Waits for r-1, which is holding.',
    ]);
    const then = moved(first, { rollouts: [second, first] });
    expect(then.starts.map(({ id }) => id)).toEqual(['r-9']);
    expect([...then.waits]).toEqual([['r-a', 'Waits for r-9, which is preparing.']]);
  });

  test.for<{
    readonly when: string;
    readonly over?: Partial<RolloutSpec>;
    readonly version: number;
    readonly previous: number | null;
    readonly starts: number;
    readonly says?: string;
  }>([
    { when: 'what it waited for was promoted', version: 2, previous: 1, starts: 1 },
    { when: 'its candidate is in production', version: 3, previous: 1, starts: 0, says: 'already' },
    { when: 'the endpoint went back', version: 4, previous: null, starts: 0, says: 'went back' },
    {
      when: 'what it names was promoted',
      over: { baseline: { model: 'tumour', version: 2 } },
      version: 2,
      previous: 1,
      starts: 1,
    },
    {
      when: 'what it names was not promoted',
      over: { baseline: { model: 'tumour', version: 2 } },
      version: 1,
      previous: null,
      starts: 0,
      says: 'not tumour@2 as declared',
    },
  ])('when $when: $starts', ({ over = {}, version, previous, starts, says }) => {
    const back = previous === null ? null : refSample(previous);
    const endpoints = [endpointSample('risk', { version: refSample(version), previous: back })];
    const result = moved(waiting(over), { endpoints });
    expect(result.starts).toHaveLength(starts);
    const cause = { by: 'queue', who: 'risk', sentence: expect.stringContaining(says ?? '') };
    const ends = { why: { decision: { type: 'cancel' } }, after: { phase: 'cancelled', cause } };
    expect(result.cancelled).toMatchObject(starts === 0 ? [ends] : []);
    expect(result.cancelled.every(({ after }) => !hasBegun(after))).toBe(true);
  });
});

describe('a tick', () => {
  const gateway = { gateway: 'g1', seenAt: later, generation: 9, through: later };
  const ticked = (rollouts: readonly Rollout[], fuses: readonly FuseReport[] = []) => {
    const gateways = [{ ...gateway, ready: [], failed: [], fuses }];
    const { endpoints } = free;
    const table = project({ endpoints, models, rollouts, previous: emptyTable });
    const nothing = { evidence: new Map(), outcomes: new Map() };
    return tick({ ...free, ...nothing, now: later, rollouts, gateways, table });
  };

  test('says of what waits what it waits for', () => {
    const { starts, transitions, judgements } = ticked([going('holding'), waiting()]);
    expect([starts, transitions]).toEqual([[], []]);
    expect(judgements.get('r-9')?.decision).toMatchObject({ reason: { code: 'queued' } });
  });

  test('takes it out when somebody took the endpoint back at a gateway', () => {
    const fuse = { rollout: 'r-1', at: later, by: 'person', who: 'ada', sentence: 'it burns' };
    const { transitions } = ticked([going('advancing'), waiting()], [fuse as FuseReport]);
    const cause = { by: 'person', who: 'ada', sentence: expect.stringContaining('it burns') };
    expect(transitions).toMatchObject([
      { after: { id: 'r-1', phase: 'reverting' } },
      { after: { id: 'r-9', phase: 'cancelled', cause } },
    ]);
  });

  test('lets it begin when what it waited for has ended, in one table', () => {
    const { starts, transitions, table } = ticked([going('reverting'), waiting()]);
    expect(transitions).toMatchObject([{ after: { id: 'r-1', phase: 'reverted' } }]);
    expect(starts).toMatchObject([{ id: 'r-9', phase: 'preparing' }]);
    expect(table.routes).toMatchObject([{ rollout: 'r-9', split: [{ bps: 10_000 }, { bps: 0 }] }]);
  });
});
